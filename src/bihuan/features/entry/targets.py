"""Targets: set, passed down, distributed, taken back. The plan's cells are the truth; every change is a change set.

One writer at a time: the version's head is locked before the targets are read, so what is passed down and kept back never
exceeds what was received, however many people hand out at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.entry.cycle import (
    KIND,
    ORG,
    Targets,
    Template,
    carrier,
    first_period,
    own_leaf,
    percent,
    places,
    unit_orgs,
)
from bihuan.features.entry.cycles import cycle_of, keep_open
from bihuan.features.entry.target_rules import Book, Cell, Refused, TargetEdit, spread
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import cells
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as plans
from bihuan.features.planning.model import CellEdit
from bihuan.features.planning.replica import PlanState
from bihuan.kernel.errors import Forbidden, Invalid
from bihuan.kernel.member import OWN
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader, UnitOfWork

SOURCE = "target"
ACTION = "entry.target"


@dataclass(frozen=True, slots=True)
class TargetResult:
    """Why ``edits[index]`` was not saved."""

    index: int
    status: str  # refused, conflict, unsaved
    code: str
    message: str
    now: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TargetsSaved:
    """All or nothing. ``seq`` of the version afterwards; ``warnings``: rules that only advise and do not hold."""

    outcome: str  # saved, nothing
    seq: int
    saved: int
    cells: tuple[TargetResult, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Handing:
    """A cycle with targets, as its commands need it."""

    cycle_id: int
    title: str
    version_id: int
    year: int
    model: CompiledModel
    template: Template
    rules: Targets

    @property
    def orgs(self) -> list[str]:
        """The organisations that receive targets: those that plan, and those above them; superiors first."""
        units = set(unit_orgs(self.model, self.template.units))
        found = places(self.model)
        above = {p.member.code: p.parent for p in found}
        wanted: set[str] = set()
        for unit in units:
            at: str | None = unit.removesuffix(OWN)
            while at is not None:
                wanted.add(at)
                at = above.get(at)
        return [p.member.code for p in found if p.member.code in wanted]


def handing(reader: Reader, actor: Principal, cycle_id: int) -> Handing:
    """The cycle's targets; refuses a cycle without."""
    cycle, template = cycle_of(reader, actor, cycle_id)
    if template.targets is None:
        raise Invalid(f"“{cycle['title']}”的模板没有写 targets，不下达目标。", cycle=cycle_id)
    return Handing(
        cycle_id,
        cycle["title"],
        cycle["version_id"],
        cycle["fiscal_year"],
        modelling.compiled(reader, cycle["model"]),
        template,
        template.targets,
    )


def set_targets(
    uow: UnitOfWork, actor: Principal, *, cycle_id: int, edits: Sequence[TargetEdit], reason: str = ""
) -> TargetsSaved:
    """Sets targets and reserves, all or nothing, as one change set.

    What an organisation receives is set by who holds ``entry.target`` on the one above it (the top's: on the top), what it
    keeps back by who holds it on itself. ``before`` is what was seen; another value now is a conflict.
    """
    actor.require(ACTION)
    hand = handing(uow, actor, cycle_id)
    planning.lock_heads(uow, [hand.version_id])
    keep_open(uow, cycle_id, hand.title)
    state = plans.replica_state(uow, hand.version_id)
    book = read_book(state, hand)
    refused = _first_refusals(actor, hand, book, edits)
    after = book.copy()
    for index in _superiors_first(hand, edits):
        if index not in refused and (said := after.apply(edits[index])) is not None:
            refused[index] = said
    over = after.overdrawn(book, after.givers(edits), percent(hand.rules.tolerance)) if not refused else {}
    if over and hand.rules.rule == "强制":
        refused = _over_refusals(after, edits, over)
    if refused:
        return _nothing(state.seq, edits, refused)
    wanted = list(_cells(state, hand, book, after))
    if not wanted:
        return TargetsSaved("saved", state.seq, 0)
    seq = planning.append(uow, actor, version_id=hand.version_id, edits=wanted, source=SOURCE, reason=reason)
    what = {"seq": seq, "targets": [_said(e) for e in edits[:50]], "count": len(edits)}
    record(uow, actor, "entry.target", (KIND, cycle_id), None, what, reason)
    return TargetsSaved("saved", seq, len(edits), warnings=tuple(over.values()))


