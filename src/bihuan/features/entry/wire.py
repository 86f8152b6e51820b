"""What entry says over HTTP about cycles, targets and their summary. Amounts are decimal strings; blank is null, never 0."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from bihuan.features.entry.summary import Summary
from bihuan.features.entry.target_rules import TargetEdit
from bihuan.features.entry.target_view import OrgRow, Seen, TargetSheet, UnitTarget
from bihuan.features.entry.targets import TargetsSaved
from bihuan.features.planning.cells import text
from bihuan.kernel.scaled import read_decimal

Amount = Annotated[str, Field(max_length=40, examples=["1234.50"])]


class CycleIn(BaseModel):
    model: str
    template: str


class Because(BaseModel):
    reason: str = ""


class DueIn(BaseModel):
    due_at: date
    reason: str = ""


class RoundOut(BaseModel):
    code: str
    due: str


class TemplateOut(BaseModel):
    """A template of the applied package; ``opened``: the cycle it was opened as."""

    code: str
    title: str
    fiscal_year: int
    version: str
    rounds: list[RoundOut]
    units: int
    keys: list[str]
    flow: str
    forms: list[str]
    opened: int | None


class TargetColumnOut(BaseModel):
    """A comparison column."""

    title: str
    version: str
    year: int


class KeyOut(BaseModel):
    code: str
    name: str


class CycleOut(BaseModel):
    """``keys`` empty: the cycle has no targets. ``rule``: 强制 refuses, 提示 warns. ``favourable``: more, less or ""."""

    id: int
    model: str
    code: str
    title: str
    version_id: int
    version: str
    fiscal_year: int
    round: str
    rounds: list[RoundOut]
    status: Literal["open", "closed"]
    opened_by: str
    opened_at: datetime
    flow: str
    forms: list[str]
    item: str
    reserve: str
    measure: str
    favourable: str
    by: str
    keys: list[KeyOut]
    rule: str
    tolerance: str
    step: str
    compare: list[TargetColumnOut]
    may_admin: bool


class CycleUnitOut(BaseModel):
    """A plan unit as it stands; ``days_left`` below 0: late."""

    id: int
    version_id: int
    org: str
    org_name: str
    model: str
    status: str
    state: str
    state_name: str
    submissions: int
    holder: str
    holder_name: str
    held_since: datetime
    cycle_id: int | None
    cycle: str
    round: str
    due_at: date | None
    days_left: int | None
    overdue: bool
    forms: list[str]
    flow: str


class SeenOut(BaseModel):
    """``v`` null: blank. ``p``: part of it only (部分). ``h``: hidden."""

    v: str | None
    p: bool
    h: bool


class OrgOut(BaseModel):
    """``may_set``: the reader decides what it receives; ``may_keep``: its reserve and what it passes down."""

    code: str
    name: str
    parent: str | None
    level: int
    leaf: bool
    may_set: bool
    may_keep: bool


class TargetRowOut(BaseModel):
    org: str
    key: str
    target: SeenOut
    passed: str | None
    reserve: str | None
    room: str | None
    current: SeenOut
    compare: list[SeenOut]


class TargetsOut(BaseModel):
    cycle: CycleOut
    seq: int
    orgs: list[OrgOut]
    rows: list[TargetRowOut]


class TargetEditIn(BaseModel):
    """``before``: what was seen there; null = blank."""

    org: str
    key: str
    part: Literal["target", "reserve"] = "target"
    before: Amount | None = None
    after: Amount | None = None


class TargetsIn(BaseModel):
    edits: list[TargetEditIn] = Field(max_length=20_000)
    reason: str = ""


class ImportIn(BaseModel):
    """``text``: CSV or tab-separated, with a header; ``unit`` 10000: the amounts are 万元. ``dry_run``: says what it would do."""

    text: str = Field(max_length=4_000_000)
    unit: Literal[1, 1000, 10000] = 1
    dry_run: bool = False
    reason: str = ""


class DistributionIn(BaseModel):
    """``basis``: even, current, or the title of a comparison column. ``keys`` empty: all."""

    org: str
    basis: str
    keys: list[str] = []
    reason: str = ""


class TargetUndoIn(BaseModel):
    seq: int
    reason: str = ""


class TargetResultOut(BaseModel):
    index: int
    status: str
    code: str
    message: str
    now: str | None


class TargetsSavedOut(BaseModel):
    """``cells`` names only what was not saved; nothing was, then."""

    outcome: Literal["saved", "nothing"]
    seq: int
    saved: int
    cells: list[TargetResultOut]
    warnings: list[str]


class ImportProblemOut(BaseModel):
    line: int
    column: int
    found: str
    expected: str
    message: str


class ImportOut(BaseModel):
    """``saved`` null: nothing was written, because of ``problems`` or because it was a dry run."""

    edits: list[TargetEditIn]
    problems: list[ImportProblemOut]
    saved: TargetsSavedOut | None


class UnitTargetOut(BaseModel):
    """``room`` = target - current, null without a target."""

    item: str
    key: str
    name: str
    target: str | None
    current: str | None
    room: str | None
    partial: bool


class SummaryRowOut(BaseModel):
    org: str
    key: str
    target: SeenOut
    current: SeenOut
    submitted: str | None
    compare: list[SeenOut]


class SummaryOut(BaseModel):
    """``releasable``: organisation -> how many approved units lie in it."""

    cycle: CycleOut
    total: int
    submitted: int
    overdue: int
    by_state: dict[str, int]
    units: list[CycleUnitOut]
    orgs: list[OrgOut]
    rows: list[SummaryRowOut]
    releasable: dict[str, int]


def edits_of(body: TargetsIn) -> list[TargetEdit]:
    """Amounts are read here, so a bad one refuses the whole request with its text."""
    return [TargetEdit(e.org, e.key, e.part, _amount(e.before), _amount(e.after)) for e in body.edits]


def _amount(said: str | None) -> Decimal | None:
    return None if said is None else read_decimal(said)


def seen(value: Seen) -> SeenOut:
    """An amount as its reader sees it."""
    return SeenOut(v=text(value.amount), p=value.partial, h=value.hidden)


def org(row: OrgRow) -> OrgOut:
    """An organisation's row."""
    return OrgOut(
        code=row.code,
        name=row.name,
        parent=row.parent,
        level=row.level,
        leaf=row.leaf,
        may_set=row.may_set,
        may_keep=row.may_keep,
    )


