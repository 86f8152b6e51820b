"""Whole-voucher rules as scenarios: each voucher's lines (account, debit, credit) and what becomes of each line."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bihuan.features.integration.mapping import TargetItem, TargetModel
from bihuan.features.integration.model import MappingRule as Rule
from bihuan.features.integration.model import Source
from bihuan.features.integration.prepare import Prepared, prepare
from bihuan.features.integration.vouchers import Imported
from bihuan.store.landing import Landed

MODEL = TargetModel(
    {"c!费用": TargetItem("c", "费用", ())},
    {},
    ("1970-01", "1970-02"),
    np.array([0, 31], np.int32),
    np.array([30, 58], np.int32),
)
SOURCE = Source(
    "gl",
    "总账",
    "m",
    "实际",
    "c",
    {"voucher": "凭证号", "date": "日期", "account": "科目", "debit": "借方", "credit": "贷方"},
    rules=(Rule("费用", {"account": "66*"}, {"item": "费用"}), Rule("银行", {"account": "10*"}, {"item": "IGNORE"})),
)
Line = tuple[str, str, str, str, str]


def load(lines: list[Line], before: Prepared | None = None) -> Prepared:
    names = list(SOURCE.fields.values())
    table = pa.table({name: pa.array([line[i] for line in lines], pa.string()) for i, name in enumerate(names)})
    landed = Landed("utf-8", table, np.arange(2, len(lines) + 2), ())
    return prepare(SOURCE, landed, MODEL, lambda _first, _last: _imported(before))


def _imported(before: Prepared | None) -> Imported:
    if before is None:
        return Imported(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64))
    keys, first = np.unique(before.stored["voucher_key"].to_numpy(), return_index=True)
    return Imported(keys, before.stored["voucher_hash"].to_numpy()[first], np.empty(0, np.int64))


def outcomes(prepared: Prepared, lines: int) -> list[str]:
    found = {r["record"]: r["outcome"] for r in prepared.stored.to_pylist()} | {
        r.record: r.outcome for r in prepared.rejected
    }
    return [found.get(record, "ALREADY_IMPORTED") for record in range(2, lines + 2)]


def line(voucher: str, account: str, debit: str = "", credit: str = "", day: str = "1970-01-05") -> Line:
    return (voucher, day, account, debit, credit)


TRAVEL = [line("记-1", "6602", "300.00"), line("记-1", "1002", credit="300.00")]


@pytest.mark.parametrize(
    ("story", "lines", "expected"),
    [
        ("balanced: expense counts, bank is ignored", TRAVEL, ["ACCEPTED", "IGNORED"]),
        (
            "one fen off: the whole voucher",
            [line("记-1", "6602", "300.00"), line("记-1", "1002", credit="299.99")],
            ["UNBALANCED_VOUCHER"] * 2,
        ),
        (
            "red-letter reversal",
            [line("记-2", "6602", "-30"), line("记-2", "1002", credit="-30")],
            ["ACCEPTED", "IGNORED"],
        ),
        (
            "the same voucher twice counts once",
            TRAVEL + TRAVEL,
            ["ACCEPTED", "IGNORED", "DUPLICATE_IN_FILE", "DUPLICATE_IN_FILE"],
        ),
        (
            "two equal lines against one total are no repetition",
            [line("记-3", "6602", "100"), line("记-3", "6602", "100"), line("记-3", "1002", credit="200")],
            ["ACCEPTED", "ACCEPTED", "IGNORED"],
        ),
        (
            "one number on two days",
            [*TRAVEL, line("记-1", "6602", "9", day="1970-01-09"), line("记-1", "1002", credit="9", day="1970-01-09")],
            ["VOUCHER_NUMBER_REUSED"] * 4,
        ),
        (
            "numbers start again each month",
            TRAVEL + [(v, "1970-02-03", a, d, c) for v, _, a, d, c in TRAVEL],
            ["ACCEPTED", "IGNORED"] * 2,
        ),
        (
            "a line that cannot be mapped takes its voucher along",
            [line("记-4", "7001", "5"), line("记-4", "1002", credit="5")],
            ["UNMAPPED", "VOUCHER_REJECTED"],
        ),
        (
            "an unreadable amount likewise",
            [line("记-5", "6602", "=1+2"), line("记-5", "1002", credit="3")],
            ["BAD_AMOUNT", "VOUCHER_REJECTED"],
        ),
        ("nothing but zeros", [line("记-6", "6602", "0", "0")], ["ZERO_VOUCHER"]),
        (
            "blank is not zero",
            [line("记-7", "6602"), line("记-7", "1002", credit="0")],
            ["NO_AMOUNT", "VOUCHER_REJECTED"],
        ),
        ("no number", [line("", "6602", "5")], ["MISSING_VOUCHER"]),
        ("outside the calendar", [line("记-8", "6602", "5", day="1971-01-01")], ["PERIOD_NOT_ON_CALENDAR"]),
    ],
)
def test_vouchers_are_taken_or_refused_as_a_whole(story: str, lines: list[Line], expected: list[str]) -> None:
    assert outcomes(load(lines), len(lines)) == expected, story


def test_a_voucher_already_loaded_is_skipped_and_a_changed_one_is_refused() -> None:
    before = load(TRAVEL)
    assert outcomes(load(TRAVEL[::-1], before), 2) == ["ALREADY_IMPORTED"] * 2  # the order of lines says nothing
    changed = [line("记-1", "6602", "301.00"), line("记-1", "1002", credit="301.00")]
    assert outcomes(load(changed, before), 2) == ["VOUCHER_CHANGED"] * 2


amount = st.integers(-10_000, 10_000)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["6602", "1002", "7001"]), amount), max_size=25))
def test_every_line_has_one_outcome_and_no_amount_is_lost(facts: list[tuple[int, str, int]]) -> None:
    lines = [line(f"记-{v}", account, f"{fen / 100:.2f}") for v, account, fen in facts]
    prepared = load(lines)
    counted = sum(c.lines for c in prepared.counts.values())
    assert counted == len(lines) == prepared.stored.num_rows + len(prepared.rejected)
    assert sum(c.debit for c in prepared.counts.values()) * 100 == sum(fen for _, _, fen in facts)
    kept: dict[int, int] = {}
    for row in prepared.stored.to_pylist():
        voucher = int(row["src_voucher"].removeprefix("记-"))
        kept[voucher] = kept.get(voucher, 0) + int(row["debit"] * 100) - int(row["credit"] * 100)
    assert all(total == 0 for total in kept.values())  # what is stored balances, voucher by voucher
