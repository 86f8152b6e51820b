"""What the routes of integration take and give. Amounts are decimal strings; blank is null."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field

from bihuan.features.integration.model import (
    Batch,
    Correction,
    CorrectionKind,
    Match,
    MatchKind,
    RejectedLine,
    Run,
    RunState,
    Stage,
    TieRow,
)
from bihuan.features.integration.outcomes import MEANINGS, Outcome, fate
from bihuan.features.integration.tie_out import LinesBehind


class SourceIn(BaseModel):
    """A source as text."""

    definition: str
    mapping: str = ""


class SourceOut(BaseModel):
    """A source as it stands."""

    code: str
    title: str
    model: str
    revision: int
    vouchers: bool = Field(description="its lines are voucher lines, accepted or rejected by whole vouchers")
    last: "LastLoadOut | None" = None


class CountOut(BaseModel):
    """Lines of one outcome with their amounts."""

    outcome: str
    fate: Literal["stored", "skipped", "rejected"]
    text: str
    lines: int
    debit: str
    credit: str


class BatchOut(BaseModel):
    """One run over one file."""

    id: int
    source: str
    file_name: str
    state: str
    message: str
    records: int
    counts: list[CountOut]
    continues: int | None
    round: int
    rejected: int
    rejected_amount: str


class RejectedOut(BaseModel):
    """A line on the error desk."""

    batch: int
    record: int
    outcome: str
    text: str
    remedy: str
    field: str
    value: str
    voucher: str
    account: str
    period: str
    amount: str | None
    raw: dict[str, str]
    fields: dict[str, str] = Field(description="our field -> what the line says now, with what was mended")
    mended: list[str] = Field(description="fields that were mended and wait for the next load")
    ignored: str | None = Field(description="why the line shall not count, once somebody said so")


class TieOut(BaseModel):
    """One account and period against the books."""

    account: str
    period: str
    control: str
    accepted: str
    ignored: str
    excluded: dict[str, str]
    dismissed: str
    rejected: str
    unreadable: int
    difference: str


class ControlTotal(BaseModel):
    """What the books say; amount = debit − credit."""

    account: str
    period: str
    amount: Decimal


class PeriodsIn(BaseModel):
    """Periods to open or shut."""

    model: str
    periods: list[str]
    status: Literal["open", "closed", "not_open"]


class MappingRuleOut(BaseModel):
    """A mapping rule as it is written, in order of precedence."""

    name: str
    when: dict[str, str]
    gives: dict[str, str]
    sign: int


class SourceRevisionOut(BaseModel):
    """One revision of a source's text."""

    revision: int
    at: datetime


class LastLoadOut(BaseModel):
    """The newest published batch."""

    batch: int
    file_name: str
    at: datetime
    records: int


class SourceDetailOut(SourceOut):
    """A source with its rules and texts."""

    version: str
    cube: str
    policies: list[str]
    fields: dict[str, str]
    codes: list[str]
    control: dict[str, str]
    exclusions: dict[str, dict[str, str]]
    rules: list[MappingRuleOut]
    items: list[str]
    dimensions: dict[str, str] = Field(description="code -> name of the dimensions a rule may give members of")
    definition: str
    mapping: str
    revisions: list[SourceRevisionOut]


class MappingRuleIn(BaseModel):
    """A mapping rule to add: ``when`` field -> pattern, ``gives`` item or dimension -> code, ``=field`` or IGNORE."""

    name: str
    when: dict[str, str] = {}
    gives: dict[str, str]
    sign: Literal[1, -1] = 1
    reason: str = ""


class SourceRevisionMadeOut(BaseModel):
    """The revision that stands now."""

    revision: int


class LoadRunOut(BaseModel):
    """A load as it stands."""

    id: int
    source: str
    kind: Literal["load", "reload"]
    file_name: str
    batch: int | None
    state: RunState
    stage: Stage
    lines_done: int
    lines_total: int
    seconds_left: int | None
    cancelling: bool
    check_only: bool
    message: str
    unexplained: int | None
    author: str
    requested_at: datetime
    finished_at: datetime | None


class DeskGroupOut(BaseModel):
    """Lines of the error desk with one reason."""

    outcome: str
    text: str
    remedy: str
    field: str
    column: str
    value: str
    lines: int
    amount: str | None


class MendIn(BaseModel):
    """A field of a record and what shall stand there."""

    record: int
    field: str
    after: str
    before: str | None = None


class CorrectionsIn(BaseModel):
    """What to mend, ignore or take back; one of the three."""

    mend: list[MendIn] = []
    ignore: list[int] = []
    whole_vouchers: bool = False
    take_back: list[MendIn] = Field(
        [], description="record and field; an empty field takes back that the line is ignored"
    )
    reason: str = ""


class SaidOut(BaseModel):
    """How many words were added."""

    said: int


