"""What the checks found, as the lines of the warehouse, the lines of the error desk, and the counts. Pure, on columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bihuan.features.integration.mapping import Landing, Mapped
from bihuan.features.integration.model import Counted, RejectedLine, Source
from bihuan.features.integration.outcomes import Outcome
from bihuan.features.integration.values import Coded

MONEY = pa.decimal128(18, 2)
_STORED = [outcome for outcome in Outcome if outcome < 10]
_PLACE = np.searchsorted(_STORED, np.arange(256))  # of an outcome in _STORED
_UNREADABLE = (Outcome.BAD_AMOUNT, Outcome.TOO_MANY_DECIMALS, Outcome.NO_AMOUNT)


@dataclass(frozen=True)
class Columns:
    """The fields of every line, read; ``outcome`` uint8[n] gathers what each check finds, the first fault wins."""

    codes: Mapping[str, Coded]
    date: NDArray[np.int64]
    period: NDArray[np.int32]  # axis index, -1 unknown
    debit: NDArray[np.int64]
    credit: NDArray[np.int64]
    outcome: NDArray[np.uint8]


@dataclass(frozen=True)
class Checked:
    """Lines after all checks. ``taken_by`` int[n]: index of the exclusion or word by hand in ``takers``, -1 = the mapping alone.

    ``key``, ``fingerprint``: of the voucher.
    """

    source: Source
    fields: pa.Table
    records: NDArray[np.int64]
    periods: Sequence[str]
    columns: Columns
    faults: NDArray[np.uint8]  # outcomes before anything was dismissed
    mapped: Mapped
    taken_by: NDArray[np.integer]
    takers: Sequence[str]
    key: NDArray[np.uint64]
    fingerprint: NDArray[np.uint64]


def stored_lines(checked: Checked) -> pa.Table:
    """One row per stored line, as the warehouse keeps it. ``amount`` is signed by the mapping, 0 where a line does not count."""
    keep = np.flatnonzero(checked.columns.outcome < 10)
    out = _facts(checked, keep) | _meaning(checked, keep)
    return pa.table(out)


def _facts(checked: Checked, keep: NDArray[np.int64]) -> dict[str, pa.Array]:
    """What the file says."""
    source, columns = checked.source, checked.columns
    out: dict[str, pa.Array] = {
        "record": pa.array(checked.records[keep]),
        "period": texts(columns.period[keep], checked.periods),
        "date": pa.array(columns.date[keep].astype(np.int32)).cast(pa.date32()),
        "debit": money(columns.debit[keep]),
        "credit": money(columns.credit[keep]),
        "voucher_key": pa.array(checked.key[keep]),
        "voucher_hash": pa.array(checked.fingerprint[keep]),
    }
    for name, column in columns.codes.items():
        out[f"src_{name}"] = texts(column.index[keep], column.distinct)
    for name in ("line", "memo", "document"):
        if name in source.fields:
            out[name] = checked.fields[source.fields[name]].combine_chunks().take(pa.array(keep))
    return out


def _meaning(checked: Checked, keep: NDArray[np.int64]) -> dict[str, pa.Array]:
    """What the rules make of it."""
    columns, landings = checked.columns, checked.mapped.landings
    landing = checked.mapped.landing[keep]
    accepted = columns.outcome[keep] == Outcome.ACCEPTED
    sign = np.array([ld.sign for ld in landings] or [1], np.int64)[landing]
    net = (columns.debit - columns.credit)[keep]
    taken_by = checked.taken_by[keep]
    rule = np.where(taken_by >= 0, taken_by + len(landings), landing)
    counting = np.where(accepted, landing, -1)
    out = {
        "outcome": texts(_PLACE[columns.outcome[keep]], [o.name for o in _STORED]),
        "rule": texts(rule, [*(ld.rule for ld in landings), *checked.takers]),
        "item": texts(counting, [str(ld.item) if ld.item else None for ld in landings]),
        "amount": money(np.where(accepted, net * sign, 0)),
    }
    for dim in dict.fromkeys(d for ld in landings for d in ld.members):
        out[f"dim_{dim}"] = texts(counting, [ld.members.get(dim) for ld in landings])
    return out


def texts(index: NDArray[np.integer], distinct: Sequence[str | None]) -> pa.Array:
    """A dictionary-coded text column from indices into texts that may repeat; -1 is null."""
    unique = list(dict.fromkeys(t for t in distinct if t is not None))
    place = {text: i for i, text in enumerate(unique)}
    table = np.array([*(-1 if t is None else place[t] for t in distinct), -1], np.int32)  # index -1 reads the last
    found = table[index]
    return pa.DictionaryArray.from_arrays(pa.array(found, mask=found < 0), pa.array(unique, pa.string()))


def money(fen: NDArray[np.int64]) -> pa.Array:
    """int64 of fen -> decimal(18,2), without going through text or floats."""
    words = np.empty((len(fen), 2), np.int64)
    words[:, 0], words[:, 1] = fen, fen >> 63  # low word, sign extension
    return pa.Array.from_buffers(MONEY, len(fen), [None, pa.py_buffer(words)])


def rejected_lines(checked: Checked) -> Iterator[RejectedLine]:
    """The error desk's lines and the dismissed ones, with every field as it is now; an amount that could not be read is None."""
    columns = checked.columns
    bad = np.flatnonzero((columns.outcome >= 20) | (columns.outcome == Outcome.DISMISSED))
    raw = checked.fields.take(pa.array(bad)).to_pylist()
    known = np.unique(columns.period[columns.period >= 0])
    alone = (
        checked.periods[known[0]] if len(known) == 1 else ""
    )  # a file of one month says where its unreadable days belong
    for i, row in zip(bad.tolist(), raw, strict=True):
        found, fault = Outcome(int(columns.outcome[i])), Outcome(int(checked.faults[i]))
        ours = {name: row[column] for name, column in checked.source.fields.items()}
        name, value = _fault(fault, checked.mapped.landings[checked.mapped.landing[i]], ours)
        if found == Outcome.DISMISSED:
            name, value = "", fault.name
        amount = Decimal(int(columns.debit[i] - columns.credit[i])).scaleb(-2)
        yield RejectedLine(
            batch_id=0,
            record=int(checked.records[i]),
            outcome=found.name,
            field=name,
            value=value,
            voucher=ours.get("voucher", ""),
            account=ours.get("account", "").strip(),
            period=checked.periods[columns.period[i]] if columns.period[i] >= 0 else alone,
            amount=None if fault in _UNREADABLE else amount,
            raw=row,
        )


