"""What a cycle is, as values: the template's content, who plans in it, what is compared. No I/O.

    开启 open -> 编制中的轮次 rounds, one after the other -> 关闭 closed (and 重开)

Errors::

    NoSuchTemplate   the applied package has no cycles/*.yaml of this code
    NoSuchCycle      there is no such cycle, or you may not see it
    CycleExists      the cycle, or another one of its version, is open already
    CycleClosed      a closed cycle takes neither targets nor submissions
    LastRound        there is no round after this one
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.planning.cells import ref_of
from bihuan.kernel.errors import Conflict, NotFound
from bihuan.kernel.member import OWN, Dimension, Member

KIND = "budget_cycle"
ORG = "org"
Strength = Literal["强制", "提示"]


class NoSuchTemplate(NotFound):
    """模型包里没有这个周期模板（cycles/*.yaml）。"""

    code = "no_such_template"


class NoSuchCycle(NotFound):
    """没有这个预算周期，或您看不到它。"""

    code = "no_such_cycle"


class CycleExists(Conflict):
    """这个预算周期已经开启过了。"""

    code = "cycle_exists"


class CycleClosed(Conflict):
    """预算周期已关闭，请管理员重开后再做。"""

    code = "cycle_closed"


class LastRound(Conflict):
    """已经是最后一轮。"""

    code = "last_round"


@dataclass(frozen=True, slots=True)
class Round:
    """``due``: the day by which units are submitted, or how many days after the cycle is opened (until it is: a day then)."""

    code: str
    due: str


@dataclass(frozen=True, slots=True)
class Units:
    """Which organisations become plan units: at a level of the main tree (0 = its top), its leaves, or by a property.

    A branch of the tree that ends above the level takes part with its leaf. ``own``: the 本级 of those above the level too.
    """

    level: int | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    under: str = ""
    exempt: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True)
class Targets:
    """``measure`` is what is held against the target; ``keys`` members of ``by``, none below another.

    ``tolerance``: per cent by which what is passed down may exceed what was received. ``step``: what a distribution is rounded to.
    """

    item: str
    reserve: str
    measure: str
    by: str
    keys: tuple[str, ...]
    rule: Strength = "强制"
    tolerance: str = "0"
    step: str = "1"

    @property
    def refs(self) -> tuple[ItemRef, ItemRef]:
        """The target's item and the reserve's."""
        return ref_of(self.item), ref_of(self.reserve)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column beside the target: the measure in a version (role or code) in a fiscal year."""

    title: str
    version: str
    year: int


@dataclass(frozen=True, slots=True)
class Template:
    """The content of one ``cycles/*.yaml``."""

    code: str
    title: str
    fiscal_year: int
    version: str
    version_name: str
    role: str
    bind: bool
    units: Units
    rounds: tuple[Round, ...]
    flow: str
    forms: tuple[str, ...] = ()
    remind_days: int = 3
    targets: Targets | None = None
    compare: tuple[Comparison, ...] = ()
    policies: tuple[str, ...] = ()

    def dated(self, opened: date) -> "Template":
        """With the rounds' days counted from the opening."""
        rounds = (
            replace(r, due=(opened + timedelta(days=int(r.due))).isoformat()) if r.due.isdigit() else r
            for r in self.rounds
        )
        return replace(self, rounds=tuple(rounds))

    def round_after(self, code: str) -> Round:
        """The round that follows; raises `LastRound`."""
        codes = [r.code for r in self.rounds]
        at = codes.index(code) + 1
        if at == len(codes):
            raise LastRound(f"“{code}”已经是最后一轮。", round=code)
        return self.rounds[at]


def to_json(template: Template) -> dict[str, Any]:
    """As it is kept with the cycle."""
    return asdict(template)


def from_json(kept: Mapping[str, Any]) -> Template:
    """The inverse of `to_json`."""
    units = kept["units"]
    targets = kept["targets"]
    return Template(
        **{
            **kept,
            "units": Units(
                **{
                    **units,
                    "where": {k: tuple(v) for k, v in units["where"].items()},
                    "exempt": tuple(units["exempt"]),
                }
            ),
            "rounds": tuple(Round(**r) for r in kept["rounds"]),
            "forms": tuple(kept["forms"]),
            "targets": None if targets is None else Targets(**{**targets, "keys": tuple(targets["keys"])}),
            "compare": tuple(Comparison(**c) for c in kept["compare"]),
            "policies": tuple(kept["policies"]),
        }
    )


# --- organisations -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation in the main tree; own leaves (本级) are not listed."""

    member: Member
    level: int
    parent: str | None


def places(model: CompiledModel, under: str = "") -> list[Place]:
    """The organisations of the main tree, parents first, in display order."""
    dimension = model.dimensions[ORG]
    children, _ = _tree(dimension)
    tops = [m for m in dimension.tops() if m.own_of is None]
    if under:
        tops = [dimension.by_code[under]]
    out: list[Place] = []
    stack: list[Place] = [Place(m, 0, None) for m in reversed(tops)]
    while stack:
        at = stack.pop()
        out.append(at)
        below = [dimension.by_id[c] for c in children.get(at.member.id, ())]
        stack += [Place(m, at.level + 1, at.member.code) for m in reversed(below) if m.own_of is None]
    return out


def unit_orgs(model: CompiledModel, wanted: Units) -> list[str]:
    """Codes of the organisations that plan; none lies under another."""
    found = places(model, wanted.under)
    dimension = model.dimensions[ORG]
    chosen: list[str] = []
    for place in found:
        code, leaf = place.member.code, dimension.is_leaf(place.member.id)
        if wanted.level is None:
            take = leaf if not wanted.where else _matches(place.member, wanted.where)
        else:
            take = place.level == wanted.level or (leaf and place.level < wanted.level)
            take = take and (not wanted.where or _matches(place.member, wanted.where))
        if take:
            chosen.append(code)
        elif wanted.own and not leaf and (wanted.level is None or place.level < wanted.level):
            chosen.append(code + OWN)
    above = {p.member.code: p.parent for p in found}
    picked = set(chosen)
    return [c for c in chosen if c not in wanted.exempt and not _has_ancestor(c, above, picked)]


def _has_ancestor(code: str, above: Mapping[str, str | None], picked: set[str]) -> bool:
    up = above.get(code)
    while up is not None:
        if up in picked:
            return True
        up = above.get(up)
    return False


def _matches(member: Member, where: Mapping[str, Sequence[str]]) -> bool:
    return all(member.properties.get(name, "") in values for name, values in where.items())


def _tree(dimension: Dimension) -> tuple[dict[int, list[int]], dict[int, int]]:
    tree = dimension.trees.get("")
    if tree is None:
        return {}, {}
    children = {p: [e.child for e in edges] for p, edges in tree.children().items()}
    return children, {child: edge.parent for child, edge in tree.parent_of().items()}


def parent_of(model: CompiledModel, org: str) -> str | None:
    """The organisation above; None at the top."""
    dimension = model.dimensions[ORG]
    up = _tree(dimension)[1].get(dimension.by_code[org].id)
    return None if up is None else dimension.by_id[up].code


def children_of(model: CompiledModel, org: str) -> list[str]:
    """The organisations right below, without the 本级."""
    dimension = model.dimensions[ORG]
    below = _tree(dimension)[0].get(dimension.by_code[org].id, [])
    return [dimension.by_id[c].code for c in below if dimension.by_id[c].own_of is None]


def own_leaf(model: CompiledModel, org: str) -> str:
    """Where an organisation's own amounts are kept: itself, or its 本级."""
    dimension = model.dimensions[ORG]
    return org if dimension.is_leaf(dimension.by_code[org].id) else org + OWN


def carrier(model: CompiledModel, by: str, key: str) -> str:
    """The leaf that carries a key item's target: itself, its 本级, else its first leaf; read back as the key's total."""
    dimension = model.dimensions[by]
    member = dimension.by_code[key]
    if dimension.is_leaf(member.id):
        return key
    if key + OWN in dimension.by_code:
        return key + OWN
    under = set(dimension.trees[""].leaves_under(member.id))
    return next(m.code for m in dimension.members if m.id in under)


def year_code(model: CompiledModel, year: int) -> str | None:
    """The period code of a fiscal year; None when it is not on the axis."""
    return next((g.code for g in model.calendar.groups("year") if g.year == year), None)


def first_period(model: CompiledModel, ref: ItemRef, year: int) -> str:
    """The column of an item that carries a year's amount: the year itself, or its first period."""
    item = model.items[ref]
    codes, years = model.calendar.grain_codes(item.grain), model.calendar.grain_years(item.grain)
    return codes[years.index(year)]


def percent(text: str) -> Decimal:
    """A percentage as a share."""
    return Decimal(text.strip().rstrip("%％") or "0") / 100
