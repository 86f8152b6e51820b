"""What changes a forecast: a run with switchover, its undo, and putting a baseline back.

A run writes one change set: up to the switchover what really happened, after it the baseline, except where a person has
edited; those cells keep the edit, and the new baseline stands beside them.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from bihuan.engine.panel import pack
from bihuan.features.access.commands import record
from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import Principal
from bihuan.features.forecast import people, queries
from bihuan.features.forecast.backtest import scores_of
from bihuan.features.forecast.computing import Computed, ItemForecast, compute
from bihuan.features.forecast.model import SOURCE, Definition, NotTheLastRun, Run, RunUnderWay
from bihuan.features.forecast.people import CellKey
from bihuan.features.forecast.text import definition
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import cells, manifests, versions
from bihuan.features.planning import commands as planning
from bihuan.features.planning.model import CellEdit, SaveResult, UnknownVersion, Version
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.features.planning.writing import locked_state
from bihuan.kernel.errors import Forbidden, Invalid
from bihuan.kernel.state import State
from bihuan.store.jobs import enqueue
from bihuan.store.unit_of_work import UnitOfWork

JOB = "forecast.run"
INLINE_MAX = 1500  # series, a second or two; more are forecast by the job process


def request_run(uow: UnitOfWork, actor: Principal, *, model: str, code: str) -> Run:
    """Runs a forecast: at once when it is small, else as a job of the same name; the answer says which."""
    run_id = begin_run(uow, actor, model=model, code=code)
    said, found = definition(uow, model, code), modelling.find(uow, model)
    if queries.size(uow, found.id, said) <= INLINE_MAX:
        return publish(uow, actor, run_id=run_id, computed=compute(uow, found.id, said))
    enqueue(uow, JOB, {"run": run_id, "login": actor.login}, lock=f"{JOB} {model} {code}")
    return queries.run_by_id(uow, run_id)


def begin_run(uow: UnitOfWork, actor: Principal, *, model: str, code: str) -> int:
    """Notes that a run has begun; whoever begins it computes and publishes it. Raises `RunUnderWay`."""
    require_run(actor, model)
    definition(uow, model, code)
    found = modelling.find(uow, model)
    run_id = uow.value("forecast.insert_run", model=found.id, code=code, author=actor.user_id, at=uow.now())
    if run_id is None:
        raise RunUnderWay(forecast=code)
    return int(run_id)


def require_run(actor: Principal, model: str) -> None:
    """A run writes everywhere: the right to it must not be limited to a part of the model."""
    actor.require("forecast.run", model=model)
    if not actor.scope("forecast.run", model).is_everything:
        raise Forbidden("预测按整个模型运算，您的权限只到其中一部分", action="forecast.run", model=model)


def publish(uow: UnitOfWork, actor: Principal, *, run_id: int, computed: Computed) -> Run:
    """Writes a computed run into the forecast version, as one change set."""
    run, said = queries.run_by_id(uow, run_id), computed.definition
    model = modelling.find(uow, run.model_id)
    require_run(actor, model.code)
    version = _version(uow, actor, run, said, computed.span.year)
    state = locked_state(uow, version.id)
    before = queries.last_done(uow, run.model_id, said.code)
    if before is not None and before.version_id != version.id:
        before = None  # another year's version
    widths = {cells.code_of(ref): len(state.model.items[ref].dims) for ref in said.items}
    kept = people.edited(uow, before, version.id, widths)
    edits, counts = _edits(state, computed, kept)
    switchover = state.model.calendar.codes[computed.span.switchover]
    name = _snapshot(uow, actor, version, before, switchover)
    seq = state.seq
    if edits:
        reason = f"{said.title}：实际到 {switchover}，预测 {computed.periods[0]} 至 {computed.periods[-1]}"
        seq = planning.append(uow, actor, version_id=version.id, edits=edits, source=SOURCE, reason=reason)
    planning.set_switchover(
        uow, actor, version_id=version.id, items=said.items, through=switchover, why=_why_actual(switchover)
    )
    _keep_series(uow, run_id, computed, kept)
    summary = _summary(computed, kept, counts)
    uow.run(
        "forecast.finish",
        id=run_id,
        version=version.id,
        seq=seq,
        revision=state.revision,
        actual_seq=computed.actual_seq,
        switchover=switchover,
        periods=json.dumps(list(computed.periods)),
        snapshot=name,
        summary=json.dumps(summary, ensure_ascii=False),
        at=uow.now(),
    )
    what = {"run": run_id, "seq": seq, "switchover": switchover, "kept": summary["kept"]}
    record(uow, actor, "forecast.run", ("version", version.id), after=what)
    announce(uow, Event("forecast.done", "forecast.read", model.code, data={"run": run_id, "code": said.code}))
    return queries.run_by_id(uow, run_id)


def _why_actual(through: str) -> str:
    """What the person reads who cannot edit."""
    return f"{through} 及以前是实际数，不能改；要改预测请填后面的月份"


def _version(uow: UnitOfWork, actor: Principal, run: Run, said: Definition, year: int) -> Version:
    """The version to write; made, and meant by its role, when it is not there."""
    code = said.named(said.version, year)
    try:
        found = versions.by_name(uow, run.model_id, code)
    except UnknownVersion:
        found = None
    if found is None or found.code != code:
        revision = modelling.find(uow, run.model_id).revision
        name = said.named(said.version_name, year)
        return manifests.start_version(
            uow, actor, model_id=run.model_id, code=code, name=name, role=said.role, revision=revision, bound=True
        )
    if found.role != said.role:
        raise Invalid(f"版本 {code} 的角色是 {found.role}，不是 {said.role}", version=code)
    return found


def _snapshot(uow: UnitOfWork, actor: Principal, version: Version, before: Run | None, switchover: str) -> str | None:
    """Names the state before actuals take over further periods: the forecast that was there stays readable."""
    if before is None or before.switchover == switchover:
        return None
    name = f"{before.switchover} 切换时的预测（运算 {before.id}）"
    if uow.row("planning.manifest_named", version=version.id, name=name) is not None:
        return name
    planning.snapshot(uow, actor, version_id=version.id, name=name, kind="snapshot")
    return name


# --- what is written ---------------------------------------------------------------------------------------------------


def _edits(state: PlanState, computed: Computed, kept: dict[CellKey, int]) -> tuple[list[CellEdit], dict[str, int]]:
    """The cells that change, and how many are actuals, forecast, or filled by a formula that takes no entry."""
    counts = {"actual": 0, "forecast": 0, "formula": 0}
    edits: list[CellEdit] = []
    for each in computed.items:
        edits += _item_edits(state, computed, each, kept, counts)
    return edits, counts


def _item_edits(
    state: PlanState, computed: Computed, each: ItemForecast, kept: dict[CellKey, int], counts: dict[str, int]
) -> list[CellEdit]:
    item, span, keys = each.gathered.item, computed.span, each.gathered.keys
    code, calendar = cells.code_of(item.ref), state.model.calendar
    columns = np.arange(span.first, span.last + 1)
    wanted = np.concatenate([each.gathered.values[:, span.first :], each.values], axis=1)
    entered = state.sheet.inputs.get(item.ref)
    if entered is not None and len(keys):
        values, states, _ = entered.gather(pack(keys, entered.sizes))
        now = np.where(states == State.VALUE, values, np.nan)[:, span.first : span.last + 1]
    else:
        now = np.full_like(wanted, np.nan)
    row, place = np.nonzero(~((wanted == now) | (np.isnan(wanted) & np.isnan(now))))
    if len(row) and not item.is_input:
        free = state.sheet.enterable(item.ref, keys[row], columns[place].astype(np.intp))
        counts["formula"] += int((~free).sum())
        row, place = row[free], place[free]
    codes = [{m.id: m.code for m in state.model.dimensions[d].members} for d in item.dims]
    out = []
    for i, j in zip(row, place, strict=True):
        column = int(columns[j])
        period = calendar.codes[column]
        if column > span.switchover and (code, tuple(int(m) for m in keys[i]), period) in kept:
            continue
        members = {d: names[int(m)] for d, names, m in zip(item.dims, codes, keys[i], strict=True)}
        counts["actual" if column <= span.switchover else "forecast"] += 1
        out.append(CellEdit(item.ref, members, period, _amount(item, now[i, j]), _amount(item, wanted[i, j])))
    return out


def _amount(item: Any, value: float) -> Decimal | None:
    return None if np.isnan(value) else cells.shown(item, float(value), State.VALUE)


def _keep_series(uow: UnitOfWork, run_id: int, computed: Computed, kept: dict[CellKey, int]) -> None:
    rows = []
    for each in computed.items:
        item, result = each.gathered.item, each.result
        code, unit = cells.code_of(item.ref), 10.0 ** -(item.scale or 0)
        for i, key in enumerate(each.gathered.keys):
            members = tuple(int(m) for m in key)
            said = [_amount(item, v) for v in each.values[i]]
            edits = {p: kept[code, members, p] for p in computed.periods if (code, members, p) in kept}
            scores = {name: _sums(sums[i], unit) for name, sums in result.test.sums.items()}
            errors = [None if np.isnan(e) else round(float(e) * unit, 6) for e in result.errors[i]]
            choice = result.choices[i]
            rows.append(
                {
                    "run": run_id,
                    "item": code,
                    "members": list(members),
                    "kind": choice.kind,
                    "method": choice.method,
                    "basis": choice.basis,
                    "history": int((~np.isnan(each.gathered.values[i])).sum()),
                    "baseline": json.dumps(dict(zip(computed.periods, map(cells.text, said), strict=True))),
                    "kept": json.dumps(edits),
                    "errors": json.dumps(errors),
                    "scores": json.dumps(scores),
                }
            )
    uow.run_many("forecast.insert_series", rows)


def _sums(sums: np.ndarray, unit: float) -> list[float]:
    """Amounts (the first two columns) in the item's unit."""
    return [round(float(v) * (unit if k < 2 else 1), 6) for k, v in enumerate(sums)]


