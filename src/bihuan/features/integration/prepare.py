"""From the records of a file to lines that are stored, skipped or rejected, each with its reason. Pure, on columns.

Amounts are int64 of fen until they leave; debit − credit is positive for a debit. A source with one signed amount column
counts it as debit.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bihuan.features.integration.mapping import Mapped, Mapper, TargetModel, map_lines, matcher
from bihuan.features.integration.model import BY_HAND, Counted, RejectedLine, Source
from bihuan.features.integration.outcomes import Outcome, fate
from bihuan.features.integration.results import (
    Checked,
    Columns,
    counts,
    malformed_lines,
    rejected_lines,
    stored_lines,
)
from bihuan.features.integration.values import Coded, Read, amounts, code, dates, distinct, read_period
from bihuan.features.integration.vouchers import NOTHING, Imported, Lines, check_vouchers, line_hashes, voucher_keys
from bihuan.store.landing import Landed

# (first period, last period) -> what is in the warehouse of that span; asked once the span is known
ImportedBy = Callable[[str, str], Imported]
Step = Callable[[Literal["map", "validate"], int], None]  # told the step and its lines as it begins; may raise to stop
# faults that do not keep a line from being stored once somebody has said that it shall not count
_NOT_COUNTING = (
    Outcome.ACCEPTED, Outcome.PERIOD_CLOSED, Outcome.PERIOD_NOT_OPEN, Outcome.MISSING_CODE, Outcome.UNMAPPED,
    Outcome.UNKNOWN_MEMBER, Outcome.PARENT_MEMBER, Outcome.INACTIVE_MEMBER,
)  # fmt: skip


def nothing(_first: str, _last: str) -> Imported:
    """Nothing was loaded before."""
    return NOTHING


@dataclass(frozen=True)
class Prepared:
    """``stored``: the lines for the warehouse; ``rejected``: for the error desk; ``counts`` by outcome name."""

    records: int
    stored: pa.Table
    rejected: tuple[RejectedLine, ...]
    counts: Mapping[str, Counted]


def _silent(_step: str, _lines: int) -> None:
    """Nobody watches."""


def prepare(
    source: Source,
    landed: Landed,
    model: TargetModel,
    imported: ImportedBy = nothing,
    *,
    ignored: frozenset[int] = frozenset(),
    step: Step = _silent,
) -> Prepared:
    """Maps and validates all records of a file that has the source's columns. ``ignored``: records that shall not count."""
    fields, records = landed.fields, landed.records
    columns = _read(source, fields, model)
    step("map", len(records))
    mapped = map_lines(Mapper(source.rules, model, source.cube), columns.codes, len(records))
    _apply_mapping(columns, mapped)
    excluded_by = _apply_exclusions(source, columns, fields)
    by_hand = np.isin(records, list(ignored))
    columns.outcome[by_hand & np.isin(columns.outcome, _NOT_COUNTING)] = Outcome.IGNORED
    step("validate", len(records))
    key = fingerprint = np.zeros(len(records), np.uint64)
    if len(records):
        before = imported(*_span(columns, model))
        if source.has_vouchers:
            key, fingerprint = _apply_vouchers(source, columns, before)
        else:
            columns.outcome[np.isin(records, before.records) & (columns.outcome < 10)] = Outcome.ALREADY_IMPORTED
    faults = columns.outcome.copy()
    columns.outcome[by_hand & (faults >= 20)] = Outcome.DISMISSED
    rules = (*(e.name for e in source.exclusions), BY_HAND)
    taken_by = np.where(by_hand & (columns.outcome == Outcome.IGNORED), len(rules) - 1, excluded_by)
    checked = Checked(
        source, fields, records, model.periods, columns, faults, mapped, taken_by, rules, key, fingerprint
    )
    counted = counts(columns)
    malformed = tuple(malformed_lines(landed.malformed, ignored))
    for outcome in dict.fromkeys(line.outcome for line in malformed):
        known = counted.get(outcome, Counted(0, Decimal(0), Decimal(0)))
        more = sum(line.outcome == outcome for line in malformed)
        counted[outcome] = Counted(known.lines + more, known.debit, known.credit)
    rejected = (*malformed, *rejected_lines(checked))
    return Prepared(len(records) + len(landed.malformed), stored_lines(checked), rejected, counted)


# --- reading ---------------------------------------------------------------------------------------------------


def _read(source: Source, fields: pa.Table, model: TargetModel) -> Columns:
    outcome = np.zeros(fields.num_rows, np.uint8)
    names = (*source.codes, *_present(source, "voucher", "book"))
    with ThreadPoolExecutor(
        2
    ) as pool:  # columns are read apart from each other, and the reading lets other threads go on
        money = {
            n: pool.submit(amounts, fields[source.fields[n]]) for n in _present(source, "amount", "debit", "credit")
        }
        coding = {name: pool.submit(code, fields[source.fields[name]]) for name in names}
        date, period = _read_time(source, fields, model, outcome)
        debit, credit = _read_amounts({name: read.result() for name, read in money.items()}, outcome)
        coded = {name: column.result() for name, column in coding.items()}
    if source.has_vouchers:
        _mark(outcome, coded["voucher"].matching(lambda t: t == ""), Outcome.MISSING_VOUCHER)
    _check_period(period, model, outcome)
    return Columns(coded, date, period, debit, credit, outcome)


def _span(columns: Columns, model: TargetModel) -> tuple[str, str]:
    known = columns.period[columns.period >= 0]
    return (model.periods[known.min()], model.periods[known.max()]) if len(known) else ("", "")


def _present(source: Source, *names: str) -> tuple[str, ...]:
    return tuple(name for name in names if name in source.fields)


