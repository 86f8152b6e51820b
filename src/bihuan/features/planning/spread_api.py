"""The route that writes at a total, with what crosses the wire for it."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.http import Edge, requires
from bihuan.features.planning import cells, spreading
from bihuan.features.planning.spreading import Spread, Spreading
from bihuan.features.planning.wire import Amount, Code, Members, _In, _Out
from bihuan.kernel.scaled import read_decimal

router = APIRouter(prefix="/api/v1/plan", tags=["planning"])


class HeldIn(_In):
    """A leaf cell that keeps its amount."""

    members: Members
    period: str = ""


class SpreadIn(_In):
    """An amount typed on a total of an item; ``members`` and ``period`` name the total.

    ``seen``: what the total showed, null = blank. ``method``: "proportional" to what is there, "equal", equal where something
    is ("filled"), the shares of another version ("like"), or the amount itself in every cell ("repeat"). ``dry``: only say.
    """

    version: int
    cube: Code
    item: Code
    members: Members
    period: str = ""
    amount: Amount
    seen: Amount | None
    method: Literal["proportional", "equal", "filled", "like", "repeat"] = "proportional"
    action: Literal["replace", "add", "subtract"] = "replace"
    like: int | None = None
    held: Annotated[tuple[HeldIn, ...], Field(max_length=10_000)] = ()
    dry: bool = False
    reason: Annotated[str, Field(max_length=2_000)] = ""


class KeptOut(_Out):
    """So many cells keep their amount, and why."""

    why: str
    cells: int


class SpreadOut(_Out):
    """``cells`` below the total, ``changed`` of them; ``total`` afterwards; ``seq`` of the version."""

    seq: int
    cells: int
    changed: int
    total: str
    kept: list[KeptOut]


@router.post("/spread", **requires("plan.write"))
def spread(edge: Edge, body: SpreadIn) -> SpreadOut:
    """Splits what was typed on a total among the cells below, to the last decimal; one undo takes it back."""
    wanted = _wanted(body)
    if body.dry:
        with edge.read() as reader:
            return _out(spreading.preview(reader, edge.actor, version_id=body.version, wanted=wanted))
    with edge.write() as uow:
        answer = edge.once(
            uow,
            body.model_dump(),
            lambda: _out(
                spreading.spread(uow, edge.actor, version_id=body.version, wanted=wanted, reason=body.reason)
            ).model_dump(),
        )
    return SpreadOut.model_validate(answer)


def _wanted(body: SpreadIn) -> Spread:
    return Spread(
        item=ItemRef(body.cube, body.item),
        members=body.members,
        period=body.period,
        amount=read_decimal(body.amount),
        seen=None if body.seen is None else read_decimal(body.seen),
        method=body.method,
        action=body.action,
        held=frozenset((tuple(sorted(one.members.items())), one.period) for one in body.held),
        like=body.like if body.method == "like" else None,
    )


def _out(done: Spreading) -> SpreadOut:
    return SpreadOut(
        seq=done.seq,
        cells=done.cells,
        changed=done.changed,
        total=cells.text(done.total) or "",
        kept=[KeptOut(why=why, cells=count) for why, count in done.kept.items()],
    )
