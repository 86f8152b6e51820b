"""The routes that move amounts within a dimension and say what a person holds, with what crosses the wire for them."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.http import Edge, requires
from bihuan.features.planning import cells, holds, reallocating
from bihuan.features.planning.holds import Hold
from bihuan.features.planning.reallocating import Reallocated, Reallocation
from bihuan.features.planning.spread_api import HeldIn, KeptOut
from bihuan.features.planning.wire import Amount, Code, Members, _In, _Out
from bihuan.kernel.scaled import read_decimal

router = APIRouter(prefix="/api/v1/plan", tags=["planning"])


class ReallocateIn(_In):
    """``amount`` comes to the node ``members``, ``period`` (negative: goes from it) along the dimension ``along``, or "period".

    ``source``: the member or period it comes from, "" = the siblings of the node. ``seen``: the node's total as shown, null =
    blank. ``dry``: only say.
    """

    version: int
    cube: Code
    item: Code
    members: Members
    period: str = ""
    along: Code
    source: Annotated[str, Field(max_length=200)] = ""
    amount: Amount
    seen: Amount | None
    held: Annotated[tuple[HeldIn, ...], Field(max_length=1_000)] = ()
    dry: bool = False
    reason: Annotated[str, Field(max_length=2_000)] = ""


class ReallocateOut(_Out):
    """``cells`` on both sides, ``changed`` of them; the totals of the node and of its source before and after."""

    seq: int
    cells: int
    changed: int
    before: str
    after: str
    source_before: str
    source_after: str
    kept: list[KeptOut]


class PlanNodeIn(_In):
    """A cell or a total of an item."""

    cube: Code
    item: Code
    members: Members
    period: str = ""


class HoldsIn(_In):
    """Nodes of a version to hold or to let go; ``all`` lets everything go."""

    version: int
    nodes: Annotated[list[PlanNodeIn], Field(default_factory=list, max_length=1_000)]
    all: bool = False


class PlanNodeOut(_Out):
    """A node that is held."""

    cube: str
    item: str
    members: dict[str, str]
    period: str


class HoldsOut(_Out):
    """Everything one holds in a version, oldest first."""

    nodes: list[PlanNodeOut]


@router.post("/reallocate", **requires("plan.write"))
def reallocate(edge: Edge, body: ReallocateIn) -> ReallocateOut:
    """Moves an amount between members or periods so that all totals above both stay; one undo takes it back."""
    wanted = Reallocation(
        item=ItemRef(body.cube, body.item),
        members=body.members,
        period=body.period,
        along=body.along,
        source=body.source,
        amount=read_decimal(body.amount),
        seen=None if body.seen is None else read_decimal(body.seen),
        held=[(one.members, one.period) for one in body.held],
    )
    if body.dry:
        with edge.read() as reader:
            return _out(reallocating.preview(reader, edge.actor, version_id=body.version, wanted=wanted))
    with edge.write() as uow:
        answer = edge.once(
            uow,
            body.model_dump(),
            lambda: _out(
                reallocating.reallocate(uow, edge.actor, version_id=body.version, wanted=wanted, reason=body.reason)
            ).model_dump(),
        )
    return ReallocateOut.model_validate(answer)


@router.get("/holds", **requires("plan.write"))
def held(edge: Edge, version: int) -> HoldsOut:
    """What you hold in a version; nobody else sees it."""
    with edge.read() as reader:
        return _held(holds.of_person(reader, edge.actor, version))


@router.post("/holds", **requires("plan.write"))
def hold(edge: Edge, body: HoldsIn) -> HoldsOut:
    """Holds cells and totals: your spreading, copying and reallocating leave what is below as it is."""
    with edge.write() as uow:
        holds.put(uow, edge.actor, body.version, [_node(one) for one in body.nodes])
        return _held(holds.of_person(uow, edge.actor, body.version))


@router.post("/holds/release", **requires("plan.write"))
def release(edge: Edge, body: HoldsIn) -> HoldsOut:
    """Lets held cells and totals go."""
    with edge.write() as uow:
        holds.release(uow, edge.actor, body.version, None if body.all else [_node(one) for one in body.nodes])
        return _held(holds.of_person(uow, edge.actor, body.version))


def _node(one: PlanNodeIn) -> Hold:
    return Hold(ItemRef(one.cube, one.item), one.members, one.period)


def _held(found: list[Hold]) -> HoldsOut:
    return HoldsOut(
        nodes=[
            PlanNodeOut(cube=one.item.cube, item=one.item.item, members=dict(one.members), period=one.period)
            for one in found
        ]
    )


def _out(done: Reallocated) -> ReallocateOut:
    return ReallocateOut(
        seq=done.seq,
        cells=done.cells,
        changed=done.changed,
        before=cells.text(done.before) or "",
        after=cells.text(done.after) or "",
        source_before=cells.text(done.source_before) or "",
        source_after=cells.text(done.source_after) or "",
        kept=[KeptOut(why=why, cells=count) for why, count in done.kept.items()],
    )
