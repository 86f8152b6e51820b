"""The board against a second, naive reading of the ledger's entries; what each reader sees against a second predicate."""

import itertools
import random
from collections import defaultdict
from decimal import Decimal as D

import pytest

from bihuan.features.access.model import Grant, Limit, Principal, system
from bihuan.features.control import commands as control
from bihuan.features.control import queries
from bihuan.features.control.commands import transfers
from bihuan.features.monitoring import board_queries
from bihuan.features.monitoring.board import Board
from bihuan.kernel.errors import BihuanError, Forbidden

from .conftest import ACCOUNTS, ITEM, MONTHS, ORGS, POLICY, Firm, cell

OWN = {org: f"{org}.本级" for org in ("G", "甲", "乙")}  # a node that has children has a leaf for its own amounts too
UNDER = {
    "G": (*ORGS, *OWN.values()), "甲": (*ORGS[:2], OWN["甲"]), "乙": (*ORGS[2:], OWN["乙"]), **{o: (o,) for o in ORGS},
    "费用": ACCOUNTS, "行政": ACCOUNTS[1:], **{a: (a,) for a in ACCOUNTS},
}  # fmt: skip
CHILDREN = {
    "G": ("甲", "乙"),
    "甲": ("甲一", "甲二"),
    "乙": ("乙一",),
    "费用": ("差旅", "行政"),
    "行政": ("会议", "广告"),
}
COLUMNS = ("original", "adjusted", "reserved", "committed", "executed")
SPANS = {"month": MONTHS[2:3], "to_date": MONTHS[:3], "year": MONTHS}


@pytest.fixture(scope="module")
def busy(firm: Firm) -> Firm:
    """A random year: requests, commitments, vouchers with and without request, transfers applied, held and dropped."""
    dice = random.Random(20261031)

    def place() -> tuple[str, str]:
        return dice.choice(ORGS), dice.choice(ACCOUNTS)

    def amount(most: int) -> str:
        return f"{dice.randrange(1, most * 100) / 100:.2f}"

    documents: list[tuple[int, str, str, str, str]] = []
    for n in range(60):
        org, account = place()
        period = dice.choice(MONTHS[:5])
        kind = dice.randrange(5)
        try:
            if kind == 0:
                made = firm.request(f"单-{n}", org, account, period, amount(3000), item=bool(n % 2))
                documents.append((made, f"单-{n}", org, account, period))
            elif kind == 1 and documents:
                with firm.database.writing() as uow:
                    control.commit_stage(uow, system(), document_id=dice.choice(documents)[0])
            elif kind == 2 and documents:
                _, number, org, account, period = dice.choice(documents)
                firm.spend(f"记-{n}", org, account, period, amount(2000), number)
            elif kind == 3:
                firm.spend(f"记-{n}", org, account, period, amount(20000))
            else:
                source, target = place(), place()
                moved = amount(4000)
                with firm.database.writing() as uow:
                    cells = [cell(*source, period, f"-{moved}"), cell(*target, period, moved)]
                    asked = {"policy": POLICY, "kind": "transfer", "cells": cells, "reason": "试"}
                    transfer = control.request_transfer(uow, system(), **asked)  # type: ignore[arg-type]
                    if n % 3 == 0:
                        transfers.drop(uow, system(), transfer, "不要了")
                if n % 3 == 1:
                    with firm.database.writing() as uow:
                        transfers.lock_plan(uow, queries.policy(uow, POLICY))
                        transfers.apply(uow, system(), transfer)
        except BihuanError:
            continue  # nothing held, same place twice, over the limit: the ledger says so
    return firm


def naive(firm: Firm, periods: tuple[str, ...]) -> dict[tuple[str, str], dict[str, D]]:
    """Every entry by hand: leaf -> column -> sum; a transfer under approval reserves what its cells give."""
    sums: dict[tuple[str, str], dict[str, D]] = defaultdict(lambda: defaultdict(D))
    with firm.database.engine.connect() as conn:
        entries = conn.exec_driver_sql(
            "SELECT stage, kind, amount, coordinate, period, transfer_id FROM ledger_entry"
        ).all()
        held = conn.exec_driver_sql("SELECT lines FROM transfer WHERE status = 'held'").all()
    for stage, kind, amount, coordinate, period, transfer in entries:
        if period not in periods or stage == "forced" or (stage == "reserved" and transfer is not None):
            continue
        column = stage if stage != "budget" else "original" if kind == "release" else "adjusted"
        sums[coordinate["org"], coordinate["科目"]][column] += amount
    for (lines,) in held:
        for line in lines:
            if line["period"] in periods and D(line["amount"]) < 0:
                sums[line["coordinate"]["org"], line["coordinate"]["科目"]]["reserved"] -= D(line["amount"])
    return sums


@pytest.mark.parametrize("span", SPANS)
def test_the_board_is_what_the_entries_add_up_to(busy: Firm, span: str) -> None:
    board, sums = busy.board(period="2026-03", span=span), naive(busy, SPANS[span])
    for org, account in itertools.product(("G", "甲", "乙", *ORGS), ("费用", "行政", *ACCOUNTS)):
        terms = board.rows[org, account].terms
        for column in COLUMNS:
            expected = sum((sums[leaf][column] for leaf in itertools.product(UNDER[org], UNDER[account])), D(0))
            assert (getattr(terms, column) or D(0)) == expected, (org, account, column)
    assert board.total is not None
    assert board.total.terms.executed


