"""Routes about branches: compare versions, see what a merge would do, merge, discard and take that back."""

from decimal import Decimal

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.http import Edge, requires
from bihuan.features.planning import cells, differences, merging, queries
from bihuan.features.planning.api import theirs_out
from bihuan.features.planning.merging import Choice, Difference, Merge
from bihuan.features.planning.replica import replica_of
from bihuan.features.planning.wire_branches import (
    BranchStateIn,
    ChoiceIn,
    CompareIn,
    CompareOut,
    MergedCellOut,
    MergeIn,
    MergeOut,
)
from bihuan.kernel.scaled import read_decimal
from bihuan.store.unit_of_work import Reader

router = APIRouter(prefix="/api/v1/plan", tags=["planning"])


@router.post("/compare", **requires("plan.read"))
def compare(edge: Edge, body: CompareIn) -> CompareOut:
    """A slice in two to six versions: the cells that differ, the largest difference first."""
    with edge.read() as reader:
        slices = [
            queries.query(reader, edge.actor, body.query.model_copy(update={"version": version, "as_of": None}))
            for version in body.versions
        ]
    return differences.compare(slices, leaves=body.leaves, limit=body.limit)


@router.get("/branches/{branch}/merge", **requires("plan.write"))
def merge_preview(edge: Edge, branch: int) -> MergeOut:
    """What merging the branch into its base would change, and where both changed the same cell."""
    with edge.read() as reader:
        return _merge(reader, branch, merging.preview(reader, edge.actor, branch_id=branch))


@router.post("/branches/{branch}/merge", responses={409: {"model": MergeOut}}, **requires("plan.write"))
def merge(edge: Edge, branch: int, body: MergeIn) -> MergeOut:
    """Merges as one change set; 409 with the same body when a conflict is not decided. Undo takes the merge back."""
    choices = {_cell(one): Choice(_amount(one.base), one.take) for one in body.choices}
    with edge.write() as uow:
        answer = edge.once(
            uow,
            {"branch": branch, **body.model_dump()},
            lambda: _merge(
                uow,
                branch,
                merging.merge(
                    uow,
                    edge.actor,
                    branch_id=branch,
                    branch_seq=body.branch_seq,
                    choices=choices,
                    reason=body.reason,
                ),
            ).model_dump(),
        )
    return JSONResponse(answer, 409 if answer["outcome"] == "conflicts" else 200)  # type: ignore[return-value]


@router.put("/branches/{branch}/status", **requires("plan.branch"))
def status(edge: Edge, branch: int, body: BranchStateIn) -> BranchStateIn:
    """Discards a branch, or takes that back."""
    with edge.write() as uow:
        merging.close_branch(uow, edge.actor, branch_id=branch, closed=body.status == "closed", reason=body.reason)
    return body


def _cell(one: ChoiceIn) -> merging.CellName:
    return ItemRef(one.cube, one.item), tuple(sorted(one.members.items())), one.period


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else read_decimal(text)


def _merge(reader: Reader, branch: int, done: Merge) -> MergeOut:
    base = queries.version_by_id(reader, branch).base_version_id
    assert base is not None, "merging has asked"
    model = replica_of(reader).pin(reader, base).model
    return MergeOut(
        outcome=done.outcome,
        base=base,
        seq=done.seq,
        branch_seq=done.branch_seq,
        changed=done.changed,
        conflicts=done.conflicts,
        changes=[_difference(model, one) for one in done.changes],
        open=[_difference(model, one) for one in done.open],
    )


def _difference(model: CompiledModel, one: Difference) -> MergedCellOut:
    found = model.items[one.item]
    return MergedCellOut(
        cube=one.item.cube,
        item=one.item.item,
        name=found.definition.name,
        members=dict(one.members),
        names={dim: model.dimensions[dim].by_code[code].name for dim, code in one.members.items()},
        period=one.period,
        fork=cells.text(one.fork),
        base=cells.text(one.base),
        branch=cells.text(one.branch),
        theirs=theirs_out(one.theirs),
    )
