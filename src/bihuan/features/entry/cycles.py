"""Open, move on, close and reopen a budget cycle. Everything is recorded; a cycle's version belongs to one cycle."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date, principal_of
from bihuan.features.entry.cycle import (
    KIND,
    CycleClosed,
    CycleExists,
    NoSuchCycle,
    Template,
    from_json,
    to_json,
    unit_orgs,
)
from bihuan.features.entry.cycle_text import template_of
from bihuan.features.entry.model import KIND as UNIT
from bihuan.features.entry.model import NoSuchUnit, WrongUnitStatus
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as plans
from bihuan.features.planning.model import UnknownVersion, Version
from bihuan.features.process.model import ReasonRequired
from bihuan.kernel.errors import Problem, ProblemsFound
from bihuan.store.unit_of_work import Reader, UnitOfWork

RESERVED = "目标由上级在“目标”页下达，不能在表里直接填"


def open_cycle(uow: UnitOfWork, actor: Principal, *, model: str, template: str) -> int:
    """Opens the cycle of a template: its version (made when it is not there), its plan units with due dates; returns the id.

    Opening it twice, or a second cycle of the same version, is refused with `CycleExists`.
    """
    actor.require("entry.admin", model=model)
    wanted = template_of(uow, model, template).dated(business_date(uow))
    version = _version(uow, actor, model, wanted)
    _check_comparisons(uow, model, wanted)
    planning.lock_heads(uow, [version.id])
    first = wanted.rounds[0]
    cycle_id = uow.value(
        "entry.cycle_insert",
        model=model,
        code=wanted.code,
        title=wanted.title,
        version_id=version.id,
        fiscal_year=wanted.fiscal_year,
        round=first.code,
        template=json.dumps(to_json(wanted), ensure_ascii=False),
        opened_seq=plans.version_by_id(uow, version.id).seq,
        by=actor.login,
        at=uow.now(),
    )
    if cycle_id is None:
        raise CycleExists(_said_twice(uow, model, wanted, version), cycle=wanted.code, version=version.code)
    orgs = unit_orgs(modelling.compiled(uow, model), wanted.units)
    _join_units(
        uow, actor, version, cycle_id=int(cycle_id), model=model, orgs=orgs, due_at=date.fromisoformat(first.due)
    )
    if wanted.targets is not None:
        planning.reserve_items(uow, actor, version_id=version.id, items=wanted.targets.refs, why=RESERVED)
    what = {"code": wanted.code, "version": version.code, "round": first.code, "units": len(orgs)}
    record(uow, actor, "entry.cycle.open", (KIND, cycle_id), None, what)
    return int(cycle_id)


def _version(uow: UnitOfWork, actor: Principal, model: str, wanted: Template) -> Version:
    """The version the template names, made when it is not there."""
    found = modelling.find(uow, model)
    try:
        version = plans.version(uow, model, wanted.version)
    except UnknownVersion:
        return planning.create_version(
            uow,
            actor,
            model_id=found.id,
            code=wanted.version,
            name=wanted.version_name,
            role=wanted.role,
            revision=found.revision,
            bound=wanted.bind,
        )
    if wanted.bind and not version.bound:
        planning.bind_role(uow, actor, version_id=version.id)
    return version


def _check_comparisons(reader: Reader, model: str, wanted: Template) -> None:
    """A column that would stay empty for ever is a mistake in the text."""
    problems = []
    for column in wanted.compare:
        try:
            plans.version(reader, model, column.version)
        except UnknownVersion:
            message = f"对比列“{column.title}”的版本“{column.version}”不存在"
            problems.append(
                Problem("unknown_version", f"cycles/{wanted.code}.yaml", found=column.version, message=message)
            )
    if problems:
        raise ProblemsFound(problems)


def _said_twice(reader: Reader, model: str, wanted: Template, version: Version) -> str:
    for row in reader.rows("entry.cycles", model=model):
        if row["code"] == wanted.code:
            return f"“{row['title']}”已由 {row['opened_by_name']} 开启，不能再开一次。"
        if row["version_id"] == version.id:
            return f"版本 {version.code} 已用于“{row['title']}”，一个版本只属于一个周期。"
    return ""


def _join_units(
    uow: UnitOfWork,
    actor: Principal,
    version: Version,
    *,
    cycle_id: int,
    model: str,
    orgs: Sequence[str],
    due_at: date,
) -> None:
    holders = owners(uow, actor, model, orgs)
    uow.run_many(
        "entry.unit_join",
        [
            {
                "version_id": version.id,
                "org": org,
                "model": model,
                "holder": holders.get(org, ""),
                "at": uow.now(),
                "cycle_id": cycle_id,
                "due_at": due_at,
            }
            for org in orgs
        ],
    )


def owners(reader: Reader, actor: Principal, model: str, orgs: Sequence[str]) -> dict[str, str]:
    """Who prepares each organisation's budget: of those who may submit it, the ones assigned most narrowly; logins."""
    best: dict[str, tuple[int, list[str]]] = {}
    for row in reader.rows("access.users"):
        if not row["active"] or not any("org" in (role["limits"] or {}) for role in row["roles"]):
            continue
        person = principal_of(reader, row["login"], actor.hierarchies)
        if person is None or not person.holds("process.submit", model):
            continue
        width = int(person.scope("process.submit", model).mask("org").sum())
        for org in orgs:
            if person.may("process.submit", model=model, org=org):
                known = best.get(org, (width, []))
                if width < known[0]:
                    known = (width, [])
                best[org] = (width, [*known[1], row["login"]]) if width == known[0] else known
    return {org: "、".join(logins) for org, (_, logins) in best.items()}


