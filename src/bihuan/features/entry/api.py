"""Routes of entry: plan units, where they stand, submission."""

from datetime import date, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from bihuan.features.access.http import Edge, requires
from bihuan.features.entry import commands, cycle_api, cycles, queries, target_view, wire
from bihuan.features.process.api import CaseOut, MovedOut, moved_out

router = APIRouter()
units_router = APIRouter(prefix="/api/v1/plan-units", tags=["entry"])


class UnitIn(BaseModel):
    """``org`` stands for itself and everything below it."""

    model: str
    version_id: int
    org: str


class Submission(BaseModel):
    """``flow`` "" = the package's own. ``reasons``: what is said to each finding of a check that asks for a reason."""

    flow: str = ""
    comment: str = ""
    reasons: dict[str, str] = {}


class UnitOut(BaseModel):
    """``holder``: who has it now, ``held_hours`` for how long. ``state`` is finer than ``status`` and what is shown; ``days_left``
    below 0: late. ``forms`` and ``flow``: of its cycle."""

    id: int
    version_id: int
    org: str
    model: str
    status: str
    status_name: str
    submissions: int
    holder: str
    held_since: datetime
    held_hours: float
    state: str
    state_name: str
    org_name: str
    holder_name: str
    cycle_id: int | None
    cycle: str
    round: str
    due_at: date | None
    days_left: int | None
    overdue: bool
    forms: list[str]
    flow: str


class UnitCaseOut(UnitOut):
    case: CaseOut | None


@units_router.get("", **requires("entry.read"))
def units(edge: Edge, version_id: int) -> list[UnitOut]:
    """The plan units of a version that one may see."""
    with edge.read() as reader:
        return [UnitOut.model_validate(u) for u in queries.units(reader, edge.actor, version_id=version_id)]


@units_router.post("", status_code=201, **requires("entry.admin"))
def open_unit(edge: Edge, body: UnitIn) -> dict[str, int]:
    """Makes an organisation of a version a plan unit."""
    with edge.write() as uow:
        made = commands.open_unit(uow, edge.actor, version_id=body.version_id, org=body.org, model=body.model)
    return {"id": made}


@units_router.get("/{unit_id}", **requires("entry.read"))
def unit(edge: Edge, unit_id: int) -> UnitCaseOut:
    """A unit with its approval case."""
    with edge.read() as reader:
        return UnitCaseOut.model_validate(queries.unit(reader, edge.actor, unit_id=unit_id))


@units_router.post("/{unit_id}/submission", **requires("process.submit"))
def submit(edge: Edge, unit_id: int, body: Submission) -> MovedOut:
    """Submits a unit, or submits it again after a return."""
    with edge.write() as uow:
        moved = commands.submit(
            uow, edge.actor, unit_id=unit_id, flow=body.flow, comment=body.comment, reasons=body.reasons
        )
    return moved_out(moved)


@units_router.get("/{unit_id}/targets", **requires("entry.read"))
def unit_targets(edge: Edge, unit_id: int) -> list[wire.UnitTargetOut]:
    """For the head of a unit: by key item the target, what is planned so far, what remains. Empty without targets."""
    with edge.read() as reader:
        return [wire.unit_target(t) for t in target_view.of_unit(reader, edge.actor, unit_id)]


@units_router.put("/{unit_id}/due", status_code=204, **requires("entry.admin"))
def set_due(edge: Edge, unit_id: int, body: wire.DueIn) -> None:
    """Another due date for one unit."""
    with edge.write() as uow:
        cycles.set_due(uow, edge.actor, unit_id=unit_id, due_at=body.due_at, reason=body.reason)


router.include_router(units_router)
router.include_router(cycle_api.router)
