"""The year as it will probably end: actuals so far and the forecast, beside the budget and last year, cut by the scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from bihuan.engine.compiled import CompiledItem
from bihuan.features.access.model import Principal
from bihuan.features.forecast import queries
from bihuan.features.forecast.backtest import half_width
from bihuan.features.forecast.model import Definition, Run
from bihuan.features.forecast.places import Place, complete, node_weights, places, weights_of
from bihuan.features.forecast.queries import Author, EditedCell
from bihuan.features.forecast.said import Said, said_of
from bihuan.features.forecast.series import Floats
from bihuan.features.forecast.text import definition
from bihuan.features.forecast.years import Amount, Edit, Method, Month, Outlook, Row
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import cells, versions
from bihuan.features.planning import queries as planning
from bihuan.features.planning.model import UnknownVersion
from bihuan.features.planning.replica import PlanState
from bihuan.features.planning.slices import state_for
from bihuan.kernel.errors import Invalid
from bihuan.store.unit_of_work import Reader


def outlook(
    reader: Reader,
    actor: Principal,
    *,
    model: str,
    code: str,
    item: str,
    members: Mapping[str, str],
    along: str,
    depth: int | None = None,
) -> Outlook:
    """One row per node along a dimension, from the member named there down; the others stay at ``members``."""
    actor.require("forecast.read", model=model)
    found, said = modelling.find(reader, model), definition(reader, model, code)
    run = queries.require_last_done(reader, found.id, code)
    assert run.version_id is not None, "a run that is done names its version"
    assert run.switchover is not None, "and its switchover"
    state = state_for(reader, actor, run.version_id)
    ref = cells.ref_of(item)
    if ref not in said.items:
        raise Invalid(f"预测 {code} 不含指标 {item}", item=item, expected=[cells.code_of(r) for r in said.items])
    compiled = state.model.item(ref.cube, ref.item)
    here = complete(state.model, ref, members)
    if along not in compiled.dims:
        raise Invalid(f"指标 {compiled.definition.name} 没有维度 {along}", dimension=along)
    calendar = state.model.calendar
    year = calendar.years[calendar.codes.index((run.periods or [run.switchover])[0])]
    columns = [i for i in range(calendar.size) if calendar.years[i] == year]
    shown = places(state.model, along, here[along], depth)
    view = _View(reader, actor, state, compiled, said, run)
    rows = view.rows(shown, here, along, columns, year)
    last = calendar.codes.index(run.switchover)
    return Outlook(
        definition=said,
        run=run,
        version_id=run.version_id,
        seq=state.seq,
        item=compiled,
        dims=[_dim(actor, model, state, dim, member) for dim, member in here.items()],
        along=along,
        budget=said.named(said.budget, year),
        year=year,
        periods=[(calendar.codes[i], i <= last) for i in columns],
        rows=rows,
    )


@dataclass(frozen=True, eq=False)
class _View:
    """One answer in the making."""

    reader: Reader
    actor: Principal
    state: PlanState
    item: CompiledItem
    definition: Definition
    run: Run

    @property
    def code(self) -> str:
        """cube!item."""
        return cells.code_of(self.item.ref)

    def rows(
        self, shown: Sequence[Place], here: Mapping[str, str], along: str, columns: Sequence[int], year: int
    ) -> list[Row]:
        """The rows of which something is visible and something is there."""
        calendar = self.state.model.calendar
        nodes = [{**here, along: place.member.code} for place in shown]
        codes = [calendar.codes[i] for i in columns]
        before = [calendar.same_in_year(i, -1) for i in columns]
        assert self.run.version_id is not None, "a run that is done names its version"
        own = self._read(self.run.version_id, nodes, [*codes, str(year)])
        budget = self._read(
            self._version(self.definition.named(self.definition.budget, year)), nodes, [*codes, str(year)]
        )
        past = [None if i is None else calendar.codes[i] for i in before]
        was = self._read(self._version(self.definition.actual), nodes, [p for p in past if p is not None])
        said, edits = self._said(), queries.edits_of(self.reader, self.actor, self.state, self.run, self.code)
        by = queries.authors(self.reader, self.run.version_id, [e.seq for e in edits])
        out = []
        for k, place in enumerate(shown):
            if own is None or all(own.hidden[k]):
                continue
            values = own.values[k]
            budgets = budget.values[k] if budget else [None] * (len(codes) + 1)
            olds = _spread(past, was.values[k] if was else None)
            weights = node_weights(self.state.model, self.item.ref, nodes[k])
            row = self._row(place, nodes[k], values, budgets, olds, said, weights, edits, by, codes)
            if any(v is not None for v in (*values, *budgets, *olds)):
                out.append(row if not any(own.partial[k]) else _as_partial(row))
        return out

    def _row(  # noqa: PLR0917 - one row of one table
        self,
        place: Place,
        node: Mapping[str, str],
        values: Sequence[Amount],
        budgets: Sequence[Amount],
        olds: Sequence[Amount],
        said: Said,
        weights: Sequence[Floats],
        edits: Sequence[EditedCell],
        by: Mapping[int, Author],
        codes: Sequence[str],
    ) -> Row:
        counts = weights_of(weights, said.keys)
        ahead = set(self.run.periods or ())
        inside = [e for e in edits if all(w[i] for w, i in zip(weights, e.ids, strict=True))]
        months = []
        for j, code in enumerate(codes):
            mine = [e for e in inside if e.period == code]
            newest = by.get(max(e.seq for e in mine)) if mine else None
            baseline = self._baseline(said, counts, code) if code in ahead else None
            months.append(Month(values[j], budgets[j], olds[j], baseline, Edit(len(mine), newest) if mine else None))
        rest = [values[j] for j, code in enumerate(codes) if code in ahead]
        done = [values[j] for j, code in enumerate(codes) if code not in ahead]
        year, planned = values[-1], budgets[-1]
        difference = None if year is None or planned is None else year - planned
        rate = None if difference is None or not planned else difference / abs(planned)
        return Row(
            place=place,
            months=months,
            to_date=_sum(done),
            rest=_sum(rest),
            year=year,
            budget=planned,
            last_year=_sum(olds),
            difference=difference,
            rate=rate,
            band=self._band(said, counts),
            methods=_methods(said, counts),
            partial=False,
            editable=self._editable(node),
        )

    def _editable(self, node: Mapping[str, str]) -> bool:
        model = self.state.model
        leaf = all(model.dimensions[d].is_leaf(model.dimensions[d].by_code[m].id) for d, m in node.items())
        if not leaf:
            return False
        version = versions.known(self.reader, self.state.version_id)
        where = {**node, "item": self.code, "version": version.code}
        return version.status != "closed" and self.actor.scope("plan.write", model.definition.name).covers(where)

    def _baseline(self, said: Said, counts: Floats, period: str) -> Amount:
        found = [(said.baseline[i].get(period), float(counts[i])) for i in np.flatnonzero(counts).tolist()]
        amounts = [amount * Decimal(repr(count)) for amount, count in found if amount is not None]
        return _quantised(self.item, _sum(amounts))

    def _band(self, said: Said, counts: Floats) -> Amount:
        """The errors of the node's own total in the backtest, origin by origin; stretched to the horizon ahead."""
        here = counts != 0
        errors = said.errors[here]
        if not errors.size:
            return None
        known = ~np.isnan(errors)
        total = (np.where(known, errors, 0.0) * counts[here][:, None]).sum(axis=0)
        width = half_width(np.where(known.any(axis=0), total, np.nan), self.definition.band)
        if width is None:
            return None
        tested = next((i["horizon"] for i in (self.run.summary or {}).get("items", ()) if i["item"] == self.code), 1)
        factor = len(self.run.periods or ()) / max(1, tested)
        return _quantised(self.item, Decimal(repr(round(width * factor, 2))))

    def _said(self) -> Said:
        return said_of(self.reader, self.actor, self.state, self.run, self.item)

    def _version(self, name: str) -> int | None:
        try:
            return versions.by_name(self.reader, self.state.model_id, name).id
        except UnknownVersion:
            return None

    def _read(
        self, version_id: int | None, nodes: Sequence[Mapping[str, str]], periods: Sequence[str]
    ) -> planning.Cells | None:
        if version_id is None or not periods:
            return None
        return planning.read_cells(
            self.reader, self.actor, version_id=version_id, item=self.item.ref, rows=nodes, periods=periods
        )


