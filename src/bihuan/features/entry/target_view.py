"""What people see of targets and of what is planned against them; every number is cut by the reader's scope.

Columns beside the target come from the template (``compare``). A total of which the reader sees only a part is marked 部分.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.entry.commands import unit_of
from bihuan.features.entry.cycle import ORG, Targets, from_json, own_leaf, places, year_code
from bihuan.features.entry.model import NoSuchUnit
from bihuan.features.entry.target_rules import Book, Cell
from bihuan.features.entry.targets import Handing, handing, may_set, read_book
from bihuan.features.planning import queries as plans
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.model import UnknownVersion
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class Seen:
    """An amount as one reader sees it: None = blank, or hidden; ``partial``: only some of what it adds up."""

    amount: Decimal | None = None
    partial: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class OrgRow:
    """An organisation; ``may_set`` what it receives, ``may_keep`` its reserve and what it passes down."""

    code: str
    name: str
    parent: str | None
    level: int
    leaf: bool
    may_set: bool
    may_keep: bool


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One organisation × key item. ``room`` = target - passed - reserve; ``compare`` in the order of the columns."""

    org: str
    key: str
    target: Seen
    passed: Decimal | None
    reserve: Decimal | None
    room: Decimal | None
    current: Seen
    compare: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class TargetSheet:
    """Everything the 目标 page shows, at one seq of the version."""

    seq: int
    orgs: Sequence[OrgRow]
    rows: Sequence[TargetRow]


@dataclass(frozen=True, slots=True)
class UnitTarget:
    """For the head of a unit: target, what is planned so far, what remains; ``room`` is None where either says nothing."""

    item: str
    key: str
    name: str
    target: Decimal | None
    current: Decimal | None
    room: Decimal | None
    partial: bool


def sheet(reader: Reader, actor: Principal, cycle_id: int) -> TargetSheet:
    """Targets, passed down, kept back, planned, compared: every organisation and key item the reader may see."""
    hand = handing(reader, actor, cycle_id)
    state = plans.replica_state(reader, hand.version_id)
    book = read_book(state, hand)
    view = View(reader, actor, hand)
    targets = view.targets()
    own, reserve = view.own_leaves()
    shown = [org for org in hand.orgs if any(not targets[org, key].hidden for key in hand.rules.keys)]
    columns = view.comparisons(shown)
    current = view.measured(hand.version_id, hand.year, shown)
    rows = []
    for org in shown:
        for key in hand.rules.keys:
            cell = (org, key)
            if targets[cell].hidden and current[cell].hidden:
                continue
            passed = _passed(book, targets, cell)
            kept, back = own[cell], reserve[cell]
            room = None if kept is None else kept - (back or Decimal(0))
            compare = tuple(column[cell] for column in columns)
            rows.append(TargetRow(org, key, targets[cell], passed, back, room, current[cell], compare))
    return TargetSheet(state.seq, _org_rows(actor, hand, book, shown), rows)


def visible_keys(actor: Principal, model: CompiledModel, rules: Targets, version: str) -> list[str]:
    """The key items of which the reader may see something; the names of others do not leave."""
    name, dimension = model.definition.name, model.dimensions[rules.by]
    masks = [
        actor.scope("plan.read", name).on(item=item, version=version).mask(rules.by)
        for item in (rules.item, rules.measure)
    ]
    leaves = {key: list(dimension.trees[""].leaves_under(dimension.by_code[key].id)) for key in rules.keys}
    return [key for key in rules.keys if any(mask[leaves[key]].any() for mask in masks)]