def test_the_children_of_a_node_add_up_to_it_in_every_column(busy: Firm) -> None:
    board = busy.board(period="2026-03", span="year")
    for org, account in board.rows:
        for along, node in ((0, org), (1, account)):
            if node not in CHILDREN:
                continue
            places = [(c, account) if along == 0 else (org, c) for c in CHILDREN[node]]
            for column in COLUMNS:
                of_children = sum((getattr(board.rows[p].terms, column) or D(0) for p in places), D(0))
                assert (getattr(board.rows[org, account].terms, column) or D(0)) == of_children, (org, account, column)


@pytest.mark.parametrize("seed", range(6))
def test_nobody_sees_more_than_a_second_predicate_lets_them(busy: Firm, seed: int) -> None:
    """Random grants: shown are the sums of the leaf cells that may be seen, marked when some may not."""
    dice = random.Random(seed)
    nodes = {"org": ["甲", "乙", *ORGS], "科目": ["行政", *ACCOUNTS]}
    grants = [Grant("monitoring.read")]
    for effect in ("allow", "allow", "deny"):
        dims = dice.choice([["org"], ["org", "科目"]])
        limits = {d: ((Limit(dice.choice(nodes[d])),),) for d in dims}
        grants.append(Grant("plan.read", effect, limits))  # type: ignore[arg-type]

    def sees(leaf: tuple[str, str]) -> bool:
        at = dict(zip(("org", "科目"), leaf, strict=True))
        hit = [
            g.effect
            for g in grants[1:]
            if all(at[d] in UNDER[member.member] for d, groups in g.limits.items() for (member,) in groups)
        ]
        return "allow" in hit and "deny" not in hit

    reader_of = Principal(9, "p", "p", grants=tuple(grants), hierarchies=busy.container.trees)
    with busy.database.reading() as reader:
        board = board_queries.board(reader, reader_of, model="firm", period="2026-03", span="year")
    sums = naive(busy, MONTHS)
    for org, account in itertools.product(("G", "甲", "乙", *ORGS), ("费用", "行政", *ACCOUNTS)):
        leaves = list(itertools.product(UNDER[org], UNDER[account]))
        seen = [leaf for leaf in leaves if sees(leaf)]
        row = board.rows.get((org, account))
        if not seen:
            assert row is None, (org, account)
            continue
        assert row is not None, (org, account)
        assert row.partial == (len(seen) < len(leaves))
        for column in COLUMNS:
            expected = sum((sums[leaf][column] for leaf in seen), D(0))
            assert (getattr(row.terms, column) or D(0)) == expected, (org, account, column)
    listed = {node.code for axis in board.axes for node in axis.nodes}
    assert listed == {code for place in board.rows for code in place}, "no name without a number of one's own"


def test_a_head_sees_the_department_and_of_the_group_only_that_part(busy: Firm) -> None:
    board, whole = busy.board("jia1", period="2026-03"), busy.board(period="2026-03")
    assert {node.code for node in board.axes[0].nodes} == {"G", "甲", "甲一"}
    assert not board.rows["甲一", "费用"].partial
    assert board.rows["G", "费用"].partial
    assert board.rows["G", "费用"].terms == board.rows["甲一", "费用"].terms == whole.rows["甲一", "费用"].terms


def test_a_subtree_begins_where_it_is_asked_to(busy: Firm) -> None:
    board = busy.board(members={"org": "甲", "科目": "行政"}, period="2026-03")
    assert [node.code for node in board.axes[0].nodes] == ["甲", "甲一", "甲二"]
    assert board.total is not None
    assert board.total.terms == busy.board(period="2026-03").rows["甲", "行政"].terms


def test_one_dimension_down_the_rows_keeps_the_other_at_its_member(busy: Firm) -> None:
    board = busy.board(along=["科目"], members={"org": "甲一"}, period="2026-03")
    both = busy.board(period="2026-03")
    assert {at: row.terms for (at,), row in board.rows.items()} == {
        account: both.rows["甲一", account].terms for account in ("费用", "行政", *ACCOUNTS)
    }


def test_the_documents_behind_what_is_held_add_up_to_the_board(busy: Firm) -> None:
    board = busy.board(period="2026-03", span="year")
    with busy.database.reading() as reader:
        for org, account in itertools.product(("G", "甲", *ORGS), ("费用", *ACCOUNTS)):
            held = board_queries.open_holds(
                reader, system(), model="firm", item=ITEM, members={"org": org, "科目": account}, period="2026-03"
            )
            row = board.rows[org, account].terms
            for stage in ("reserved", "committed"):
                assert sum((h.amount for h in held if h.stage == stage), D(0)) == (getattr(row, stage) or D(0))


def test_without_the_right_there_is_no_board(busy: Firm) -> None:
    with busy.database.reading() as reader, pytest.raises(Forbidden):
        board_queries.board(reader, Principal(1, "x", "x"), model="firm")


def test_the_pace_of_a_year_is_its_periods_passed(busy: Firm) -> None:
    boards: dict[str, Board] = {span: busy.board(period="2026-03", span=span) for span in SPANS}
    rows = {span: board.total for span, board in boards.items()}
    assert {span: row.progress for span, row in rows.items() if row} == {"month": 1, "to_date": 1, "year": D("0.25")}
    assert busy.board().period == "2026-03"  # the business date's
