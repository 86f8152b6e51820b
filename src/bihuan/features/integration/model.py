"""Sources, mapping rules, batches as values; refusals of this feature. No I/O.

Errors::

    NoSuchSource       no source of this code
    NoSuchBatch        no batch of this number
    BadSource          the source's text has problems (all at once, with file and line)
    BatchNotReady      the batch is not in a state that allows this
    TooManyRejected    more of the file is rejected than the source allows to publish
    FileRefused        the file cannot be read as a whole
    BadCorrection      what was mended on the error desk does not fit the line
    NoSuchRun          no load of this number
    TooLateToCancel    the load has been entered, or has ended
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from bihuan.kernel.errors import Conflict, Invalid, NotFound, ProblemsFound

BatchState = Literal["landed", "prepared", "published", "refused"]
IGNORE = "IGNORE"  # a mapping's target for lines that are no budget item
LINE_TABLE = "voucher_line"
BY_HAND = "差错台确认不计入"  # stands as the rule of lines that somebody decided to ignore

# fields a source can name; anything else under ``fields`` is an auxiliary code
KNOWN_FIELDS = ("voucher", "book", "line", "date", "period", "account", "memo", "debit", "credit", "amount", "document")


class NoSuchSource(NotFound):
    """There is no source of this code."""

    code = "no_such_source"


class NoSuchBatch(NotFound):
    """There is no such batch."""

    code = "no_such_batch"


class BadSource(ProblemsFound):
    """The source's text has problems; nothing was changed."""

    code = "bad_source"


class BatchNotReady(Invalid):
    """The batch is not in a state that allows this."""

    code = "batch_not_ready"


class TooManyRejected(Invalid):
    """More lines are rejected than this source allows to publish."""

    code = "too_many_rejected"


class FileRefused(Invalid):
    """文件不能整体读取。检查编码、分隔符、表头，重新导出后再上传。"""

    code = "file_refused"


class BadCorrection(Invalid):
    """差错台上的修正与这一行不符。刷新差错台后重新修正。"""

    code = "bad_correction"


class NoSuchRun(NotFound):
    """没有这次装载，或您无权查看。"""

    code = "no_such_run"


class TooLateToCancel(Conflict):
    """装载已经入账或已经结束，不能取消。"""

    code = "too_late_to_cancel"


@dataclass(frozen=True, slots=True)
class MappingRule:
    """``when``: field -> pattern (``6602``, ``6601..6699``, ``a|b``, ``6602*``); no pattern = always.

    ``gives``: target ("item" or a dimension) -> member code, ``=field`` to copy a source code, or IGNORE for the item.
    ``sign`` -1 turns debit − credit round (revenue accounts).
    """

    name: str
    when: Mapping[str, str]
    gives: Mapping[str, str]
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Lines whose fields match all patterns are kept but do not count, shown by this name in the tie-out."""

    name: str
    when: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """Where actuals come from and how their codes become members. ``fields``: our field -> column name of the file.

    ``control``: likewise, of the trial balance that the lines are tied out to.
    """

    code: str
    title: str
    model: str
    version: str  # role or code of the version that takes the totals
    cube: str
    fields: Mapping[str, str]
    encoding: str = "auto"
    delimiter: str = ","
    balanced: bool = True
    max_rejected: Decimal = Decimal(1)  # share of records, 1 = any
    policies: tuple[str, ...] = ()  # the control policies whose ledgers take the vouchers, each those of its years
    rules: tuple[MappingRule, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    control: Mapping[str, str] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[str, ...]:
        """Fields that hold codes: the account and the auxiliary ones."""
        return tuple(f for f in self.fields if f == "account" or f not in KNOWN_FIELDS)

    @property
    def has_vouchers(self) -> bool:
        """True where lines belong to vouchers, which are accepted or rejected whole."""
        return "voucher" in self.fields


@dataclass(frozen=True, slots=True)
class Counted:
    """Lines of one outcome: how many, their debit and credit (a single signed amount counts as debit)."""

    lines: int
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class Batch:
    """One run of a source over one file."""

    id: int
    source: str
    revision: int
    file_hash: str
    file_name: str
    state: BatchState
    records: int = 0
    counts: Mapping[str, Counted] = field(default_factory=dict)  # by outcome name
    lines_hash: str | None = None
    message: str = ""
    change_seq: int | None = None
    published_before: int | None = None
    continues: int | None = None  # the first batch of the same file
    round: int = 1
    model: str = ""


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line on the error desk. ``period``: that of its file's other lines where they have one and its own is unreadable."""

    batch_id: int
    record: int
    outcome: str
    field: str
    value: str
    voucher: str
    account: str
    period: str
    amount: Decimal | None
    raw: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TieRow:
    """One account and period against the control total; amounts are debit − credit.

    ``excluded`` by the name of the exclusion; ``dismissed``: lines that somebody decided not to take. difference = control −
    accepted − ignored − excluded − dismissed − rejected; zero means nothing is lost or doubled. ``unreadable``: rejected lines
    whose amount nobody can read, which the difference may hold.
    """

    account: str
    period: str
    control: Decimal
    accepted: Decimal
    ignored: Decimal
    excluded: Mapping[str, Decimal]
    dismissed: Decimal
    rejected: Decimal
    unreadable: int

    @property
    def difference(self) -> Decimal:
        """What nobody can explain."""
        known = self.accepted + self.ignored + sum(self.excluded.values(), Decimal(0)) + self.dismissed + self.rejected
        return self.control - known


CorrectionKind = Literal["set", "ignore", "take_back"]


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody mended: a field of a line, or the line as a whole (``field`` empty) ignored or taken back."""

    id: int
    batch_id: int
    record: int
    kind: CorrectionKind
    field: str
    before: str
    after: str
    reason: str
    author_name: str
    at: datetime


Stage = Literal["receive", "recognise", "map", "validate", "publish", "tie_out"]
RunState = Literal["queued", "running", "done", "held", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Run:
    """A load as it is watched. ``held``: checked, not entered. ``unexplained``: accounts that differ from the books."""

    id: int
    source: str
    kind: Literal["load", "reload"]
    file_hash: str
    file_name: str
    batch_id: int | None
    own_batch: bool
    check_only: bool
    state: RunState
    stage: Stage
    lines_done: int
    lines_total: int
    message: str
    job_id: int | None
    attempts: int
    cancel: bool
    unexplained: int | None
    author: int
    author_login: str
    author_name: str
    requested_at: datetime
    stage_at: datetime
    seen_at: datetime
    finished_at: datetime | None
    model: str = ""

    @property
    def seconds_left(self) -> int | None:
        """An estimate from the pace of the present stage; None while there is nothing to go by."""
        if self.state != "running" or not 0 < self.lines_done < self.lines_total:
            return None
        spent = (self.seen_at - self.stage_at).total_seconds()
        return round(spent * (self.lines_total - self.lines_done) / self.lines_done)


MatchKind = Literal["smaller", "equal", "larger", "unknown", "none"]


@dataclass(frozen=True, slots=True)
class Match:
    """The vouchers of a batch against one request, or those that name none or an unknown one. Amounts in budget currency."""

    number: str
    kind: MatchKind
    document_id: int | None
    vouchers: int
    amount: Decimal
    held: Decimal
    liquidated: Decimal
    released: Decimal
    still_held: Decimal
    forced: Decimal