def _dim(actor: Principal, model: str, state: PlanState, dim: str, member: str) -> tuple[str, str, str, str]:
    """Dimension and member with their names; a member of whom nothing may be seen is called as the asker called it."""
    dimension = state.model.dimensions[dim]
    seen = actor.scope("forecast.read", model).touches({dim: member})
    return dim, dimension.name, member, dimension.by_code[member].name if seen else member


def _methods(said: Said, counts: Floats) -> list[Method]:
    found: dict[tuple[str, str, str], int] = {}
    for i in np.flatnonzero(counts).tolist():
        found[said.choices[i]] = found.get(said.choices[i], 0) + 1
    return [Method(*key, series) for key, series in sorted(found.items(), key=lambda f: -f[1])]


def _as_partial(row: Row) -> Row:
    fields = {name: getattr(row, name) for name in Row.__slots__}
    return Row(**{**fields, "partial": True})


def _spread(past: Sequence[str | None], values: Sequence[Amount] | None) -> list[Amount]:
    """Values of the periods that are on the axis, None for the others."""
    if values is None:
        return [None] * len(past)
    rest = iter(values)
    return [None if p is None else next(rest) for p in past]


def _sum(amounts: Sequence[Amount]) -> Amount:
    said = [a for a in amounts if a is not None]
    return sum(said, Decimal(0)) if said else None


def _quantised(item: CompiledItem, amount: Amount) -> Amount:
    return None if amount is None else amount.quantize(Decimal(1).scaleb(-(item.scale or 0)))
