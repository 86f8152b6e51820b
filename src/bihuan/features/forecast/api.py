"""Routes of forecasts."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bihuan.features.access.http import Edge, requires
from bihuan.features.forecast import commands, outlook, queries, tested, years
from bihuan.features.forecast.backtest import Scores
from bihuan.features.forecast.methods import NAMES
from bihuan.features.forecast.model import Run
from bihuan.features.planning import cells

router = APIRouter(prefix="/api/v1/forecasts", tags=["forecast"])
Code = Annotated[str, Field(min_length=1, max_length=200)]
Members = dict[Code, Code]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ForecastRunOut(BaseModel):
    """``step``, ``done`` of ``total`` while it goes on; ``kept`` edits of people that it left alone."""

    id: int
    code: str
    state: str
    step: str
    done: int
    total: int
    version: int | None
    seq: int | None
    switchover: str | None
    periods: list[str]
    snapshot: str | None
    series: int
    silent: int
    kept: int
    problem: str | None
    author: str
    at: datetime
    ended_at: datetime | None


class ForecastOut(BaseModel):
    """A forecast of the package and where it stands; ``next_switchover`` is how far a run today would show actuals."""

    code: str
    title: str
    items: list[str]
    item_names: list[str]
    version: str
    version_id: int | None
    budget: str
    year: int
    method: str
    method_name: str
    last: ForecastRunOut | None
    newest: ForecastRunOut | None
    next_switchover: str | None
    why_not: str
    stale: bool
    may_run: bool


class ForecastRunIn(_In):
    """Which model's forecast."""

    model: Code


class UndoRunIn(_In):
    """Why."""

    reason: Annotated[str, Field(max_length=2_000)] = ""


class OutlookPlaceIn(_In):
    """An item at a node; dimensions not named stand at their top."""

    model: Code
    item: Code
    members: Members = {}


class OutlookIn(OutlookPlaceIn):
    """``along``: the dimension of the rows, from the member named there down ``depth`` levels."""

    along: Code
    depth: Annotated[int, Field(ge=0, le=20)] | None = None


class BaselineIn(OutlookPlaceIn):
    """Which periods get their baseline back."""

    periods: Annotated[list[Code], Field(min_length=1, max_length=60)]


class BaselineOut(BaseModel):
    """How many cells got their baseline back; ``seq`` of the version afterwards."""

    seq: int
    restored: int


class OutlookEditOut(BaseModel):
    """Edits of people in a cell."""

    count: int
    author: str | None
    at: datetime | None
    reason: str | None


class OutlookMonthOut(BaseModel):
    """Amounts as decimal strings, null = blank."""

    value: str | None
    budget: str | None
    last_year: str | None
    baseline: str | None
    edit: OutlookEditOut | None


class OutlookMethodOut(BaseModel):
    """By which method so many series are forecast; ``kind`` of series and ``basis`` of the choice."""

    method: str
    name: str
    kind: str
    basis: str
    series: int


class OutlookRowOut(BaseModel):
    """A node's year."""

    node: str
    name: str
    level: int
    parent: str | None
    leaf: bool
    months: list[OutlookMonthOut]
    to_date: str | None
    rest: str | None
    year: str | None
    budget: str | None
    last_year: str | None
    difference: str | None
    rate: str | None
    band: str | None
    methods: list[OutlookMethodOut]
    partial: bool
    editable: bool


class OutlookPeriodOut(BaseModel):
    """A period of the year; ``actual`` = up to the switchover."""

    code: str
    actual: bool


class OutlookDimOut(BaseModel):
    """A dimension of the item and the member that the rows stand at or under."""

    code: str
    name: str
    member: str
    member_name: str


class OutlookOut(BaseModel):
    """``favourable``: which sign of a difference is good (more, less, none)."""

    version: int
    seq: int
    item: str
    item_name: str
    unit: str
    decimals: int
    favourable: str
    dims: list[OutlookDimOut]
    along: str
    budget: str
    year: int
    switchover: str
    band_level: float
    periods: list[OutlookPeriodOut]
    rows: list[OutlookRowOut]


class BacktestScoresOut(BaseModel):
    """WAPE, MASE, sMAPE as fractions; null where nothing was compared."""

    wape: float | None
    mase: float | None
    smape: float | None
    points: int


class BacktestMethodOut(BaseModel):
    """A method's backtest."""

    method: str
    name: str
    scores: BacktestScoresOut
    used: int


class BacktestOut(BaseModel):
    """``chosen`` series by series against ``naive``, last year's period, on the same points."""

    origins: int
    horizon: int
    series: int
    silent: int
    chosen: BacktestScoresOut
    naive: BacktestScoresOut
    methods: list[BacktestMethodOut]


@router.get("", **requires("forecast.read"))
def forecasts(edge: Edge, model: str) -> list[ForecastOut]:
    """The forecasts of a model's package and where they stand."""
    with edge.read() as reader:
        names = queries.item_names(reader, model)
        return [_standing_out(s, names) for s in queries.standings(reader, edge.actor, model)]


@router.post("/{code}/runs", **requires("forecast.run"))
def run(edge: Edge, code: str, body: ForecastRunIn) -> ForecastRunOut:
    """Creates or refreshes the forecast version; a large one is done by the job process (state queued)."""
    with edge.write() as uow:
        made: ForecastRunOut = edge.once(
            uow, body, lambda: run_out(commands.request_run(uow, edge.actor, model=body.model, code=code))
        )
        return made


@router.get("/runs/{run_id}", **requires("forecast.read"))
def run_state(edge: Edge, run_id: int) -> ForecastRunOut:
    """How far a run has come."""
    with edge.read() as reader:
        return run_out(queries.run(reader, edge.actor, run_id))