_FIELDS_AT_FAULT: Mapping[Outcome, tuple[str, ...]] = {
    Outcome.BAD_DATE: ("date",),
    Outcome.AMBIGUOUS_DATE: ("date",),
    Outcome.BAD_PERIOD: ("period",),
    Outcome.BAD_AMOUNT: ("amount", "debit", "credit"),
    Outcome.TOO_MANY_DECIMALS: ("amount", "debit", "credit"),
    Outcome.PERIOD_NOT_ON_CALENDAR: ("date", "period"),
    Outcome.PERIOD_CLOSED: ("date", "period"),
    Outcome.PERIOD_NOT_OPEN: ("date", "period"),
}


def _fault(found: Outcome, landing: Landing, ours: Mapping[str, str]) -> tuple[str, str]:
    """The field at fault and what stands in it."""
    if found in (Outcome.MISSING_CODE, Outcome.UNMAPPED, Outcome.UNKNOWN_MEMBER, Outcome.PARENT_MEMBER):
        return landing.fault
    for name in _FIELDS_AT_FAULT.get(found, ()):
        if ours.get(name):
            return name, ours[name]
    return ("voucher", ours.get("voucher", "")) if found >= 50 else ("", "")


def malformed_lines(
    malformed: tuple[tuple[int, str], ...], ignored: frozenset[int] = frozenset()
) -> Iterator[RejectedLine]:
    """Records of another width than the header."""
    for record, text in malformed:
        outcome = Outcome.DISMISSED if record in ignored else Outcome.MALFORMED_RECORD
        value = Outcome.MALFORMED_RECORD.name if record in ignored else text[:200]
        yield RejectedLine(0, record, outcome.name, "", value, "", "", "", None, {"": text[:2000]})


def counts(columns: Columns) -> dict[str, Counted]:
    """Lines and amounts by outcome; lines whose amount could not be read count with 0."""
    out = {}
    for value in np.unique(columns.outcome):
        here = columns.outcome == value
        debit, credit = (Decimal(int(a[here].sum())).scaleb(-2) for a in (columns.debit, columns.credit))
        out[Outcome(int(value)).name] = Counted(int(here.sum()), debit, credit)
    return out