def next_round(uow: UnitOfWork, actor: Principal, *, cycle_id: int, reason: str = "") -> str:
    """The cycle's next round: the state so far gets a name, units not yet approved the round's due date; its code."""
    cycle = _locked(uow, actor, cycle_id, "open")
    template = from_json(cycle["template"])
    then = template.round_after(cycle["round"])
    name = f"{cycle['title']} {cycle['round']}"
    planning.snapshot(uow, actor, version_id=cycle["version_id"], name=name, kind="snapshot")
    due = date.fromisoformat(then.due)
    uow.run("entry.cycle_move", id=cycle_id, status="open", round=then.code)
    uow.run("entry.units_due", cycle_id=cycle_id, due_at=due)
    what = {"round": then.code, "due_at": due.isoformat()}
    record(uow, actor, "entry.cycle.round", (KIND, cycle_id), {"round": cycle["round"]}, what, reason)
    return then.code


def close_cycle(uow: UnitOfWork, actor: Principal, *, cycle_id: int, reason: str) -> None:
    """No more targets and submissions; approvals under way go on."""
    _move(uow, actor, cycle_id, "open", "closed", reason)


def reopen_cycle(uow: UnitOfWork, actor: Principal, *, cycle_id: int, reason: str) -> None:
    """Opens a closed cycle again."""
    _move(uow, actor, cycle_id, "closed", "open", reason)


def _move(uow: UnitOfWork, actor: Principal, cycle_id: int, before: str, after: str, reason: str) -> None:  # noqa: PLR0917
    cycle = _locked(uow, actor, cycle_id, before)
    if not reason.strip():
        raise ReasonRequired(action="close" if after == "closed" else "reopen")
    uow.run("entry.cycle_move", id=cycle_id, status=after, round=cycle["round"])
    record(uow, actor, f"entry.cycle.{after}", (KIND, cycle_id), {"status": before}, {"status": after}, reason)


def set_due(uow: UnitOfWork, actor: Principal, *, unit_id: int, due_at: date, reason: str = "") -> None:
    """Another due date for one unit, while it is not yet approved."""
    unit = uow.row("entry.unit_lock", id=unit_id)
    if unit is None:
        raise NoSuchUnit(unit=unit_id)
    actor.require("entry.admin", model=unit["model"], org=unit["org"])
    if unit["status"] in ("approved", "released"):
        raise WrongUnitStatus(f"{unit['org']} 已批准，不用再改到期日。", unit=unit_id, status=unit["status"])
    uow.run("entry.unit_due", id=unit_id, due_at=due_at)
    before = None if unit["due_at"] is None else {"due_at": unit["due_at"].isoformat()}
    record(uow, actor, "entry.due", (UNIT, unit_id), before, {"due_at": due_at.isoformat()}, reason)


def _locked(uow: UnitOfWork, actor: Principal, cycle_id: int, status: str) -> RowMapping:
    cycle = uow.row("entry.cycle_lock", id=cycle_id)
    if cycle is None or not actor.may("entry.read", model=cycle["model"]):
        raise NoSuchCycle(cycle=cycle_id)
    actor.require("entry.admin", model=cycle["model"])
    if cycle["status"] != status:
        message = f"“{cycle['title']}”已关闭。" if cycle["status"] == "closed" else f"“{cycle['title']}”没有关闭。"
        raise CycleClosed(message, cycle=cycle_id, status=cycle["status"])
    return cycle


def keep_open(uow: UnitOfWork, cycle_id: int, title: str = "") -> None:
    """Refuses with `CycleClosed`; else the cycle stays open until the commit."""
    if uow.value("entry.cycle_share", id=cycle_id) != "open":
        raise CycleClosed(f"“{title or cycle_id}”已关闭，请管理员重开后再做。", cycle=cycle_id)


def cycle_of(reader: Reader, actor: Principal, cycle_id: int) -> tuple[RowMapping, Template]:
    """A cycle and its template, for those who may read its model's units."""
    cycle = reader.row("entry.cycle", id=cycle_id)
    if cycle is None or not actor.may("entry.read", model=cycle["model"]):
        raise NoSuchCycle(cycle=cycle_id)
    return cycle, from_json(cycle["template"])


def announce_due(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Units whose due date is near or past and whose holder was not yet told of this date: marks and returns them."""
    rows = uow.rows("entry.unannounced", today=business_date(uow))
    uow.run_many("entry.announced", [{"id": r["id"]} for r in rows])
    return [dict(r) for r in rows]
