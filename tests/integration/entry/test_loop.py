"""The loop on a small shop, in order: prepare, submit, return, approve, release, spend, transfer; plan and ledger agree."""

from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.access.model import system
from bihuan.features.control import commands as control
from bihuan.features.control import queries as control_queries
from bihuan.features.control.model import BudgetCell, BudgetExceeded, Request, RequestLine
from bihuan.features.control.reconcile import reconcile
from bihuan.features.control.subjects import DOCUMENT, TRANSFER
from bihuan.features.entry import commands as entry
from bihuan.features.entry import queries as entry_queries
from bihuan.features.entry.model import ChecksFailed, NoSuchUnit, WrongUnitStatus, require_checks
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as versions
from bihuan.features.planning.model import CellEdit
from bihuan.features.process import commands as process
from bihuan.kernel.errors import Forbidden

from .conftest import AMOUNT, Shop

ITEM = "费用!金额"
PLACE = {"org": "A", "科目": "差旅", "item": ITEM}
JAN = "2026-01"


def edit(shop: Shop, org: str, amount: str) -> Any:
    cell = CellEdit(AMOUNT, {"org": org, "科目": "差旅"}, JAN, Decimal(100), Decimal(amount))
    with shop.database.writing() as uow:
        return planning.save(uow, shop.person("li"), version_id=shop.version, edits=[cell], base_seq=0)


def status(shop: Shop, org: str) -> dict[str, Any]:
    with shop.database.reading() as reader:
        return entry_queries.unit(reader, system(), unit_id=shop.units[org])


def submit(shop: Shop, org: str, who: str = "li") -> Any:
    with shop.database.writing() as uow:
        return entry.submit(uow, shop.person(who), unit_id=shop.units[org], flow="一级")


def decide(shop: Shop, moved: Any, action: Any, comment: str = "") -> Any:
    with shop.database.writing() as uow:
        return process.act(uow, shop.person("wang"), task_id=next(iter(moved.tasks)), action=action, comment=comment)


def differences(shop: Shop) -> list[Any]:
    with shop.database.reading() as reader:
        return reconcile(reader, control_queries.policy(reader, "费用控制"))


def test_1_a_stranger_can_neither_submit_nor_see_a_unit(shop: Shop) -> None:
    with pytest.raises(Forbidden):
        submit(shop, "A", "sun")
    with pytest.raises(NoSuchUnit), shop.database.reading() as reader:
        entry_queries.unit(reader, shop.person("sun"), unit_id=shop.units["A"])


def test_2_failed_checks_keep_a_unit_in_preparation(shop: Shop) -> None:
    unbind = require_checks(lambda _reader, _version, org: [f"{org} 不平"])
    with pytest.raises(ChecksFailed, match="A 不平"):
        submit(shop, "A")
    unbind()
    assert status(shop, "A")["status_name"] == "编制中"


def test_3_a_submitted_unit_is_locked_in_the_name_of_who_has_it_and_free_again_when_returned(shop: Shop) -> None:
    moved = submit(shop, "A")
    shown = status(shop, "A")
    assert (shown["status"], shown["holder"]) == ("submitted", "wang")
    refused = edit(shop, "A", "120").cells[0]
    assert refused.code == "locked"
    assert "wang" in refused.message
    decide(shop, moved, "return", "请核实差旅")
    assert (status(shop, "A")["status"], status(shop, "A")["holder"]) == ("preparing", "li")
    assert edit(shop, "A", "110").outcome == "saved"


def test_4_a_unit_is_not_released_before_it_is_approved(shop: Shop) -> None:
    with pytest.raises(WrongUnitStatus), shop.database.writing() as uow:
        control.release_budget(uow, shop.person("boss"), version_id=shop.version, policy="费用控制", orgs=["A"])


def test_5_resubmitted_and_approved_by_another_person_it_stays_locked(shop: Shop) -> None:
    moved = submit(shop, "A")
    assert status(shop, "A")["case"]["round"] == 2
    assert decide(shop, moved, "approve").status == "approved"
    assert status(shop, "A")["status"] == "approved"
    assert edit(shop, "A", "1").cells[0].code == "locked"