def _summary(computed: Computed, kept: dict[CellKey, int], counts: dict[str, int]) -> dict[str, Any]:
    """Counts, kept edits, and per item the backtest of every method and how many series each forecasts."""
    ahead = set(computed.periods)
    items = []
    for each in computed.items:
        test, used = each.result.test, [c.method for c in each.result.choices]
        scores = {name: scores_of(sums) for name, sums in test.sums.items()}
        items.append(
            {
                "item": cells.code_of(each.gathered.item.ref),
                "series": len(used),
                "silent": used.count(""),
                "origins": len(test.origins),
                "horizon": test.horizon,
                "methods": {n: {"wape": s.wape, "mase": s.mase, "smape": s.smape} for n, s in scores.items()},
                "used": {n: used.count(n) for n in sorted(set(used) - {""})},
            }
        )
    return {**counts, "kept": sum(1 for _, _, p in kept if p in ahead), "items": items}


# --- taking back -------------------------------------------------------------------------------------------------------


def undo_run(uow: UnitOfWork, actor: Principal, *, run_id: int, reason: str = "") -> Run:
    """Takes the newest run back: its change set is undone and actuals reach as far as before it; refused when a cell it
    wrote was edited since."""
    run = queries.run_by_id(uow, run_id)
    model = modelling.find(uow, run.model_id)
    require_run(actor, model.code)
    last = queries.last_done(uow, run.model_id, run.code)
    if last is None or last.id != run.id:
        raise NotTheLastRun(run=run_id)
    assert run.version_id is not None, "a run that is done names its version"
    assert run.seq is not None, "and the seq after it"
    said = definition(uow, model.code, run.code)
    planning.lock_heads(uow, [run.version_id])
    if uow.value("forecast.undone", id=run_id) is None:
        raise NotTheLastRun(run=run_id)
    before = queries.last_done(uow, run.model_id, run.code)
    through = before.switchover if before is not None and before.version_id == run.version_id else None
    why = _why_actual(through or "")
    wrote = run.summary or {}
    if wrote.get("actual") or wrote.get("forecast"):  # a run that found nothing to change took no seq
        reason = reason or f"撤销预测运算 {run_id}"
        own = frozenset(said.items)
        planning.take_back(uow, actor, version_id=run.version_id, seq=run.seq, items=own, source=SOURCE, reason=reason)
    planning.set_switchover(uow, actor, version_id=run.version_id, items=said.items, through=through, why=why)
    record(uow, actor, "forecast.undo", ("version", run.version_id), before={"run": run_id}, reason=reason)
    return queries.run_by_id(uow, run_id)


def restore_baseline(
    uow: UnitOfWork,
    actor: Principal,
    *,
    model: str,
    code: str,
    item: str,
    members: dict[str, str],
    periods: Sequence[str],
) -> SaveResult:
    """Puts the baseline back where people have edited: the leaf cells under ``members`` in these periods."""
    actor.require("plan.write", model=model)
    found, said = modelling.find(uow, model), definition(uow, model, code)
    last = queries.require_last_done(uow, found.id, said.code)
    assert last.version_id is not None, "a run that is done names its version"
    state = replica_of(uow).pin(uow, last.version_id)
    edits = []
    for place, period, now, baseline in queries.edited_cells(uow, actor, state, last, item=item, members=members):
        if period in periods:
            edits.append(CellEdit(cells.ref_of(item), place, period, now, baseline))
    if not edits:
        return SaveResult("nothing", state.seq, 0, ())
    return planning.save(
        uow, actor, version_id=last.version_id, edits=edits, base_seq=state.seq, source=SOURCE, reason="恢复基线预测"
    )
