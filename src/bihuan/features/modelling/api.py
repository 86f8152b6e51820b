"""Routes of modelling: models as the front end shows them, members, revisions, apply and export."""

from dataclasses import asdict
from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.features.access.http import Edge, requires
from bihuan.features.modelling import commands, listing, queries
from bihuan.features.modelling.formulas import formulas
from bihuan.features.modelling.model import Applied, Change

router = APIRouter(prefix="/api/v1/models", tags=["modelling"])


class ModelOut(BaseModel):
    code: str
    title: str
    revision: int


class PeriodOut(BaseModel):
    """A leaf period; ``plan`` = in the plan range, else history or look-ahead."""

    code: str
    year: int
    plan: bool


class GroupOut(BaseModel):
    """A group of leaf periods ``[start, stop)``; ``whole`` = all of it lies on the axis."""

    code: str
    start: int
    stop: int
    whole: bool


class GroupingOut(BaseModel):
    name: str
    groups: list[GroupOut]


class CalendarOut(BaseModel):
    base: str
    fiscal_start: int
    periods: list[PeriodOut]
    groupings: list[GroupingOut]


class DimensionOut(BaseModel):
    """``trees``: names of its hierarchies, "" the main one. ``role_of`` "period" = a second time axis."""

    code: str
    name: str
    managed: Literal["package", "data"]
    role_of: str | None
    trees: list[str]
    properties: list[str]
    members: int


class ItemOut(BaseModel):
    """``grain``: "base", a grouping's name, or "" without period. ``formula``: computed in every plan cell."""

    code: str
    name: str
    type: str
    unit: str
    scale: int | None
    decimals: int | None
    dims: list[str]
    grain: str
    time: str
    total: str
    formula: bool
    favourable: str
    note: str


class CubeOut(BaseModel):
    code: str
    title: str
    dims: list[str]
    items: list[ItemOut]


class ModelDetail(BaseModel):
    code: str
    title: str
    revision: int
    currency: str
    versions: list[str]
    languages: list[str]
    calendar: CalendarOut
    dimensions: list[DimensionOut]
    cubes: list[CubeOut]


class MemberOut(BaseModel):
    """A member of a tree, in display order; ``parent`` null at the top; ``leaf`` = values are kept on it."""

    id: int
    code: str
    name: str
    parent: str | None
    weight: float
    leaf: bool
    properties: dict[str, str]


class ItemRefOut(BaseModel):
    cube: str
    item: str


class ItemFormulasOut(BaseModel):
    """``texts`` as written, in the order they are tried. ``hidden``: they read something you may not know of.

    ``reads``: the items they read; ``read_by``: the items whose formulas read this one.
    """

    cube: str
    item: str
    texts: list[str]
    hidden: bool
    reads: list[ItemRefOut]
    read_by: list[ItemRefOut]


class RevisionOut(BaseModel):
    number: int
    parent: int | None
    author: str
    at: datetime
    reason: str


class HintOut(BaseModel):
    """A place of the package that is right but probably not meant. ``line`` 0 = the whole file; it counts from 1."""

    code: str
    file: str
    line: int
    found: str
    expected: str
    message: str


class PackageIn(BaseModel):
    """Path -> text of every file of the package (``data/`` is ignored); ``from_revision``: what it was taken from."""

    files: dict[str, str] = Field(max_length=2000)
    from_revision: int | None = None
    reason: str = ""


class RollbackIn(BaseModel):
    """``to``: the revision whose text shall hold again; ``from_revision``: the one that was looked at."""

    to: int = Field(ge=1)
    from_revision: int = Field(ge=1)
    reason: str = Field("", max_length=2_000)


class ChangeOut(BaseModel):
    """``cells``: stored cells of open versions that it touches; null where cells play no part, and after an apply."""

    kind: Literal["add", "change", "remove", "close", "move", "parent"]
    what: str
    code: str
    detail: str
    cells: int | None


class AppliedOut(BaseModel):
    code: str
    revision: int
    changes: list[ChangeOut]


@router.get("", **requires("model.read"))
def models(edge: Edge) -> list[ModelOut]:
    """The models one may know of."""
    with edge.read() as reader:
        found = queries.models(reader, edge.actor)
    return [ModelOut(code=m.code, title=m.title, revision=m.revision) for m in found]


@router.get("/{code}", **requires("model.read"))
def model(edge: Edge, code: str) -> ModelDetail:
    """A model's calendar, dimensions, cubes and items, as far as the reader may know of them."""
    with edge.read() as reader:
        found = queries.get(reader, edge.actor, code)
        compiled = queries.compiled(reader, found.id)
    definition, scope = compiled.definition, edge.actor.scope("model.read", code)
    cubes = [
        CubeOut(
            code=c.code,
            title=c.title,
            dims=list(c.dims),
            items=[_item(i) for i in listing.items(compiled, c.code, scope)],
        )
        for c in definition.cubes
    ]
    return ModelDetail(
        code=found.code,
        title=found.title,
        revision=found.revision,
        currency=definition.currency,
        versions=list(definition.versions),
        languages=list(definition.languages),
        calendar=_calendar(compiled),
        dimensions=_dimensions(compiled),
        cubes=[c for c in cubes if c.items],
    )


