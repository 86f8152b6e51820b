"""Routes of forms: which there are, a whole form in one go, filling it from last year, the workbook."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from bihuan.features.access.http import Edge, requires
from bihuan.features.entry.forms import view as views
from bihuan.features.entry.forms.export import Heading, workbook
from bihuan.features.entry.forms.fill import Filled, Wish, fill, preview_fill
from bihuan.features.entry.forms.model import View
from bihuan.features.entry.forms.text import Form
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import queries as planning
from bihuan.features.planning.wire import Code, Members, QueryIn, QueryOut
from bihuan.kernel.scaled import read_decimal
from bihuan.store.unit_of_work import Reader

router = APIRouter(prefix="/api/v1/forms", tags=["forms"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FormOut(BaseModel):
    """``dim``: the dimension down the rows, "" = one row per item; ``orgs``: where it is used, empty = everywhere.

    ``factor``: what filling from last year starts from, null = this form cannot be filled so.
    """

    code: str
    title: str
    note: str
    cube: str
    items: list[str]
    dim: str
    orgs: list[str]
    factor: str | None


class FormIn(_In):
    """A form on a version at an organisation; ``fixed`` members of dimensions that are neither rows nor organisation."""

    version: int
    form: Code
    org: Code | None = None
    fixed: Members = {}


class BesideCellOut(TypedDict):
    v: str | None
    s: str
    p: bool


class BesideOut(BaseModel):
    """A comparison column. ``change_from``: the change of the form's year from that column, reckoned by whoever shows it."""

    code: str
    title: str
    note: str
    change_from: str
    cells: list[BesideCellOut]


class FormViewOut(BaseModel):
    """``query`` asks for ``slice`` again, also in previews; the cells of ``beside`` stand in the order of the slice's rows."""

    form: FormOut
    year: int
    query: QueryIn
    slice: QueryOut
    beside: list[BesideOut]


class FormFillIn(FormIn):
    """``factor`` multiplies what adds up; ``over``: also cells that hold something; ``dry``: only say what would be done."""

    factor: Annotated[str, Field(max_length=20, examples=["1.05"])]
    over: bool = False
    dry: bool = True


class FormSkippedOut(BaseModel):
    reason: str
    cells: int


class FormFilledOut(BaseModel):
    """``seq``: of the version afterwards; the change set that /plan/undo takes back."""

    version: int
    seq: int
    cells: int
    source: str
    skipped: list[FormSkippedOut]


class FormExportIn(FormIn):
    """``unit`` of money; ``closed``: keys of rows whose children are not shown."""

    unit: Literal["yuan", "thousand", "wan"] = "yuan"
    closed: Annotated[list[str], Field(max_length=20_000)] = []


@router.get("", **requires("plan.read"))
def forms(edge: Edge, model: str) -> list[FormOut]:
    """The forms of a model of which one may read something."""
    with edge.read() as reader:
        return [_form(f) for f in views.forms_of(reader, edge.actor, model)]


@router.post("/view", **requires("plan.read"))
def view(edge: Edge, body: FormIn) -> FormViewOut:
    """A whole form: its cells, and the columns it is compared with."""
    with edge.read() as reader:
        found = _view(reader, edge, body)
    return FormViewOut(
        form=_form(found.form),
        year=found.year,
        query=found.query,
        slice=found.slice,
        beside=[
            BesideOut(
                code=c.code,
                title=c.title,
                note=c.note,
                change_from=c.change_from,
                cells=[BesideCellOut(v=x.v, s=x.s, p=x.p) for x in c.cells],
            )
            for c in found.beside
        ],
    )


@router.post("/fill", **requires("plan.write"))
def fill_form(edge: Edge, body: FormFillIn) -> FormFilledOut:
    """Fills a form from last year × factor, or says what that would do. An Idempotency-Key makes a repeat harmless."""
    wish = Wish(body.form, body.org, read_decimal(body.factor), body.over, body.fixed)
    if body.dry:
        with edge.read() as reader:
            return _filled(body.version, preview_fill(reader, edge.actor, version_id=body.version, wish=wish))
    with edge.write() as uow:
        answer = edge.once(
            uow,
            body.model_dump(),
            lambda: _filled(body.version, fill(uow, edge.actor, version_id=body.version, wish=wish)).model_dump(),
        )
    return FormFilledOut.model_validate(answer)


@router.post("/export", response_class=Response, responses={200: {"content": {XLSX: {}}}}, **requires("plan.read"))
def export(edge: Edge, body: FormExportIn) -> Response:
    """The form as a workbook, as it is saved."""
    with edge.read() as reader:
        found = _view(reader, edge, body)
        state = planning.state_for(reader, edge.actor, body.version)
        heading = Heading(
            found.form.title, state.model.definition.currency, body.unit, _facts(reader, body, found), body.closed
        )
        model = modelling.find(reader, state.model_id)
    name = quote(f"{found.form.title}-{body.org or model.title}.xlsx")
    disposition = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(workbook(found.slice, heading, found.beside), media_type=XLSX, headers=disposition)


def _facts(reader: Reader, body: FormIn, found: View) -> Sequence[str]:
    """Organisation, version and its change number, for the heading."""
    version = planning.version_by_id(reader, body.version)
    model = modelling.compiled(reader, version.model_id)
    org = model.dimensions["org"].find(body.org) if body.org and "org" in model.dimensions else None
    return [*([org.name] if org is not None else []), version.name, f"第 {found.slice.seq} 次改动"]


def _view(reader: Reader, edge: Edge, body: FormIn) -> View:
    return views.view(reader, edge.actor, version_id=body.version, form=body.form, org=body.org, fixed=body.fixed)


def _form(form: Form) -> FormOut:
    return FormOut(
        code=form.code,
        title=form.title,
        note=form.note,
        cube=form.cube,
        items=list(form.items),
        dim=form.dim,
        orgs=list(form.orgs),
        factor=_text(form.factor) if form.fill_from else None,
    )


def _text(factor: Decimal) -> str:
    return format(factor, "f")


def _filled(version: int, found: Filled) -> FormFilledOut:
    skipped = [FormSkippedOut(reason=s.reason, cells=s.cells) for s in found.skipped]
    return FormFilledOut(version=version, seq=found.seq, cells=found.cells, source=found.source, skipped=skipped)