def _read_time(
    source: Source, fields: pa.Table, model: TargetModel, outcome: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Day and axis index of the period of each line; the period follows from the date unless the file states it,
    and the day is the period's last where the file has none."""
    n = fields.num_rows
    date = np.zeros(n, np.int64)
    by_date = np.full(n, -1, np.int32)
    if "date" in source.fields:
        read = dates(code(fields[source.fields["date"]]))
        _mark(outcome, read.blank, Outcome.BAD_DATE)
        _take(outcome, read)
        date = read.value
        by_date = _periods_of(date, model)
    if "period" not in source.fields:
        return date, by_date
    stated = code(fields[source.fields["period"]])
    axis = {period: i for i, period in enumerate(model.periods)}
    spelled = [read_period(text) for text in stated.distinct]
    _mark(outcome, stated.matching(lambda t: read_period(t) is None), Outcome.BAD_PERIOD)
    index = np.array([axis.get(p, -1) if p else -1 for p in spelled], np.int32)
    period = index[stated.index] if spelled else by_date
    return (date if "date" in source.fields else model.period_ends[period].astype(np.int64)), period


def _periods_of(date: NDArray[np.int64], model: TargetModel) -> NDArray[np.int32]:
    """int32[n]: the axis index of each day's period, -1 off the axis. The days of the axis stand in one table."""
    first, last = int(model.period_starts[0]), int(model.period_ends[-1])
    days = np.arange(first, last + 1)
    period = np.searchsorted(model.period_ends, days, "left").astype(np.int32)
    period[days < model.period_starts[period]] = -1
    return np.append(period, np.int32(-1))[np.where((date < first) | (date > last), len(days), date - first)]


def _read_amounts(read: Mapping[str, Read], outcome: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Fen of debit and credit. Blank is not zero: a line without any amount is a fault."""
    if one := read.get("amount"):
        _take(outcome, one)
        _mark(outcome, one.blank, Outcome.NO_AMOUNT)
        return one.value, np.zeros_like(one.value)
    debit, credit = read["debit"], read["credit"]
    _take(outcome, debit)
    _take(outcome, credit)
    _mark(outcome, debit.blank & credit.blank, Outcome.NO_AMOUNT)
    _mark(outcome, (debit.value != 0) & (credit.value != 0), Outcome.BOTH_SIDES_FILLED)
    return debit.value, credit.value


def _check_period(period: NDArray[np.int32], model: TargetModel, outcome: NDArray[np.uint8]) -> None:
    _mark(outcome, period < 0, Outcome.PERIOD_NOT_ON_CALENDAR)
    for codes, found in ((model.closed, Outcome.PERIOD_CLOSED), (model.not_open, Outcome.PERIOD_NOT_OPEN)):
        shut = np.array([p in codes for p in model.periods], bool)
        _mark(outcome, (period >= 0) & shut[np.maximum(period, 0)], found)


# --- mapping, exclusions, vouchers -------------------------------------------------------------------------------


def _apply_mapping(columns: Columns, mapped: Mapped) -> None:
    if not mapped.landings:
        return
    found = np.array([landing.outcome for landing in mapped.landings], np.uint8)[mapped.landing]
    rejected = found >= 20
    columns.outcome[rejected & (columns.outcome == 0)] = found[rejected & (columns.outcome == 0)]
    columns.outcome[(found == Outcome.IGNORED) & (columns.outcome == 0)] = Outcome.IGNORED
    opened = np.array([landing.active[0] for landing in mapped.landings])[mapped.landing]
    closes = np.array([landing.active[1] for landing in mapped.landings])[mapped.landing]
    _mark(columns.outcome, (columns.date < opened) | (columns.date >= closes), Outcome.INACTIVE_MEMBER)


def _apply_exclusions(source: Source, columns: Columns, fields: pa.Table) -> NDArray[np.int32]:
    """int32[n]: index of the exclusion that takes a line, -1 for none. Only lines that would count are excluded."""
    by = np.full(len(columns.outcome), -1, np.int32)
    for i, exclusion in enumerate(source.exclusions):
        hit = (columns.outcome == Outcome.ACCEPTED) & (by < 0)
        for name, pattern in exclusion.when.items():
            column = columns.codes.get(name) or code(fields[source.fields[name]])
            hit &= column.matching(matcher(pattern))
        by[hit] = i
        columns.outcome[hit] = Outcome.EXCLUDED
    return by


def _apply_vouchers(
    source: Source, columns: Columns, imported: Imported
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    period = Coded(columns.period + 1, ("", *(str(i) for i in range(int(columns.period.max(initial=-1)) + 1))))
    identity = [period, columns.codes["voucher"]]
    if "book" in source.fields:
        identity.append(columns.codes["book"])
    key = voucher_keys(identity)
    voucher, _ = distinct(identity)
    content = line_hashes([columns.codes[name] for name in source.codes], [columns.date, columns.debit, columns.credit])
    lines = Lines(voucher, key, content, columns.date, columns.debit, columns.credit)
    return key, check_vouchers(lines, columns.outcome, imported, balanced=source.balanced)


def _mark(outcome: NDArray[np.uint8], where: NDArray[np.bool_], found: Outcome) -> None:
    outcome[where & (outcome == 0)] = found


def _take(outcome: NDArray[np.uint8], read: Read) -> None:
    outcome[:] = np.where(outcome == 0, read.outcome, outcome)


def rejected_share(prepared: Prepared) -> Decimal:
    """Rejected records as a share of all."""
    bad = sum(c.lines for name, c in prepared.counts.items() if fate(Outcome[name]) == "rejected")
    return Decimal(bad) / prepared.records if prepared.records else Decimal(0)
