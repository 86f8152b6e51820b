"""Routes of cycles: open, move on, close; targets; the summary."""

from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import RowMapping

from bihuan.features.access.http import Edge, RequestEdge, requires
from bihuan.features.access.model import Principal
from bihuan.features.entry import cycles, summary, target_import, target_view, targets, wire
from bihuan.features.entry.cycle import Template, from_json, unit_orgs
from bihuan.features.entry.cycle_text import templates_of
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as plans
from bihuan.features.planning.cells import ref_of
from bihuan.kernel.errors import Invalid
from bihuan.store.unit_of_work import Reader, UnitOfWork

router = APIRouter(prefix="/api/v1/cycles", tags=["entry"])


@router.get("", **requires("entry.read"))
def cycles_of(edge: Edge, model: str = "") -> list[wire.CycleOut]:
    """Cycles of models whose units one may read, newest first."""
    with edge.read() as reader:
        rows = [r for r in reader.rows("entry.cycles", model=model) if edge.actor.may("entry.read", model=r["model"])]
        return [_cycle(reader, edge.actor, row, from_json(row["template"])) for row in rows]


@router.get("/templates", **requires("entry.admin"))
def templates(edge: Edge, model: str) -> list[wire.TemplateOut]:
    """Templates of the applied package, and which are open already."""
    edge.actor.require("entry.admin", model=model)
    with edge.read() as reader:
        opened = {row["code"]: row["id"] for row in reader.rows("entry.cycles", model=model)}
        compiled = modelling.compiled(reader, model)
        return [
            wire.TemplateOut(
                code=t.code,
                title=t.title,
                fiscal_year=t.fiscal_year,
                version=t.version,
                rounds=[wire.RoundOut(code=r.code, due=r.due) for r in t.rounds],
                units=len(unit_orgs(compiled, t.units)),
                keys=[] if t.targets is None else list(t.targets.keys),
                flow=t.flow,
                forms=list(t.forms),
                opened=opened.get(t.code),
            )
            for t in templates_of(reader, model).values()
        ]


@router.post("", status_code=201, **requires("entry.admin"))
def open_cycle(edge: Edge, body: wire.CycleIn) -> wire.CycleOut:
    """Opens a cycle from its template: version, plan units, due dates."""
    with edge.write() as uow:
        made = cycles.open_cycle(uow, edge.actor, model=body.model, template=body.template)
        return _by_id(uow, edge.actor, made)


@router.get("/{cycle_id}", **requires("entry.read"))
def cycle(edge: Edge, cycle_id: int) -> wire.CycleOut:
    """One cycle."""
    with edge.read() as reader:
        return _by_id(reader, edge.actor, cycle_id)


@router.get("/{cycle_id}/units", **requires("entry.read"))
def cycle_units(edge: Edge, cycle_id: int) -> list[wire.CycleUnitOut]:
    """Its plan units: where each stands, who has it, due when."""
    with edge.read() as reader:
        return [wire.unit(u) for u in summary.units_of(reader, edge.actor, cycle_id)]


@router.post("/{cycle_id}/round", **requires("entry.admin"))
def next_round(edge: Edge, cycle_id: int, body: wire.Because) -> wire.CycleOut:
    """Goes on to the next round: the state so far gets a name, open units a new due date."""
    with edge.write() as uow:
        cycles.next_round(uow, edge.actor, cycle_id=cycle_id, reason=body.reason)
        return _by_id(uow, edge.actor, cycle_id)


@router.post("/{cycle_id}/close", **requires("entry.admin"))
def close(edge: Edge, cycle_id: int, body: wire.Because) -> wire.CycleOut:
    """Closes a cycle; says why."""
    with edge.write() as uow:
        cycles.close_cycle(uow, edge.actor, cycle_id=cycle_id, reason=body.reason)
        return _by_id(uow, edge.actor, cycle_id)


@router.post("/{cycle_id}/reopen", **requires("entry.admin"))
def reopen(edge: Edge, cycle_id: int, body: wire.Because) -> wire.CycleOut:
    """Opens a closed cycle again; says why."""
    with edge.write() as uow:
        cycles.reopen_cycle(uow, edge.actor, cycle_id=cycle_id, reason=body.reason)
        return _by_id(uow, edge.actor, cycle_id)


@router.get("/{cycle_id}/summary", **requires("entry.read"))
def cycle_summary(edge: Edge, cycle_id: int) -> wire.SummaryOut:
    """汇总: coverage; target, planned, submitted and earlier years by organisation and key item."""
    with edge.read() as reader:
        found = summary.summary(reader, edge.actor, cycle_id)
        return wire.summary(_by_id(reader, edge.actor, cycle_id), found)


# --- targets -----------------------------------------------------------------------------------------------------------


@router.get("/{cycle_id}/targets", **requires("entry.read"))
def cycle_targets(edge: Edge, cycle_id: int) -> wire.TargetsOut:
    """Targets with what is passed down, kept back, planned and compared."""
    with edge.read() as reader:
        sheet = target_view.sheet(reader, edge.actor, cycle_id)
        return wire.targets(_by_id(reader, edge.actor, cycle_id), sheet)


@router.post("/{cycle_id}/targets", responses={409: {"model": wire.TargetsSavedOut}}, **requires("entry.target"))
def set_targets(edge: Edge, cycle_id: int, body: wire.TargetsIn) -> wire.TargetsSavedOut:
    """Sets and passes down, all or nothing; 409 with the same body when nothing was saved."""
    with edge.write() as uow:
        answer = edge.once(uow, body.model_dump(), lambda: _set(uow, edge, cycle_id, body))
    return JSONResponse(answer, 409 if answer["outcome"] == "nothing" else 200)  # type: ignore[return-value]  # as declared