@router.get("/{code}/members", **requires("model.read"))
def members(edge: Edge, code: str, dimension: str, tree: str = "") -> list[MemberOut]:
    """A dimension's members in a tree: those the reader may see something of, and what stands above them."""
    with edge.read() as reader:
        found = queries.get(reader, edge.actor, code)
        compiled = queries.compiled(reader, found.id)
    scope = edge.actor.scope("model.read", code)
    return [MemberOut.model_validate(asdict(line)) for line in listing.members(compiled, dimension, tree, scope)]


@router.get("/{code}/formulas", **requires("model.read"))
def item_formulas(edge: Edge, code: str) -> list[ItemFormulasOut]:
    """The formulas of the items the reader may know of, what they read and what reads them."""
    with edge.read() as reader:
        found = queries.get(reader, edge.actor, code)
        compiled = queries.compiled(reader, found.id)
    return [
        ItemFormulasOut(
            cube=one.ref.cube,
            item=one.ref.item,
            texts=list(one.texts),
            hidden=one.hidden,
            reads=[ItemRefOut(cube=r.cube, item=r.item) for r in one.reads],
            read_by=[ItemRefOut(cube=r.cube, item=r.item) for r in one.read_by],
        )
        for one in formulas(compiled, edge.actor.scope("model.read", code))
    ]


@router.get("/{code}/revisions", **requires("model.read"))
def revisions(edge: Edge, code: str) -> list[RevisionOut]:
    """The model's history, newest first."""
    with edge.read() as reader:
        found = queries.revisions(reader, edge.actor, code)
    return [RevisionOut(number=r.number, parent=r.parent, author=r.author, at=r.at, reason=r.reason) for r in found]


@router.get("/{code}/lint", **requires("model.export"))
def lint(edge: Edge, code: str) -> list[HintOut]:
    """What in the model is probably not meant: used by nothing, filled by nobody, never reached, slow."""
    with edge.read() as reader:
        found = queries.hints(reader, edge.actor, code)
    return [
        HintOut(code=h.code, file=h.file, line=h.line, found=h.found, expected=h.expected, message=h.message)
        for h in found
    ]


@router.post("/{code}/rollback", **requires("model.apply"))
def rollback(edge: Edge, code: str, body: RollbackIn) -> AppliedOut:
    """Makes an earlier revision the next one; cells are not touched."""
    with edge.write() as uow:
        done = commands.rollback(
            uow, edge.actor, model=code, to=body.to, from_revision=body.from_revision, reason=body.reason
        )
    return _applied(done)


@router.get("/{code}/package", **requires("model.export"))
def package(edge: Edge, code: str, revision: int | None = None) -> dict[str, str]:
    """The package as text: path -> file, with the marker of the revision."""
    with edge.read() as reader:
        return queries.export(reader, edge.actor, code, revision)


@router.post("/plan", **requires("model.apply"))
def plan(edge: Edge, body: PackageIn) -> list[ChangeOut]:
    """What applying the package would change and how many stored cells each change touches; every problem of it at once."""
    with edge.read() as reader:
        return [_change(c) for c in commands.plan(reader, edge.actor, body.files)]


@router.post("", **requires("model.apply"))
def apply(edge: Edge, body: PackageIn) -> AppliedOut:
    """Makes the package the model's next revision; fast-forward only."""
    with edge.write() as uow:
        done = commands.apply(uow, edge.actor, body.files, from_revision=body.from_revision, reason=body.reason)
    return _applied(done)


def _applied(done: Applied) -> AppliedOut:
    return AppliedOut(code=done.code, revision=done.revision, changes=[_change(c) for c in done.changes])


def _change(change: Change) -> ChangeOut:
    return ChangeOut(kind=change.kind, what=change.what, code=change.code, detail=change.detail, cells=change.cells)


def _calendar(compiled: CompiledModel) -> CalendarOut:
    calendar = compiled.calendar
    periods = [
        PeriodOut(code=code, year=year, plan=i in calendar.plan_range)
        for i, (code, year) in enumerate(zip(calendar.codes, calendar.years, strict=True))
    ]
    groupings = [
        GroupingOut(
            name=name,
            groups=[GroupOut(code=g.code, start=g.start, stop=g.stop, whole=g.whole) for g in calendar.groups(name)],
        )
        for name in calendar.groupings
    ]
    return CalendarOut(base=calendar.base, fiscal_start=calendar.fiscal_start, periods=periods, groupings=groupings)


def _dimensions(compiled: CompiledModel) -> list[DimensionOut]:
    return [
        DimensionOut(
            code=d.code,
            name=d.name,
            managed="data" if d.managed == "data" else "package",
            role_of=d.role_of,
            trees=list(d.trees),
            properties=list(d.properties),
            members=len(d.members),
        )
        for d in compiled.dimensions.values()
    ]


def _item(item: CompiledItem) -> ItemOut:
    definition = item.definition
    return ItemOut(
        code=item.ref.item,
        name=definition.name,
        type=item.type,
        unit=definition.unit,
        scale=item.scale,
        decimals=definition.decimals,
        dims=list(item.dims),
        grain=item.grain,
        time=item.time.kind,
        total=item.total.kind,
        formula=item.always_formula,
        favourable=definition.favourable,
        note=definition.note,
    )
