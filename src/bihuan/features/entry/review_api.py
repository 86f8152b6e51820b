"""Routes for whoever reviews a plan unit: what changed in it, and opening it again."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.definition import ModelDefinition
from bihuan.features.access.http import Edge, requires
from bihuan.features.entry import changes, reopening
from bihuan.features.entry.comparison import Figure, Row
from bihuan.features.modelling.queries import compiled
from bihuan.features.planning.cells import text

router = APIRouter(prefix="/api/v1/plan-units", tags=["entry"])


class ReopeningReason(BaseModel):
    reason: str


class UnitMemberOut(BaseModel):
    dimension: str
    code: str
    name: str


class FigureItemOut(BaseModel):
    """``favourable``: more or less of it is good, "" = neither; ``money``: its unit is the model's currency."""

    cube: str
    cube_title: str
    item: str
    name: str
    unit: str
    money: bool
    favourable: str
    decimals: int


class UnitChangeOut(BaseModel):
    """Amounts are decimal strings in the item's unit, null = blank; ``ratio`` = Δ / before, null without a base.

    ``period``: a leaf period against the last round, the year against the year before. ``year``: the whole year now.
    """

    item: FigureItemOut
    members: list[UnitMemberOut]
    period: str
    before: str | None
    after: str | None
    delta: str
    ratio: str | None
    year: str | None
    partial: bool
    who: str | None
    at: datetime | None
    reason: str | None


class FigurePeriodOut(BaseModel):
    period: str
    after: str | None
    before: str | None
    last_year: str | None


class FigureOut(BaseModel):
    """A money item's whole year at the unit: as submitted, at the submission before, the year before."""

    item: FigureItemOut
    after: str | None
    before: str | None
    last_year: str | None
    periods: list[FigurePeriodOut]
    partial: bool


class UnitChangesOut(BaseModel):
    """``submission``: which one is looked at; ``before``: the one before it, null without any.

    ``last_year`` null: nothing is known of that year; ``last_year_kind``: wholly actual, or actual with the plan for the rest.
    Rows come by the size of the change; ``unchanged`` of the same kind are not listed.
    """

    unit_id: int
    org: str
    year: int
    submission: int
    before: int | None
    last_year: int | None
    last_year_kind: Literal["actual", "estimate"]
    rows: list[UnitChangeOut]
    unchanged: int
    figures: list[FigureOut]


@router.get("/{unit_id}/changes", **requires("entry.read"))
def unit_changes(edge: Edge, unit_id: int, against: changes.Against = "round") -> UnitChangesOut:
    """What changed since the last submission, or against the year before."""
    with edge.read() as reader:
        found = changes.changes(reader, edge.actor, unit_id=unit_id, against=against)
        model = compiled(reader, found.unit["model"]).definition
    return UnitChangesOut(
        unit_id=unit_id,
        org=found.unit["org"],
        year=found.year,
        submission=found.submission,
        before=found.before,
        last_year=found.last.year if found.last.known is not None else None,
        last_year_kind="estimate" if found.last.is_estimate else "actual",
        rows=[_row(r, model) for r in found.rows],
        unchanged=found.unchanged,
        figures=[_figure(f, model) for f in found.figures],
    )


@router.post("/{unit_id}/reopening", status_code=204, **requires("entry.reopen"))
def reopen_unit(edge: Edge, unit_id: int, body: ReopeningReason) -> None:
    """Opens an approved unit again, before its release."""
    with edge.write() as uow:
        reopening.reopen(uow, edge.actor, unit_id=unit_id, reason=body.reason)


def _item(item: CompiledItem, model: ModelDefinition) -> FigureItemOut:
    said = item.definition
    decimals = said.decimals if said.decimals is not None else item.scale if item.scale is not None else 2
    return FigureItemOut(
        cube=item.ref.cube,
        cube_title=next((c.title for c in model.cubes if c.code == item.ref.cube), item.ref.cube),
        item=item.ref.item,
        name=said.name,
        unit=said.unit,
        money=said.unit == model.currency,
        favourable=said.favourable,
        decimals=decimals,
    )


def _row(row: Row, model: ModelDefinition) -> UnitChangeOut:
    ratio = None if not row.before else (row.delta / abs(row.before)).quantize(Decimal("0.0001"))
    return UnitChangeOut(
        item=_item(row.item, model),
        members=[UnitMemberOut(dimension=d, code=c, name=n) for d, c, n in row.members],
        period=row.period,
        before=text(row.before),
        after=text(row.after),
        delta=format(row.delta, "f"),
        ratio=text(ratio),
        year=text(row.year),
        partial=row.partial,
        who=row.touch.who if row.touch else None,
        at=row.touch.at if row.touch else None,
        reason=row.touch.reason if row.touch else None,
    )


def _figure(figure: Figure, model: ModelDefinition) -> FigureOut:
    return FigureOut(
        item=_item(figure.item, model),
        after=text(figure.after),
        before=text(figure.before),
        last_year=text(figure.last_year),
        periods=[
            FigurePeriodOut(period=code, after=text(a), before=text(b), last_year=text(y))
            for code, a, b, y in figure.periods
        ],
        partial=figure.partial,
    )