class CorrectionOut(BaseModel):
    """What somebody said about a line."""

    id: int
    batch: int
    record: int
    kind: CorrectionKind
    field: str
    before: str
    after: str
    reason: str
    author: str
    at: datetime


class BooksOut(BaseModel):
    """A trial balance as it was taken."""

    rows: int
    summaries: int
    periods: list[str]


class BehindOut(BaseModel):
    """The lines behind a figure: how many, their debit − credit, and the first of them."""

    count: int
    amount: str
    lines: list["BehindLineOut"]


class BehindLineOut(BaseModel):
    """One line; ``rule``: the mapping rule, the exclusion, or the reason it was rejected for."""

    batch: int | None
    record: int
    date: str
    voucher: str
    memo: str
    document: str
    amount: str | None
    rule: str
    item: str
    members: dict[str, str]


class MatchOut(BaseModel):
    """The vouchers of a batch against one request."""

    number: str
    kind: MatchKind
    document: int | None
    vouchers: int
    amount: str
    held: str
    liquidated: str
    released: str
    still_held: str
    direct: str
    forced: str


def batch_out(batch: Batch) -> BatchOut:
    """A batch as the API shows it."""
    bad = [c for name, c in batch.counts.items() if fate(Outcome[name]) == "rejected"]
    return BatchOut(
        id=batch.id,
        source=batch.source,
        file_name=batch.file_name,
        state=batch.state,
        message=batch.message,
        records=batch.records,
        continues=batch.continues,
        round=batch.round,
        rejected=sum(c.lines for c in bad),
        rejected_amount=str(sum((c.debit for c in bad), Decimal(0))),
        counts=[
            CountOut(
                outcome=name,
                fate=fate(Outcome[name]),
                text=MEANINGS[Outcome[name]].text,
                lines=c.lines,
                debit=str(c.debit),
                credit=str(c.credit),
            )
            for name, c in batch.counts.items()
        ],
    )


def run_out(run: Run) -> LoadRunOut:
    """A run as the API shows it."""
    same = ("id", "source", "kind", "file_name", "state", "stage", "lines_done", "lines_total", "seconds_left",
            "check_only", "message", "unexplained", "requested_at", "finished_at")  # fmt: skip
    return LoadRunOut(
        batch=run.batch_id, cancelling=run.cancel, author=run.author_name, **{name: getattr(run, name) for name in same}
    )


def tie_row_out(row: TieRow) -> TieOut:
    """A row of the tie-out as the API shows it."""
    names = ("control", "accepted", "ignored", "dismissed", "rejected", "difference")
    return TieOut(
        account=row.account,
        period=row.period,
        unreadable=row.unreadable,
        excluded={name: str(amount) for name, amount in row.excluded.items()},
        **{n: str(getattr(row, n)) for n in names},
    )


def rejected_out(
    line: RejectedLine, fields: dict[str, str], mended: dict[str, str], ignored: str | None
) -> RejectedOut:
    """A line of the error desk; ``fields``: our field -> column of the source, ``mended``: what waits for the next load."""
    meaning = MEANINGS[Outcome[line.outcome]]
    stands = {name: mended.get(name, line.raw[column]) for name, column in fields.items() if column in line.raw}
    return RejectedOut(
        batch=line.batch_id,
        record=line.record,
        outcome=line.outcome,
        text=meaning.text,
        remedy=meaning.remedy,
        field=line.field,
        value=line.value,
        voucher=line.voucher,
        account=line.account,
        period=line.period,
        amount=None if line.amount is None else str(line.amount),
        raw=dict(line.raw),
        fields=stands,
        mended=[name for name in stands if stands[name] != line.raw[fields[name]]],
        ignored=ignored,
    )


def correction_out(said: Correction) -> CorrectionOut:
    """A correction as the API shows it."""
    same = ("id", "record", "kind", "field", "before", "after", "reason", "at")
    return CorrectionOut(batch=said.batch_id, author=said.author_name, **{n: getattr(said, n) for n in same})


def behind_out(found: LinesBehind) -> BehindOut:
    """Lines behind a figure as the API shows them."""
    lines = [
        BehindLineOut(**{**line, "amount": None if line["amount"] is None else format(line["amount"], "f")})
        for line in found.lines
    ]
    return BehindOut(count=found.count, amount=str(found.amount), lines=lines)


def match_out(match: Match) -> MatchOut:
    """A match as the API shows it; ``direct``: what the vouchers took beyond the request's hold."""
    amounts = ("amount", "held", "liquidated", "released", "still_held", "forced")
    return MatchOut(
        number=match.number,
        kind=match.kind,
        document=match.document_id,
        vouchers=match.vouchers,
        direct=str(match.amount - match.liquidated),
        **{name: str(getattr(match, name)) for name in amounts},
    )