def targets(cycle: CycleOut, sheet: TargetSheet) -> TargetsOut:
    """The whole page."""
    rows = [
        TargetRowOut(
            org=r.org,
            key=r.key,
            target=seen(r.target),
            passed=text(r.passed),
            reserve=text(r.reserve),
            room=text(r.room),
            current=seen(r.current),
            compare=[seen(c) for c in r.compare],
        )
        for r in sheet.rows
    ]
    return TargetsOut(cycle=cycle, seq=sheet.seq, orgs=[org(o) for o in sheet.orgs], rows=rows)


def saved(done: TargetsSaved) -> TargetsSavedOut:
    """The outcome of a handing down."""
    cells = [
        TargetResultOut(index=c.index, status=c.status, code=c.code, message=c.message, now=text(c.now))
        for c in done.cells
    ]
    outcome: Literal["saved", "nothing"] = "saved" if done.outcome == "saved" else "nothing"
    return TargetsSavedOut(outcome=outcome, seq=done.seq, saved=done.saved, cells=cells, warnings=list(done.warnings))


def unit_target(row: UnitTarget) -> UnitTargetOut:
    """One key item of a unit."""
    return UnitTargetOut(
        item=row.item,
        key=row.key,
        name=row.name,
        target=text(row.target),
        current=text(row.current),
        room=text(row.room),
        partial=row.partial,
    )


def summary(cycle: CycleOut, found: Summary) -> SummaryOut:
    """The 汇总 page."""
    rows = [
        SummaryRowOut(
            org=r.org,
            key=r.key,
            target=seen(r.target),
            current=seen(r.current),
            submitted=text(r.submitted),
            compare=[seen(c) for c in r.compare],
        )
        for r in found.rows
    ]
    return SummaryOut(
        cycle=cycle,
        total=found.total,
        submitted=found.submitted,
        overdue=found.overdue,
        by_state=dict(found.by_state),
        units=[unit(u) for u in found.units],
        orgs=[org(o) for o in found.orgs],
        rows=rows,
        releasable=dict(found.releasable),
    )


def unit(row: dict[str, Any]) -> CycleUnitOut:
    """A plan unit of a cycle."""
    return CycleUnitOut.model_validate(row)
