"""The proof finds what is wrong and says where; repair writes entries, and the next proof is empty."""

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from bihuan.features.access.model import Grant, Principal, system
from bihuan.features.control import commands, queries
from bihuan.features.control.reconcile import reconcile, repair, run, runs
from bihuan.kernel.errors import Forbidden, Invalid
from bihuan.store.unit_of_work import Database

from .conftest import CLERK

MONTHLY = {"code": "月度", "window": "month", "by": {"org": "leaf", "account": "leaf"}}
TRAVEL = {"org": "研发一部", "account": "差旅费"}
JAN = "2026-01"


def test_a_stranger_repairs_nothing_and_a_reason_is_needed(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    with pytest.raises(Forbidden), database.writing() as uow:
        repair(uow, Principal(8, "q", "q", grants=(Grant("control.request"),)), firm.policy, reason="x")
    with pytest.raises(Invalid), database.writing() as uow:
        repair(uow, CLERK, firm.policy, reason=" ")


@pytest.mark.parametrize("counter", ["cap", "reserved", "executed", "forced", "original"])
def test_a_counter_that_was_edited_is_found_and_rebuilt_from_entries(
    database: Database, owner_url: str, company: Any, counter: str
) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
        firm.voucher(uow, "V", TRAVEL, JAN, "70")  # 30 beyond
        (row,) = queries.balances(uow, firm.policy, window=JAN)
        assert row.forced == 30
        assert reconcile(uow, firm.policy) == []
    with psycopg.connect(owner_url) as conn:
        conn.execute("ALTER TABLE bucket DROP CONSTRAINT IF EXISTS ck_bucket_within_limit")
        conn.execute(f"UPDATE bucket SET {counter} = {counter} + 7 WHERE id = %s".encode(), (row.id,))  # type: ignore[arg-type]
    with database.writing() as uow:
        done = run(uow, system("reconcile"), firm.policy)
        (found,) = done["differences"]
        assert (found["what"], found["bucket"], found["counter"] - found["ledger"]) == ("counter", row.id, 7)
        (kept,) = runs(uow, firm.policy)
        assert kept["differences"][0]["where"] == found["where"]
        assert kept["checked"]["entries"] == done["checked"]["entries"] >= 4
    with database.writing() as uow:
        assert repair(uow, CLERK, firm.policy, reason="手工改过") == []
        (after,) = queries.balances(uow, firm.policy, window=JAN)
        assert after == row
        entry = uow.conn.exec_driver_sql(
            "SELECT amount, reason FROM ledger_entry WHERE kind = 'rebuild' ORDER BY id"
        ).all()[-1]
        assert entry[0] == 0
        assert counter in entry[1]
    with database.writing() as uow:
        assert run(uow, system(), firm.policy)["differences"] == []


def test_a_document_that_holds_what_it_may_not_gives_it_back(database: Database, owner_url: str, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        document = firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
    with psycopg.connect(owner_url) as conn:
        conn.execute("UPDATE document SET status = 'released' WHERE id = %s", (document,))
    with database.writing() as uow:
        (found,) = reconcile(uow, firm.policy)
        assert (found["what"], found["document"], found["ledger"]) == ("document", document, Decimal(60))
        assert repair(uow, CLERK, firm.policy, reason="孤儿占用") == []
        assert firm.available(uow, JAN) == 100


def test_a_line_that_was_held_for_another_amount_is_found(database: Database, owner_url: str, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        document = firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
        commands.commit_stage(uow, CLERK, document_id=document, amounts={1: Decimal(70)})
        assert reconcile(uow, firm.policy) == []  # committed beyond what was reserved is not a difference
    with psycopg.connect(owner_url) as conn:
        conn.execute("UPDATE document_line SET amount = 61 WHERE document_id = %s", (document,))
    with database.writing() as uow:
        (found,) = repair(uow, CLERK, firm.policy, reason="看看")  # which of the two is right, a person says
        assert (found["what"], found["counter"], found["ledger"]) == ("document", 61, 60)