def distribute(
    uow: UnitOfWork,
    actor: Principal,
    *,
    cycle_id: int,
    org: str,
    weights: Mapping[Cell, Decimal],
    keys: Sequence[str] = (),
    reason: str = "",
) -> TargetsSaved:
    """Passes all that ``org`` received and does not keep back down to the organisations below, after ``weights``.

    A key item with nothing to give, or without a weight above 0, is left as it is. Amounts are whole steps of the template.
    """
    hand = handing(uow, actor, cycle_id)
    planning.lock_heads(uow, [hand.version_id])
    book = read_book(plans.replica_state(uow, hand.version_id), hand)
    below = [child for child, above in book.superior.items() if above == org]
    if not below:
        raise Invalid(f"{org} 没有下级，不能分解。", org=org)
    edits: list[TargetEdit] = []
    for key in keys or hand.rules.keys:
        amount = book.received(org, key)
        shares = [max(weights.get((child, key), Decimal(0)), Decimal(0)) for child in below]
        if amount is None or (org, key) not in book.own or not any(shares):
            continue
        given = spread(amount - book.reserve.get((org, key), Decimal(0)), shares, Decimal(hand.rules.step))
        for child, share in zip(below, given, strict=True):
            if share != (now := book.received(child, key)):
                edits.append(TargetEdit(child, key, "target", now, share))
    if not edits:
        raise Invalid("没有可以分解的目标：先下达目标，或换一个分解依据。", org=org)
    return set_targets(uow, actor, cycle_id=cycle_id, edits=edits, reason=reason or "按比例分解")


def undo_targets(uow: UnitOfWork, actor: Principal, *, cycle_id: int, seq: int, reason: str = "") -> int:
    """Takes one handing down back: one's own, or anybody's for who holds ``entry.target`` on the whole tree; returns the seq."""
    actor.require(ACTION)
    hand = handing(uow, actor, cycle_id)
    planning.lock_heads(uow, [hand.version_id])
    keep_open(uow, cycle_id, hand.title)
    made = uow.row("entry.change_author", version_id=hand.version_id, seq=seq)
    if made is None or made["source"] != SOURCE:
        raise Invalid("这次修改不是下达目标，不能在这里撤销。", seq=seq)
    top = hand.orgs[0]
    if made["author"] != actor.user_id and not actor.may(ACTION, model=hand.model.definition.name, org=top):
        raise Forbidden("这是别人下达的目标，只能由他自己或预算管理员撤销。", seq=seq)
    items = frozenset(hand.rules.refs)
    done = planning.take_back(
        uow, actor, version_id=hand.version_id, seq=seq, items=items, source=SOURCE, reason=reason or "撤销下达"
    )
    record(uow, actor, "entry.target.undo", (KIND, cycle_id), {"seq": seq}, {"seq": done}, reason)
    return done


# --- reading -----------------------------------------------------------------------------------------------------------


def read_book(state: PlanState, hand: Handing) -> Book:
    """Every target of the version as it stands, whoever asks; what leaves must be cut by the caller."""
    orgs = set(hand.orgs)
    superior = {p.member.code: p.parent for p in places(hand.model) if p.member.code in orgs and p.parent in orgs}
    by = hand.model.dimensions[hand.rules.by]
    names = {code: hand.model.dimensions[ORG].by_code[code].name for code in orgs}
    names |= {key: by.by_code[key].name for key in hand.rules.keys}
    book = Book({child: above for child, above in superior.items() if above is not None}, names)
    target, reserve = hand.rules.refs
    for ref, into in ((target, book.own), (reserve, book.reserve)):
        for cell, parts in _stored(state, hand, ref).items():
            into[cell] = sum((amount for _, _, amount in parts), Decimal(0))
    return book


def _stored(state: PlanState, hand: Handing, ref: ItemRef) -> dict[Cell, list[tuple[str, str, Decimal]]]:
    """The leaf cells of an item in the cycle's year: (organisation, key) -> (leaf of the key, period, amount)."""
    item, panel = state.model.items[ref], state.sheet.leaves(ref)
    codes, years = state.model.calendar.grain_codes(item.grain), state.model.calendar.grain_years(item.grain)
    orgs, by = state.model.dimensions[ORG], state.model.dimensions[hand.rules.by]
    org_of = {orgs.by_code[own_leaf(state.model, code)].id: code for code in hand.orgs}
    key_of = {leaf: key for key in hand.rules.keys for leaf in by.trees[""].leaves_under(by.by_code[key].id)}
    out: dict[Cell, list[tuple[str, str, Decimal]]] = {}
    keys, org_at, by_at = panel.keys, item.dims.index(ORG), item.dims.index(hand.rules.by)
    for row, column in zip(*np.nonzero(panel.states == State.VALUE), strict=True):
        org, leaf = org_of.get(int(keys[row, org_at])), int(keys[row, by_at])
        if org is not None and leaf in key_of and years[column] == hand.year:
            amount = cells.shown(item, panel.values[row, column], State.VALUE)
            assert amount is not None, "the state is VALUE"
            out.setdefault((org, key_of[leaf]), []).append((by.by_id[leaf].code, codes[column], amount))
    return out