def test_6_release_makes_the_approved_cells_what_may_be_spent(shop: Shop) -> None:
    with shop.database.writing() as uow:
        done = control.release_budget(uow, shop.person("boss"), version_id=shop.version, policy="费用控制", orgs=["A"])
    assert (done.cells, done.total) == (24, Decimal(1810))  # (100 + 50) x 12, and 10 more in January
    assert status(shop, "A")["status"] == "released"
    with shop.database.reading() as reader:  # B goes on preparing: the version as a whole is not released
        assert versions.version(reader, "shop", "B2026").status == "open"
    assert edit(shop, "A", "1").cells[0].code == "frozen"
    assert edit(shop, "B", "100").cells[0].code == "conflict"  # B is another unit: open, but it holds 80
    assert differences(shop) == []
    with pytest.raises(WrongUnitStatus), shop.database.writing() as uow:
        control.release_budget(uow, shop.person("boss"), version_id=shop.version, policy="费用控制", orgs=["A"])


def test_7_a_request_holds_until_it_is_returned_and_an_exceeding_one_is_refused(shop: Shop) -> None:
    request = Request("r1", "YK-1", (RequestLine(PLACE, JAN, Decimal(110)),))
    with shop.database.writing() as uow:
        li = shop.person("li")
        held = control.reserve(uow, li, policy="费用控制", request=request)
        moved = process.start(
            uow, li, flow="一级", subject_kind=DOCUMENT, subject_id=held.document_id, title="差旅", place={}
        )
    more = Request("r2", "YK-2", (RequestLine(PLACE, JAN, Decimal("0.01")),))
    with pytest.raises(BudgetExceeded, match="YK-1"), shop.database.writing() as uow:
        control.reserve(uow, shop.person("li"), policy="费用控制", request=more)
    decide(shop, moved, "return", "金额请拆分")
    with shop.database.writing() as uow:
        small = control.reserve(uow, shop.person("li"), policy="费用控制", request=more)
    with pytest.raises(BudgetExceeded), shop.database.writing() as uow:
        process.resubmit(uow, shop.person("li"), instance_id=moved.instance_id)
    with shop.database.writing() as uow:
        control.release(uow, shop.person("li"), document_id=small.document_id)
        again = process.resubmit(uow, shop.person("li"), instance_id=moved.instance_id)
    assert decide(shop, again, "approve").status == "approved"
    assert differences(shop) == []


def test_8_an_approved_transfer_changes_plan_cell_and_balance_together(shop: Shop) -> None:
    cells = [
        BudgetCell(PLACE, "2026-02", Decimal(-30)),
        BudgetCell({**PLACE, "科目": "会议"}, "2026-02", Decimal(30)),
    ]
    with shop.database.writing() as uow:
        li = shop.person("li")
        asked = control.request_transfer(uow, li, policy="费用控制", kind="transfer", cells=cells, reason="会议增加")
        moved = process.start(uow, li, flow="一级", subject_kind=TRANSFER, subject_id=asked, title="调剂", place={})
    with pytest.raises(Forbidden), shop.database.writing() as uow:
        process.act(uow, shop.person("li"), task_id=next(iter(moved.tasks)), action="approve")
    assert differences(shop) == []
    assert decide(shop, moved, "approve").status == "approved"
    with shop.database.reading() as reader:
        policy = control_queries.policy(reader, "费用控制")
        cells_now = {(c["coordinate"]["科目"], c["period"]): c for c in control_queries.budget(reader, policy)}
    assert cells_now["差旅", "2026-02"]["current"] == 70
    assert cells_now["会议", "2026-02"]["current"] == 80
    assert cells_now["会议", "2026-02"]["original"] == 50
    assert cells_now["会议", "2026-02"]["transferred"] == 30
    assert differences(shop) == []


def test_9_what_the_plan_loses_behind_the_ledgers_back_is_found(shop: Shop) -> None:
    with shop.database.writing() as uow:
        cell = CellEdit(AMOUNT, {"org": "A", "科目": "差旅"}, "2026-03", Decimal(100), Decimal(99))
        planning.append(uow, system(), version_id=shop.version, edits=[cell], source="test", reason="")
    (found,) = differences(shop)
    assert (found["what"], found["ledger"], found["plan"]) == ("plan", Decimal(100), Decimal(99))
