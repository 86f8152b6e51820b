"""Sources, mapping rules, batches as values; refusals of this feature. No I/O.

Errors::

    NoSuchSource       no source of this code
    NoSuchBatch        no batch of this number
    BadSource          the source's text has problems (all at once, with file and line)
    BatchNotReady      the batch is not in a state that allows this
    TooManyRejected    more of the file is rejected than the source allows to publish
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from bihuan.kernel.errors import Invalid, NotFound, ProblemsFound

BatchState = Literal["landed", "prepared", "published", "refused"]
IGNORE = "IGNORE"  # a mapping's target for lines that are no budget item
LINE_TABLE = "voucher_line"

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
    """Where actuals come from and how their codes become members. ``fields``: our field -> column name of the file."""

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
    policy: str = ""  # the control policy whose ledger takes the vouchers
    rules: tuple[MappingRule, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()

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


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line on the error desk."""

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

    difference = control − (accepted + ignored + excluded) − rejected; zero means nothing is lost or doubled.
    """

    account: str
    period: str
    control: Decimal
    accepted: Decimal
    ignored: Decimal
    excluded: Decimal
    rejected: Decimal

    @property
    def difference(self) -> Decimal:
        """What nobody can explain."""
        return self.control - self.accepted - self.ignored - self.excluded - self.rejected