def _set(uow: UnitOfWork, edge: RequestEdge, cycle_id: int, body: wire.TargetsIn) -> dict[str, Any]:
    done = targets.set_targets(uow, edge.actor, cycle_id=cycle_id, edits=wire.edits_of(body), reason=body.reason)
    return wire.saved(done).model_dump()


@router.post("/{cycle_id}/targets/import", **requires("entry.target"))
def import_targets(edge: Edge, cycle_id: int, body: wire.ImportIn) -> wire.ImportOut:
    """Targets from a table; a dry run says what it would change. With problems nothing is written."""
    with edge.write() as uow:
        hand = targets.handing(uow, edge.actor, cycle_id)
        if not body.dry_run:
            planning.lock_heads(uow, [hand.version_id])
        book = targets.read_book(plans.replica_state(uow, hand.version_id), hand)
        mine = [
            o for o in hand.orgs if any(targets.may_set(edge.actor, hand, book, o, p) for p in ("target", "reserve"))
        ]
        keys = target_view.visible_keys(edge.actor, hand.model, hand.rules, hand.template.version)
        found = target_import.read_table(hand, book, body.text, orgs=mine, keys=keys, unit=Decimal(body.unit))
        allowed = [e for e in found.edits if targets.may_set(edge.actor, hand, book, e.org, e.part)]
        done = None
        if not body.dry_run and not found.problems and found.edits:
            reason = body.reason or "导入"
            done = targets.set_targets(uow, edge.actor, cycle_id=cycle_id, edits=found.edits, reason=reason)
    shown = found.edits if len(allowed) == len(found.edits) else allowed
    return wire.ImportOut(
        edits=[
            wire.TargetEditIn(org=e.org, key=e.key, part=e.part, before=_text(e.before), after=_text(e.after))
            for e in shown
        ],
        problems=[
            wire.ImportProblemOut(line=p.line, column=p.column, found=p.found, expected=p.expected, message=p.message)
            for p in (*found.problems, *_forbidden(len(found.edits) - len(allowed)))
        ],
        saved=None if done is None else wire.saved(done),
    )


def _forbidden(count: int) -> list[Any]:
    if not count:
        return []
    message = f"{count} 个目标不由您下达，没有导入"
    return [wire.ImportProblemOut(line=0, column=0, found="", expected="", message=message)]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


@router.post(
    "/{cycle_id}/targets/distribution", responses={409: {"model": wire.TargetsSavedOut}}, **requires("entry.target")
)
def distribute(edge: Edge, cycle_id: int, body: wire.DistributionIn) -> wire.TargetsSavedOut:
    """Passes an organisation's target down to those below it by a basis."""
    with edge.write() as uow:
        weights = target_view.weights(uow, edge.actor, cycle_id, body.basis)
        if not weights:
            raise Invalid(f"没有可用的分解依据“{body.basis}”。", basis=body.basis)
        done = targets.distribute(
            uow, edge.actor, cycle_id=cycle_id, org=body.org, weights=weights, keys=body.keys, reason=body.reason
        )
    answer = wire.saved(done).model_dump()
    return JSONResponse(answer, 409 if done.outcome == "nothing" else 200)  # type: ignore[return-value]  # as declared


@router.post("/{cycle_id}/targets/undo", **requires("entry.target"))
def undo_targets(edge: Edge, cycle_id: int, body: wire.TargetUndoIn) -> dict[str, int]:
    """Takes one handing down back."""
    with edge.write() as uow:
        seq = targets.undo_targets(uow, edge.actor, cycle_id=cycle_id, seq=body.seq, reason=body.reason)
    return {"seq": seq}


# --- as values ---------------------------------------------------------------------------------------------------------


def _by_id(reader: Reader, actor: Principal, cycle_id: int) -> wire.CycleOut:
    row, template = cycles.cycle_of(reader, actor, cycle_id)
    return _cycle(reader, actor, row, template)


def _cycle(reader: Reader, actor: Principal, row: RowMapping, template: Template) -> wire.CycleOut:
    model = modelling.compiled(reader, row["model"])
    rules = template.targets
    names = {} if rules is None else model.dimensions[rules.by].by_code
    keys = [] if rules is None else target_view.visible_keys(actor, model, rules, template.version)
    return wire.CycleOut(
        **{k: row[k] for k in ("id", "model", "code", "title", "version_id", "fiscal_year", "round", "status")},
        opened_by=row["opened_by_name"],
        opened_at=row["opened_at"],
        version=template.version,
        rounds=[wire.RoundOut(code=r.code, due=r.due) for r in template.rounds],
        flow=template.flow,
        forms=list(template.forms),
        item="" if rules is None else rules.item,
        reserve="" if rules is None else rules.reserve,
        measure="" if rules is None else rules.measure,
        favourable="" if rules is None else model.items[ref_of(rules.measure)].definition.favourable,
        by="" if rules is None else rules.by,
        keys=[] if rules is None else [wire.KeyOut(code=k, name=names[k].name) for k in keys],
        rule="" if rules is None else rules.rule,
        tolerance="" if rules is None else rules.tolerance,
        step="" if rules is None else rules.step,
        compare=[wire.TargetColumnOut(title=c.title, version=c.version, year=c.year) for c in template.compare],
        may_admin=actor.may("entry.admin", model=row["model"]),
    )