def _cells(state: PlanState, hand: Handing, was: Book, now: Book) -> Iterable[CellEdit]:
    """What must be written so that the plan says what ``now`` says: one cell carries an amount, others of it become blank."""
    target, reserve = hand.rules.refs
    for ref, before, after in ((target, was.own, now.own), (reserve, was.reserve, now.reserve)):
        stored = _stored(state, hand, ref)
        period = first_period(hand.model, ref, hand.year)
        for org, key in sorted({c for c in before.keys() | after.keys() if before.get(c) != after.get(c)}):
            members = {ORG: own_leaf(hand.model, org)}
            place = carrier(hand.model, hand.rules.by, key)
            for leaf, column, _ in stored.get((org, key), ()):
                if (leaf, column) != (place, period):
                    yield CellEdit(ref, {**members, hand.rules.by: leaf}, column, None, None)
            yield CellEdit(ref, {**members, hand.rules.by: place}, period, None, after.get((org, key)))


# --- refusing ----------------------------------------------------------------------------------------------------------


def may_set(actor: Principal, hand: Handing, book: Book, org: str, part: str) -> bool:
    """Whether the actor decides this part: what one receives is decided above."""
    at = book.superior.get(org, org) if part == "target" else org
    return actor.may(ACTION, model=hand.model.definition.name, org=at)


def _first_refusals(actor: Principal, hand: Handing, book: Book, edits: Sequence[TargetEdit]) -> dict[int, Refused]:
    """What needs no arithmetic: names, rights, twice the same, and what changed since it was seen."""
    refused: dict[int, Refused] = {}
    seen: set[tuple[str, str, str]] = set()
    for index, edit in enumerate(edits):
        if edit.org not in hand.orgs or not _knows(actor, hand, edit.org):
            refused[index] = Refused("unknown_member", f"组织 {edit.org} 不在这个周期里")
        elif edit.key not in hand.rules.keys:
            refused[index] = Refused("unknown_member", f"“{edit.key}”不是这个周期的目标科目")
        elif not (may_set(actor, hand, book, edit.org, edit.part) and _reads(actor, hand, book, edit)):
            refused[index] = Refused("out_of_scope", _who_may(book, edit))
        elif (edit.org, edit.key, edit.part) in seen:
            refused[index] = Refused("twice", "同一个目标填了两次")
        elif (now := book.value(edit.org, edit.key, edit.part)) != edit.before:
            refused[index] = Refused(
                "conflict", f"现在的值是 {'空' if now is None else f'{now:,.2f}'}，您看到之后改过", now
            )
        seen.add((edit.org, edit.key, edit.part))
    return refused


def _reads(actor: Principal, hand: Handing, book: Book, edit: TargetEdit) -> bool:
    """Refusals speak of what stands at the giver: that takes the right to read it."""
    at = book.superior.get(edit.org, edit.org) if edit.part == "target" else edit.org
    scope = actor.scope("plan.read", hand.model.definition.name)
    return scope.on(item=hand.rules.item, version=hand.template.version).covers({ORG: at, hand.rules.by: edit.key})


def _who_may(book: Book, edit: TargetEdit) -> str:
    if edit.part == "reserve":
        return f"{book.names[edit.org]} 的预留由它自己决定，您没有这里的“下达目标”权限"
    return f"{book.names[edit.org]} 的目标由上级下达，您没有上级组织的“下达目标”权限"


def _knows(actor: Principal, hand: Handing, org: str) -> bool:
    """What one may not see is not there."""
    return actor.scope("entry.read", hand.model.definition.name).classify({ORG: org}) != "outside"


def _over_refusals(after: Book, edits: Sequence[TargetEdit], over: Mapping[Cell, str]) -> dict[int, Refused]:
    return {
        index: Refused("exceeds_target", over[cell])
        for index, edit in enumerate(edits)
        for cell in after.givers([edit])
        if cell in over
    }


def _nothing(seq: int, edits: Sequence[TargetEdit], refused: Mapping[int, Refused]) -> TargetsSaved:
    out = []
    for index in range(len(edits)):
        said = refused.get(index)
        if said is None:
            out.append(TargetResult(index, "unsaved", "others_failed", "另有目标不能保存，这一个也没有保存"))
        else:
            status = "conflict" if said.code == "conflict" else "refused"
            out.append(TargetResult(index, status, said.code, said.message, said.now))
    return TargetsSaved("nothing", seq, 0, tuple(out))


def _superiors_first(hand: Handing, edits: Sequence[TargetEdit]) -> list[int]:
    """Targets from the top down, then reserves: what is given must have been received."""
    order = {org: i for i, org in enumerate(hand.orgs)}
    return sorted(range(len(edits)), key=lambda i: (edits[i].part == "reserve", order.get(edits[i].org, len(order)), i))


def _said(edit: TargetEdit) -> dict[str, str | None]:
    amounts = {"before": cells.text(edit.before), "after": cells.text(edit.after)}
    return {"org": edit.org, "key": edit.key, "part": edit.part, **amounts}


def as_it_stands(edits: Sequence[TargetEdit], book: Book) -> list[TargetEdit]:
    """The edits with ``before`` as it stands: an import says what shall be, whatever was."""
    return [replace(e, before=book.value(e.org, e.key, e.part)) for e in edits]
