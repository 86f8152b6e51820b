"""A transfer that a case asks for holds its source; whoever spends there at the same moment gets only what is left."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal as D

import pytest

from bihuan.features.access.model import system
from bihuan.features.control import queries as control
from bihuan.features.control.commands import transfers
from bihuan.features.control.model import BadTransfer
from bihuan.features.control.reconcile import reconcile
from bihuan.features.control.transfer_queries import effect
from bihuan.features.monitoring import alerting, commands, transferring
from bihuan.features.process import commands as process
from bihuan.kernel.errors import BihuanError

from .conftest import POLICY, Firm, available, cell


@pytest.fixture(scope="module")
def case_id(firm: Firm) -> int:
    firm.spend("记-1", "甲一", "差旅", "2026-03", "40000")
    with firm.database.writing() as uow:
        (case,) = alerting.evaluate(uow, system(), model="firm").cases
        commands.explain(uow, firm.person("jia1"), case_id=case, text="展会")
    return case


def test_what_a_transfer_would_do_is_told_without_others_figures(firm: Firm, case_id: int) -> None:
    assert case_id
    cells = [cell("乙一", "广告", "2026-03", "-3000"), cell("甲一", "差旅", "2026-03", "3000")]
    with firm.database.reading() as reader:
        mine = effect(reader, firm.person("jia1"), policy=POLICY, kind="transfer", cells=cells)
        whole = effect(reader, system(), policy=POLICY, kind="transfer", cells=cells)
    assert {(r["gives"], r["available"] is None) for r in mine if "全年" in r["title"] or True} >= {
        (True, True),
        (False, False),
    }
    own = next(r for r in mine if r["key"] and "差旅费" in r["key"])
    assert (own["available"], own["after"]) == (D("104000.00"), D("107000.00"))
    assert all(r["available"] is not None for r in whole)
    too_much = [cell("乙一", "广告", "2026-03", "-12000.01"), cell("甲一", "差旅", "2026-03", "12000.01")]
    with pytest.raises(BadTransfer) as refused, firm.database.reading() as reader:
        effect(reader, firm.person("jia1"), policy=POLICY, kind="transfer", cells=too_much)
    assert "12,000" not in str(refused.value), "what others have is not said"


def test_too_much_is_refused_without_naming_what_there_is(firm: Firm, case_id: int) -> None:
    cells = [cell("乙一", "广告", "2026-03", "-12000.01"), cell("甲一", "差旅", "2026-03", "12000.01")]
    with pytest.raises(BadTransfer) as refused, firm.database.writing() as uow:
        transferring.decide_transfer(uow, firm.person("jia1"), case_id=case_id, cells=cells)
    assert "12,000" not in str(refused.value)
    assert not refused.value.facts


def test_the_source_is_never_overspent_while_a_transfer_is_asked_for(firm: Firm, case_id: int) -> None:
    """144,000 for the year: one transfer of 12,000 from March, and sixteen people who want 12,000 each, at once."""
    clients = 17
    barrier = threading.Barrier(clients)
    cells = [cell("乙一", "广告", "2026-03", "-12000"), cell("甲一", "差旅", "2026-03", "12000")]

    def work(client: int) -> bool:
        barrier.wait(30)
        try:
            if client:
                firm.request(f"单-{client}", "乙一", "广告", "2026-03", "12000")
            else:
                with firm.database.writing() as uow:
                    transferring.decide_transfer(uow, firm.person("jia1"), case_id=case_id, cells=cells)
        except BihuanError:
            return False
        return True

    with ThreadPoolExecutor(clients) as pool:
        done = list(pool.map(work, range(clients)))
    assert sum(done) == 12, "exactly what there was"
    assert available(firm, "乙一", "广告") == 0
    if done[0]:
        with firm.database.writing() as uow:
            row = uow.row("monitoring.case", id=case_id)
            assert row is not None
            assert row["holder"] == "yihead"
            asked = transfers.of(uow, row["transfer_id"])
            assert asked.status == "held"
            for login in ("yihead", "finance"):
                instance = uow.value("process.instance_of", kind="transfer", id=asked.id)
                (task,) = uow.rows("process.tasks_open", instance_id=instance)
                process.act(uow, firm.person(login), task_id=task["id"], action="approve")
        assert available(firm, "乙一", "广告") == 0, "what was held is what was given"
    with firm.database.reading() as reader:
        policy = control.policy(reader, POLICY)
        assert control.counters_differ(reader, policy) == reconcile(reader, policy) == []
