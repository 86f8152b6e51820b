"""The route that writes at a total, with what crosses the wire for it."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.shapes import BadShape, Growth, Line, Shape, pattern_of
from bihuan.engine.spread import Method
from bihuan.features.access.http import Edge, requires
from bihuan.features.planning import cells, spreading
from bihuan.features.planning.alike import Slice
from bihuan.features.planning.spreading import Spread, Spreading
from bihuan.features.planning.wire import Amount, Code, Members, _In, _Out
from bihuan.kernel.errors import Invalid
from bihuan.kernel.scaled import read_decimal

router = APIRouter(prefix="/api/v1/plan", tags=["planning"])


class HeldIn(_In):
    """A cell, or a total with all below it, that keeps its amount."""

    members: Members
    period: str = ""


class LikeIn(_In):
    """Another slice: of which version (default the same), item of the cube, other members of some dimensions, years earlier."""

    version: int | None = None
    item: Annotated[str, Field(max_length=200)] = ""
    members: Members = Field(default_factory=dict)
    years: Annotated[int, Field(ge=0, le=50)] = 0


class SpreadIn(_In):
    """An amount typed on a total of an item; ``members`` and ``period`` name the total.

    ``seen``: what the total showed, null = blank. ``method``: "proportional" to what is there, "equal", equal where something
    is ("filled"), the shares of another slice ("like"), or the amount itself in every cell ("repeat"). Along time, every row
    keeping its share: the course of another slice ("seasonal"), each period ``rate`` more than the last ("growth", "0.05" is 5 %),
    in equal steps from ``first`` to ``last`` ("line", relative weights), or a repeated ``pattern`` ("4-4-5"). ``dry``: only say.
    """

    version: int
    cube: Code
    item: Code
    members: Members
    period: str = ""
    amount: Amount
    seen: Amount | None
    method: Method = "proportional"
    action: Literal["replace", "add", "subtract"] = "replace"
    like: LikeIn | None = None
    rate: Amount | None = None
    first: Amount | None = None
    last: Amount | None = None
    pattern: Annotated[str, Field(max_length=2_000, examples=["4-4-5"])] | None = None
    held: Annotated[tuple[HeldIn, ...], Field(max_length=1_000)] = ()
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
        held=[(one.members, one.period) for one in body.held],
        like=None if body.like is None else Slice(**dict(body.like)),
        shape=_shape(body),
    )


def _shape(body: SpreadIn) -> Shape | None:
    """The course that the method needs; None for the others, and where it is not given."""
    match body.method:
        case "growth" if body.rate is not None:
            return Growth(float(read_decimal(body.rate)))
        case "line" if body.first is not None and body.last is not None:
            return Line(float(read_decimal(body.first)), float(read_decimal(body.last)))
        case "pattern" if body.pattern is not None:
            try:
                return pattern_of(body.pattern)
            except BadShape as bad:
                raise Invalid(str(bad), pattern=body.pattern) from None
        case _:
            return None


def _out(done: Spreading) -> SpreadOut:
    return SpreadOut(
        seq=done.seq,
        cells=done.cells,
        changed=done.changed,
        total=cells.text(done.total) or "",
        kept=[KeptOut(why=why, cells=count) for why, count in done.kept.items()],
    )