def _passed(book: Book, targets: Mapping[Cell, Seen], cell: Cell) -> Decimal | None:
    org, key = cell
    seen = [targets[child, key].amount for child, above in book.superior.items() if above == org]
    known = [amount for amount in seen if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _org_rows(actor: Principal, hand: Handing, book: Book, shown: Sequence[str]) -> list[OrgRow]:
    wanted, givers = set(shown), set(book.superior.values())
    return [
        OrgRow(
            p.member.code,
            p.member.name,
            p.parent if p.parent in wanted else None,
            p.level,
            leaf=p.member.code not in givers,
            may_set=may_set(actor, hand, book, p.member.code, "target"),
            may_keep=p.member.code in givers and may_set(actor, hand, book, p.member.code, "reserve"),
        )
        for p in places(hand.model)
        if p.member.code in wanted
    ]


def weights(reader: Reader, actor: Principal, cycle_id: int, basis: str) -> dict[Cell, Decimal]:
    """What a distribution goes by: ``even``, ``current`` (what is planned), or a comparison column's title."""
    hand = handing(reader, actor, cycle_id)
    if basis == "even":
        return {(org, key): Decimal(1) for org in hand.orgs for key in hand.rules.keys}
    view = View(reader, actor, hand)
    if basis == "current":
        seen = view.measured(hand.version_id, hand.year, hand.orgs)
    else:
        titles = [c.title for c in hand.template.compare]
        if basis not in titles:
            return {}
        seen = view.comparisons(hand.orgs)[titles.index(basis)]
    return {cell: value.amount for cell, value in seen.items() if value.amount is not None}


def of_unit(reader: Reader, actor: Principal, unit_id: int) -> list[UnitTarget]:
    """Target, planned and remaining by key item of one plan unit; empty when its cycle has no targets."""
    unit = unit_of(reader, unit_id)
    if not actor.may("entry.read", model=unit["model"], org=unit["org"]):
        raise NoSuchUnit(unit=unit_id)
    cycle = reader.row("entry.cycle_of_unit", id=unit_id)
    if cycle is None or from_json(cycle["template"]).targets is None:
        return []
    hand = handing(reader, actor, cycle["id"])
    view = View(reader, actor, hand)
    targets, current = view.targets([unit["org"]]), view.measured(hand.version_id, hand.year, [unit["org"]])
    names = hand.model.dimensions[hand.rules.by].by_code
    out = []
    for key in hand.rules.keys:
        target, planned = targets[unit["org"], key], current[unit["org"], key]
        if target.hidden:
            continue
        room = None if target.amount is None else target.amount - (planned.amount or Decimal(0))
        partial = target.partial or planned.partial
        out.append(UnitTarget(hand.rules.measure, key, names[key].name, target.amount, planned.amount, room, partial))
    return out


class View:
    """Reads of one reader."""

    def __init__(self, reader: Reader, actor: Principal, hand: Handing) -> None:
        self.reader, self.actor, self.hand = reader, actor, hand
        self.by, self.keys = hand.rules.by, hand.rules.keys

    def targets(self, orgs: Sequence[str] | None = None) -> dict[Cell, Seen]:
        """What each organisation received: the roll-up of the target's cells."""
        year = year_code(self.hand.model, self.hand.year) or ""
        return self._read(self.hand.version_id, self.hand.rules.item, year, self.hand.orgs if orgs is None else orgs)

    def own_leaves(self) -> tuple[dict[Cell, Decimal | None], dict[Cell, Decimal | None]]:
        """What each organisation keeps, and keeps back, as far as the reader sees it."""
        hand, year = self.hand, year_code(self.hand.model, self.hand.year) or ""
        leaf = {org: own_leaf(hand.model, org) for org in hand.orgs}
        read = [
            self._read(hand.version_id, item, year, list(leaf.values()))
            for item in (hand.rules.item, hand.rules.reserve)
        ]
        own, reserve = ({(org, k): r[leaf[org], k].amount for org in hand.orgs for k in self.keys} for r in read)
        return own, reserve

    def comparisons(self, orgs: Sequence[str]) -> list[dict[Cell, Seen]]:
        """The columns of the template, in order; a version that one may not see at all is hidden."""
        out = []
        for column in self.hand.template.compare:
            try:
                version = plans.version(self.reader, self.hand.model.definition.name, column.version).id
                out.append(self.measured(version, column.year, orgs))
            except UnknownVersion:
                out.append({(org, key): Seen(hidden=True) for org in orgs for key in self.keys})
        return out

    def measured(self, version_id: int, year: int, orgs: Sequence[str]) -> dict[Cell, Seen]:
        """The measure of the key items in a version and a fiscal year."""
        code = year_code(self.hand.model, year)
        if code is None:
            return {(org, key): Seen() for org in orgs for key in self.keys}
        return self._read(version_id, self.hand.rules.measure, code, orgs)

    def _read(self, version_id: int, item: str, year: str, orgs: Sequence[str]) -> dict[Cell, Seen]:
        cells = [(org, key) for org in orgs for key in self.keys]
        rows = [{ORG: org, self.by: key} for org, key in cells]
        read = plans.read_cells(
            self.reader, self.actor, version_id=version_id, item=ref_of(item), rows=rows, periods=[year]
        )
        return {cell: Seen(read.values[i][0], read.partial[i][0], read.hidden[i][0]) for i, cell in enumerate(cells)}
