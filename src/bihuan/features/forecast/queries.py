"""Reads of forecasts: the texts with where they stand, runs, the cells that people have edited."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.panel import pack
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.forecast import people
from bihuan.features.forecast.gather import chosen_rows, span_of
from bihuan.features.forecast.model import Definition, NoSuchRun, NothingToForecast, Run
from bihuan.features.forecast.places import node_weights
from bihuan.features.forecast.text import definitions
from bihuan.features.modelling import queries as modelling
from bihuan.features.modelling.model import Model
from bihuan.features.planning import cells, scoped, versions
from bihuan.features.planning.model import UnknownVersion
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class Standing:
    """A forecast with its last run that stands, the newest one, how far a run today would show actuals, and what the asker may."""

    definition: Definition
    year: int
    version: str
    version_id: int | None
    budget: str
    last: Run | None
    newest: Run | None
    next_switchover: str | None
    why_not: str
    stale: bool
    may_run: bool


def run_by_id(reader: Reader, run_id: int) -> Run:
    """A run; raises `NoSuchRun`."""
    row = reader.row("forecast.run", id=run_id)
    if row is None:
        raise NoSuchRun(run=run_id)
    return Run(**row)


def run(reader: Reader, actor: Principal, run_id: int) -> Run:
    """A run of a model whose forecasts the actor may see."""
    actor.require("forecast.read")
    found = run_by_id(reader, run_id)
    if not actor.may("forecast.read", model=modelling.find(reader, found.model_id).code):
        raise NoSuchRun(run=run_id)
    return found


def last_done(reader: Reader, model_id: int, code: str) -> Run | None:
    """The newest run that stands."""
    row = reader.row("forecast.last_done", model=model_id, code=code)
    return None if row is None else Run(**row)


def require_last_done(reader: Reader, model_id: int, code: str) -> Run:
    """As `last_done`; raises `NoSuchRun` while there is none."""
    found = last_done(reader, model_id, code)
    if found is None:
        raise NoSuchRun("这个预测还没有运行过", forecast=code)
    return found


def size(reader: Reader, model_id: int, said: Definition) -> int:
    """About how many series a run has."""
    actual = replica_of(reader).pin(reader, versions.by_name(reader, model_id, said.actual).id)
    total = 0
    for ref in said.items:
        panel = actual.sheet.leaves(ref)
        held = (panel.states == State.VALUE).any(axis=1)
        total += int((chosen_rows(actual.model, said, actual.model.items[ref], panel) & held).sum())
    return total


def standings(reader: Reader, actor: Principal, model: str) -> list[Standing]:
    """Every forecast of a model, in order of its file."""
    actor.require("forecast.read", model=model)
    found = modelling.get(reader, actor, model)
    today = business_date(reader)
    return [_standing(reader, actor, found, said, today) for said in definitions(reader, found.id)]


def _standing(reader: Reader, actor: Principal, model: Model, said: Definition, today: date) -> Standing:
    model_id = model.id
    runs = actor.scope("forecast.run", model.code).is_everything
    last = last_done(reader, model_id, said.code)
    row = reader.row("forecast.newest", model=model_id, code=said.code)
    compiled = modelling.compiled(reader, model_id)
    switchover, why, year, head = None, "", today.year, None
    try:
        version = versions.by_name(reader, model_id, said.actual)
        head = version.seq
        span = span_of(compiled.calendar, said, replica_of(reader).pin(reader, version.id), today)
        switchover, year = compiled.calendar.codes[span.switchover], span.year
    except (NothingToForecast, UnknownVersion) as error:
        why = str(error)
    code = said.named(said.version, year)
    return Standing(
        definition=said,
        year=year,
        version=code,
        version_id=_id_of(reader, model_id, code),
        budget=said.named(said.budget, year),
        last=last,
        newest=None if row is None else Run(**row),
        next_switchover=switchover,
        why_not=why,
        stale=last is not None and (last.switchover != switchover or last.actual_seq != head),
        may_run=runs,
    )


def _id_of(reader: Reader, model_id: int, code: str) -> int | None:
    try:
        found = versions.by_name(reader, model_id, code)
    except UnknownVersion:
        return None
    return found.id if found.code == code else None


# --- edits of people ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EditedCell:
    """A forecast cell that a person has changed: ids and codes of its leaf members, both values, the change set."""

    ids: tuple[int, ...]
    members: Mapping[str, str]
    period: str
    value: Decimal | None
    baseline: Decimal | None
    seq: int


def edits_of(reader: Reader, actor: Principal, state: PlanState, last: Run, item: str) -> list[EditedCell]:
    """The edited cells of an item that the actor may see, whose value is not the baseline's."""
    ref = cells.ref_of(item)
    found = state.model.item(ref.cube, ref.item)
    keys = people.edited(reader, last, state.version_id, {item: len(found.dims)})
    ahead = set(last.periods or ())
    wanted = [(members, period, seq) for (_, members, period), seq in keys.items() if period in ahead]
    if not wanted:
        return []
    ids = np.array([m for m, _, _ in wanted], np.int32).reshape(len(wanted), len(found.dims))
    scope = scoped.scope_of(state.model, versions.known(reader, state.version_id).code, actor, ref)
    baseline = baselines(reader, last, item)
    panel = state.sheet.leaves(ref)
    values, states, _ = panel.gather(pack(ids, panel.sizes))
    codes = [{m.id: m.code for m in state.model.dimensions[d].members} for d in found.dims]
    out = []
    for k, seen in enumerate(scope.rows(found.dims, ids)):
        members, period, seq = wanted[k]
        column = state.model.calendar.codes.index(period)
        value = cells.shown(found, float(values[k, column]), int(states[k, column]))
        said = baseline.get(members, {}).get(period)
        if seen and value != said:
            place = {d: names[m] for d, names, m in zip(found.dims, codes, members, strict=True)}
            out.append(EditedCell(members, place, period, value, said, seq))
    return out


def baselines(reader: Reader, last: Run, item: str) -> dict[tuple[int, ...], dict[str, Decimal | None]]:
    """Leaf member ids -> period -> what the run said."""
    return {
        tuple(row["members"]): {p: None if v is None else Decimal(v) for p, v in row["baseline"].items()}
        for row in reader.rows("forecast.series", run=last.id, item=item)
    }


def edited_cells(
    reader: Reader, actor: Principal, state: PlanState, last: Run, *, item: str, members: Mapping[str, str]
) -> Iterator[tuple[Mapping[str, str], str, Decimal | None, Decimal | None]]:
    """(members, period, value, baseline) of the edited cells under a place."""
    weights = node_weights(state.model, cells.ref_of(item), members)
    for each in edits_of(reader, actor, state, last, item):
        if all(w[i] for w, i in zip(weights, each.ids, strict=True)):
            yield each.members, each.period, each.value, each.baseline


@dataclass(frozen=True, slots=True)
class Author:
    """Who made a change set, when and why."""

    name: str
    at: datetime
    reason: str


def authors(reader: Reader, version_id: int, seqs: Sequence[int]) -> dict[int, Author]:
    """The authors of some change sets of a version."""
    rows = reader.rows("forecast.change_sets", version=version_id, seqs=sorted(set(seqs)))
    return {row["seq"]: Author(row["author"], row["at"], row["reason"]) for row in rows}


def item_names(reader: Reader, model: str) -> dict[str, str]:
    """cube!item -> the item's name."""
    compiled: CompiledModel = modelling.compiled(reader, model)
    return {cells.code_of(ref): item.definition.name for ref, item in compiled.items.items()}
