"""A slice of a cube as a workbook: the one query's answer, cut by the same scope, in the unit it is looked at."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from bihuan.features.access.http import Edge, requires
from bihuan.features.entry.forms.export import Heading, workbook
from bihuan.features.planning import queries as planning
from bihuan.features.planning.wire import QueryIn
from bihuan.kernel.errors import Invalid

router = APIRouter(prefix="/api/v1/plan", tags=["planning"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORT_MAX = 100_000  # cells: a workbook is written within a request


class SliceExportIn(BaseModel):
    """``closed``: keys of rows whose children are not shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: QueryIn
    unit: Literal["yuan", "thousand", "wan"] = "yuan"
    closed: Annotated[list[str], Field(max_length=20_000)] = []


@router.post("/export", response_class=Response, responses={200: {"content": {XLSX: {}}}}, **requires("plan.read"))
def export_slice(edge: Edge, body: SliceExportIn) -> Response:
    """The slice as a workbook; text in it never becomes a formula."""
    with edge.read() as reader:
        shown = planning.query(reader, edge.actor, body.query)
        state = planning.state_for(reader, edge.actor, body.query.version, body.query.as_of)
        version = planning.version_by_id(reader, body.query.version)
    if (found := len(shown.rows) * len(shown.columns)) > EXPORT_MAX:
        raise Invalid(f"一次最多导出 {EXPORT_MAX} 个单元格，请缩小范围", found=found)
    definition = state.model.definition
    title = next((c.title for c in definition.cubes if c.code == body.query.cube), "") or body.query.cube
    names = [
        member.name
        for dim, code in body.query.fixed.items()
        if any(row.members.get(dim) == code for row in shown.rows)  # else it may be one that is not to be known
        and (member := state.model.dimensions[dim].find(code)) is not None
    ]
    facts = [*names, version.name, f"第 {shown.seq} 次改动"]
    made = workbook(shown, Heading(title, definition.currency, body.unit, facts, body.closed))
    name = quote(f"{title}-{version.name}.xlsx")
    return Response(made, media_type=XLSX, headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"})
