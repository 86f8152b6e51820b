"""What one may file: the policies with budget, and for each the kinds, members, periods and tax rates of its request form."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.access.scope import Scope
from bihuan.features.control import queries
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.policy import Policy
from bihuan.features.modelling import listing
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning.cells import ref_of
from bihuan.store.unit_of_work import Reader


def forms(reader: Reader, actor: Principal, model: str | None = None) -> list[dict[str, Any]]:
    """A form per policy under which the actor may ask somewhere and budget was released; ``model`` None: of every model."""
    today = business_date(reader)
    found = []
    for row in queries.policies(reader):
        in_force = queries.policy(reader, row["code"])
        code = in_force.policy.model
        if not code or model not in (None, code) or not actor.holds("control.request", code):
            continue
        if begun := queries.begun_years(reader, in_force):
            found.append(_form(modelling.compiled(reader, code), actor, in_force, begun, today))
    return found


def policies(reader: Reader, actor: Principal) -> list[dict[str, Any]]:
    """The policies of the models in which the actor may read balances: rules, and the periods budget was released for."""
    today = business_date(reader)
    found = []
    for row in queries.policies(reader):
        in_force = queries.policy(reader, row["code"])
        model = in_force.policy.model
        if not actor.holds("control.read", model):
            continue
        periods = _periods(in_force.policy, queries.begun_years(reader, in_force))
        now = _period_of(modelling.compiled(reader, model), today) if model else None
        period = now if now in periods else None
        told = {
            "rules": _rules(in_force.policy),
            "kinds": _kinds(in_force.policy),
            "periods": periods,
            "period": period,
        }
        found.append({**row, "model": model, **told})
    return found


def _periods(policy: Policy, begun: frozenset[str]) -> list[str]:
    return [p for year in policy.calendar.years if year.code in begun for p in year.periods]


def _rules(policy: Policy) -> list[dict[str, Any]]:
    return [
        {
            "code": r.code,
            "title": r.title,
            "mode": r.window,
            "strength": r.spoken_strength,
            "tolerance": r.tolerance,
        }
        for r in policy.rules
    ]


def _unit(model: CompiledModel, policy: Policy) -> str:
    """Of what the form asks for, its first item: 元, 人天; "" where the item has none."""
    unit = model.items[ref_of(policy.items[0])].unit if policy.items else None
    return "" if unit is None else unit.text


def _kinds(policy: Policy) -> list[dict[str, Any]]:
    return [
        {
            "code": k.code,
            "title": k.title,
            "flow": k.flow,
            "where": {d: list(m) for d, m in k.where.items()},
            "fields": k.mapping.fields if k.mapping else (),
            "mapped": list(k.mapping.ways) if k.mapping else [],
        }
        for k in policy.documents
    ]


def _form(
    model: CompiledModel, actor: Principal, in_force: PolicyInForce, begun: frozenset[str], today: date
) -> dict[str, Any]:
    policy = in_force.policy
    scope = actor.scope("control.request", policy.model)
    periods = _periods(policy, begun)
    dims = dict.fromkeys(d for code in policy.items for d in model.items[ref_of(code)].dims)
    now = _period_of(model, today)
    return {
        "policy": policy.code,
        "title": policy.title,
        "model": policy.model,
        "kinds": _kinds(policy),
        "items": list(policy.items),
        "unit": _unit(model, policy),
        "dimensions": [
            {"code": d, "name": model.dimensions[d].name, "members": list(_members(model, policy, d, scope))}
            for d in dims
        ],
        "periods": periods,
        "period": now if now in periods else None,
        "rates": list(policy.taxes.rates),
        "rules": _rules(policy),
        "standards": [
            {
                "code": s.code,
                "title": s.title,
                "unit": s.unit,
                "where": {d: list(m) for d, m in s.where.items()},
                "ask": {name: list(words) for name, words in s.ask.items()},
            }
            for s in policy.standards
        ],
    }


def _members(model: CompiledModel, policy: Policy, dimension: str, scope: Scope) -> Iterator[dict[str, Any]]:
    """The members one may ask for, and what stands above them; ``pick``: a leaf some kind of document takes.

    ``net``: its amount without tax counts, as far as this dimension decides.
    """
    deductible = set(policy.taxes.deductible.get(dimension, ()))
    for line in listing.members(model, dimension, "", scope):
        path = set(policy.trees.path(dimension, line.code))
        taken = not policy.documents or any(
            dimension not in k.where or path & set(k.where[dimension]) for k in policy.documents
        )
        net = bool(deductible & path) and bool(policy.taxes.deductible)
        pick = line.leaf and taken
        yield {"code": line.code, "name": line.name, "parent": line.parent, "pick": pick, "net": net}


def _period_of(model: CompiledModel, day: date) -> str | None:
    """The leaf period of the model's axis that a day lies in."""
    calendar = model.calendar
    for index, code in enumerate(calendar.codes):
        if day <= calendar.last_day(index):
            return code
    return None
