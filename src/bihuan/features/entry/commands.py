"""Open, submit, and what approval does to a unit. The unit's cells are locked from submission until it comes back."""

from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.entry.checks.reasons import give_reasons
from bihuan.features.entry.cycle import ORG, NoSuchCycle, places
from bihuan.features.entry.cycles import keep_open
from bihuan.features.entry.flows import default_flow
from bihuan.features.entry.model import (
    KIND,
    STATUS_NAMES,
    NoSuchUnit,
    NothingToRelease,
    Status,
    UnitExists,
    WrongUnitStatus,
)
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as planning_queries
from bihuan.features.process import commands as process
from bihuan.features.process import queries as process_queries
from bihuan.features.process.commands import Moved
from bihuan.kernel.member import OWN
from bihuan.store.unit_of_work import Reader, UnitOfWork


def open_unit(uow: UnitOfWork, actor: Principal, *, version_id: int, org: str, model: str) -> int:
    """Makes an organisation of a version a plan unit, in preparation."""
    actor.require("entry.admin", model=model, org=org)
    unit_id = uow.value(
        "entry.unit_insert", version_id=version_id, org=org, model=model, holder=actor.login, at=uow.now()
    )
    if unit_id is None:
        raise UnitExists(org=org, version=version_id)
    record(uow, actor, "entry.open", (KIND, unit_id), None, {"version": version_id, "org": org})
    return int(unit_id)


def submit(
    uow: UnitOfWork,
    actor: Principal,
    *,
    unit_id: int,
    flow: str = "",
    comment: str = "",
    reasons: Mapping[str, str] | None = None,
) -> Moved:
    """Submits a unit for approval, or again after a return (the same case then; ``flow`` is the case's own).

    ``flow`` "" = the package's flow for plan units. ``reasons``: what the submitter says to checks that ask for one, by finding.
    """
    unit = unit_of(uow, unit_id)
    if unit["cycle_id"] is not None:
        keep_open(uow, unit["cycle_id"], unit["cycle_title"])
    give_reasons(uow, unit_id, reasons or {})
    instance = process_queries.instance_of(uow, KIND, unit_id)
    if instance is not None and process_queries.status(uow, instance) == "returned":
        return process.resubmit(uow, actor, instance_id=instance, comment=comment)
    title = title_of(uow, unit)
    place = {"model": unit["model"], "org": unit["org"]}
    return process.start(
        uow,
        actor,
        flow=flow or default_flow(uow, unit["model"]),
        subject_kind=KIND,
        subject_id=unit_id,
        title=title,
        place=place,
        comment=comment,
    )


def title_of(reader: Reader, unit: RowMapping) -> str:
    """How a unit is called among other approvals: the organisation's and the version's names."""
    found = modelling.compiled(reader, unit["model"]).dimensions["org"].find(unit["org"])
    name = unit["org"] if found is None else found.name
    return f"{name} · {planning_queries.version_by_id(reader, unit['version_id']).name}"


def unit_of(reader: Reader, unit_id: int) -> RowMapping:
    """One plan unit."""
    row = reader.row("entry.unit", id=unit_id)
    if row is None:
        raise NoSuchUnit(unit=unit_id)
    return row


def mark_released(uow: UnitOfWork, actor: Principal, *, version_id: int, orgs: Sequence[str]) -> bool:
    """For the release command, which holds the head: every unit of ``orgs`` must be approved. True when they were the last."""
    units = uow.rows("entry.units_lock_of", version_id=version_id, orgs=list(orgs))
    if missing := set(orgs) - {u["org"] for u in units}:
        raise NoSuchUnit(f"{'、'.join(sorted(missing))} 没有预算单元，不能下达。", orgs=sorted(missing))
    for unit in units:
        if unit["status"] != "approved":
            raise _wrong(unit, "approved")
        lock_cells(uow, actor, unit, locked=False, why="", holder="")  # the release's own lock stands from here
        move(uow, unit, "released", actor.login)
        record(uow, actor, "entry.release", (KIND, unit["id"]), {"status": "approved"}, {"status": "released"})
    return all(unit["status"] == "released" for unit in uow.rows("entry.units", version_id=version_id))


def subtree(uow: UnitOfWork, *, cycle_id: int, org: str) -> tuple[list[str], list[str]]:
    """The cycle's units in ``org`` and below: those approved, and those neither approved nor released yet; codes.

    Raises `NothingToRelease` when none is approved. For the release command, which holds the head.
    """
    cycle = uow.row("entry.cycle", id=cycle_id)
    if cycle is None:
        raise NoSuchCycle(cycle=cycle_id)
    model = modelling.compiled(uow, cycle["model"])
    if org not in model.dimensions[ORG].by_code:
        raise NothingToRelease(f"没有组织 {org}。", org=org)
    inside = {p.member.code for p in places(model, org)}
    rows = uow.rows("entry.units", version_id=cycle["version_id"])
    units = [u for u in rows if u["cycle_id"] == cycle_id and u["org"].removesuffix(OWN) in inside]
    ready = [u["org"] for u in units if u["status"] == "approved"]
    left = [u["org"] for u in units if u["status"] in ("preparing", "submitted")]
    if not ready:
        raise NothingToRelease(
            f"{org} 里没有已批准、待下达的预算单元，还有 {len(left)} 个没有批准。", org=org, left=left
        )
    return ready, left


def expect(uow: UnitOfWork, unit_id: int, status: Status) -> RowMapping:
    """The unit, locked; refused when it is not at ``status``."""
    unit = uow.row("entry.unit_lock", id=unit_id)
    if unit is None:
        raise NoSuchUnit(unit=unit_id)
    if unit["status"] != status:
        raise _wrong(unit, status)
    return unit


def _wrong(unit: RowMapping, expected: str) -> WrongUnitStatus:
    now, wanted = STATUS_NAMES[unit["status"]], STATUS_NAMES[expected]
    message = f"{unit['org']} 的预算单元是“{now}”，需要“{wanted}”才能这样做。"
    return WrongUnitStatus(message, unit=unit["id"], status=unit["status"], expected=expected)


def lock_cells(uow: UnitOfWork, actor: Principal, unit: RowMapping, *, locked: bool, why: str, holder: str) -> None:
    """Locks or unlocks the cells of a unit; ``why`` and ``holder`` are what an editor is told."""
    planning.set_locked(
        uow,
        actor,
        version_id=unit["version_id"],
        org_ids=[unit["org"]],
        locked=locked,
        why=why,
        holder=holder,
    )


def move(uow: UnitOfWork, unit: RowMapping, status: Status, holder: str, *, submissions: int | None = None) -> None:
    """A unit's status, and who has it from now on."""
    times = unit["submissions"] if submissions is None else submissions
    uow.run("entry.unit_move", id=unit["id"], status=status, submissions=times, holder=holder, at=uow.now())
