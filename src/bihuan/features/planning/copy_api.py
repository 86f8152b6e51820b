"""The route that copies a slice onto cells, with what crosses the wire for it."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.http import Edge, requires
from bihuan.features.planning import cells, copying
from bihuan.features.planning.alike import Slice
from bihuan.features.planning.copying import Copied, Copy
from bihuan.features.planning.spread_api import KeptOut, LikeIn
from bihuan.features.planning.wire import Amount, Code, Members, _In, _Out
from bihuan.kernel.scaled import read_decimal

router = APIRouter(prefix="/api/v1/plan", tags=["planning"])


class SourceIn(LikeIn):
    """A slice, perhaps as its version stood at the seq ``as_of``."""

    as_of: Annotated[int, Field(ge=0)] | None = None


class CopyIn(_In):
    """Onto the cells of ``items`` below ``members`` and ``period`` of ``version`` comes what ``source`` shows, times ``factor``.

    A source of the same version ``as_of`` an earlier seq brings the slice back. ``dry``: only say what would change.
    """

    version: int
    cube: Code
    items: Annotated[list[Code], Field(min_length=1, max_length=200)]
    members: Members
    period: str = ""
    source: SourceIn
    factor: Amount = "1"
    dry: bool = False
    reason: Annotated[str, Field(max_length=2_000)] = ""


class CopiedItemOut(_Out):
    """One item: ``cells`` below, ``changed`` of them, the sum before and after (null where sums mean nothing)."""

    item: str
    cells: int
    changed: int
    before: str | None
    after: str | None


class CopyOut(_Out):
    """What was copied, and what keeps its amount and why; ``seq`` of the version afterwards."""

    seq: int
    items: list[CopiedItemOut]
    kept: list[KeptOut]


@router.post("/copy", **requires("plan.write"))
def copy(edge: Edge, body: CopyIn) -> CopyOut:
    """Copies another slice (version, moment, item, members, year) onto cells; one undo takes it back."""
    wanted = Copy(
        tuple(ItemRef(body.cube, code) for code in body.items),
        body.members,
        body.period,
        Slice(**dict(body.source)),
        read_decimal(body.factor),
    )
    if body.dry:
        with edge.read() as reader:
            return _out(copying.preview(reader, edge.actor, version_id=body.version, wanted=wanted))
    with edge.write() as uow:
        answer = edge.once(
            uow,
            body.model_dump(),
            lambda: _out(
                copying.copy(uow, edge.actor, version_id=body.version, wanted=wanted, reason=body.reason)
            ).model_dump(),
        )
    return CopyOut.model_validate(answer)


def _out(done: Copied) -> CopyOut:
    items = [
        CopiedItemOut(
            item=one.item.item,
            cells=one.cells,
            changed=one.changed,
            before=cells.text(one.before),
            after=cells.text(one.after),
        )
        for one in done.items
    ]
    return CopyOut(seq=done.seq, items=items, kept=[KeptOut(why=why, cells=count) for why, count in done.kept.items()])