@router.post("/runs/{run_id}/undo", **requires("forecast.run"))
def undo(edge: Edge, run_id: int, body: UndoRunIn) -> ForecastRunOut:
    """Takes the newest run back."""
    with edge.write() as uow:
        return run_out(commands.undo_run(uow, edge.actor, run_id=run_id, reason=body.reason))


@router.post("/{code}/outlook", **requires("forecast.read"))
def full_year(edge: Edge, code: str, body: OutlookIn) -> OutlookOut:
    """The year's outlook beside the budget and last year, one row per node."""
    with edge.read() as reader:
        return outlook_out(outlook.outlook(reader, edge.actor, code=code, **body.model_dump()))


@router.post("/{code}/backtest", **requires("forecast.read"))
def backtest(edge: Edge, code: str, body: OutlookPlaceIn) -> BacktestOut:
    """How the methods did on months that are known."""
    with edge.read() as reader:
        found = tested.tested(reader, edge.actor, code=code, **body.model_dump())
    return BacktestOut(
        origins=found.origins,
        horizon=found.horizon,
        series=found.series,
        silent=found.silent,
        chosen=_scores(found.chosen),
        naive=_scores(found.naive),
        methods=[
            BacktestMethodOut(method=m.method, name=m.name, scores=_scores(m.scores), used=m.used)
            for m in found.methods
        ],
    )


@router.post("/{code}/baseline", **requires("plan.write"))
def baseline(edge: Edge, code: str, body: BaselineIn) -> BaselineOut:
    """Puts the baseline back where people have edited."""
    with edge.write() as uow:
        done = commands.restore_baseline(uow, edge.actor, code=code, **body.model_dump())
    return BaselineOut(seq=done.seq, restored=done.saved)


def run_out(run: Run) -> ForecastRunOut:
    """A run as the API shows it."""
    summary = run.summary or {}
    items = summary.get("items", [])
    return ForecastRunOut(
        id=run.id,
        code=run.code,
        state=run.state,
        step=run.step,
        done=run.done,
        total=run.total,
        version=run.version_id,
        seq=run.seq,
        switchover=run.switchover,
        periods=list(run.periods or ()),
        snapshot=run.snapshot,
        series=sum(i["series"] for i in items),
        silent=sum(i["silent"] for i in items),
        kept=summary.get("kept", 0),
        problem=run.problem,
        author=run.author_name,
        at=run.at,
        ended_at=run.ended_at,
    )


def _standing_out(found: queries.Standing, names: Mapping[str, str]) -> ForecastOut:
    said = found.definition
    codes = [cells.code_of(ref) for ref in said.items]
    return ForecastOut(
        code=said.code,
        title=said.title,
        items=codes,
        item_names=[names.get(code, code) for code in codes],
        version=found.version,
        version_id=found.version_id,
        budget=found.budget,
        year=found.year,
        method=said.method,
        method_name=NAMES.get(said.method, "按回测选择"),
        last=None if found.last is None else run_out(found.last),
        newest=None if found.newest is None else run_out(found.newest),
        next_switchover=found.next_switchover,
        why_not=found.why_not,
        stale=found.stale,
        may_run=found.may_run,
    )


def outlook_out(found: years.Outlook) -> OutlookOut:
    """An outlook as the API shows it."""
    said = found.item.definition
    decimals = said.decimals if said.decimals is not None else found.item.scale
    return OutlookOut(
        version=found.version_id,
        seq=found.seq,
        item=cells.code_of(found.item.ref),
        item_name=said.name,
        unit=said.unit,
        decimals=2 if decimals is None else decimals,
        favourable=said.favourable or "none",
        dims=[OutlookDimOut(code=d, name=n, member=m, member_name=s) for d, n, m, s in found.dims],
        along=found.along,
        budget=found.budget,
        year=found.year,
        switchover=found.run.switchover or "",
        band_level=found.definition.band,
        periods=[OutlookPeriodOut(code=code, actual=actual) for code, actual in found.periods],
        rows=[_row(row) for row in found.rows],
    )


def _row(row: years.Row) -> OutlookRowOut:
    return OutlookRowOut(
        node=row.place.member.code,
        name=row.place.member.name,
        level=row.place.level,
        parent=row.place.parent,
        leaf=row.place.leaf,
        months=[_month(m) for m in row.months],
        to_date=_text(row.to_date),
        rest=_text(row.rest),
        year=_text(row.year),
        budget=_text(row.budget),
        last_year=_text(row.last_year),
        difference=_text(row.difference),
        rate=None if row.rate is None else f"{row.rate:.6f}",
        band=_text(row.band),
        methods=[
            OutlookMethodOut(method=m.method, name=NAMES.get(m.method, ""), kind=m.kind, basis=m.basis, series=m.series)
            for m in row.methods
        ],
        partial=row.partial,
        editable=row.editable,
    )


def _month(month: years.Month) -> OutlookMonthOut:
    by = month.edit.author if month.edit else None
    return OutlookMonthOut(
        value=_text(month.value),
        budget=_text(month.budget),
        last_year=_text(month.last_year),
        baseline=_text(month.baseline),
        edit=None
        if month.edit is None
        else OutlookEditOut(
            count=month.edit.count,
            author=by.name if by else None,
            at=by.at if by else None,
            reason=by.reason if by else None,
        ),
    )


def _scores(found: Scores) -> BacktestScoresOut:
    return BacktestScoresOut(wape=found.wape, mase=found.mase, smape=found.smape, points=found.points)


def _text(amount: Decimal | None) -> str | None:
    return cells.text(amount)
