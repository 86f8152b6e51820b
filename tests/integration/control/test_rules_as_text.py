"""One more rule, document type and tax line, as text only: they act without a line of code; a faulty text says all its faults."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest

from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.control import commands
from bihuan.features.control.commands import transfers
from bihuan.features.control.model import BadTransfer, BudgetCell
from bihuan.features.control.windows import WindowMode
from bihuan.features.modelling import commands as modelling
from bihuan.kernel.errors import ProblemsFound
from bihuan.store.unit_of_work import Database

from .office import ITEM, PACKAGE, Office, opened

MORE = """
policy: 广告控制
title: 广告专项
items: [费用!金额]
documents:
  - {code: 投放申请, title: 投放申请, flow: 一人审批, number: TF, where: {科目: [广告费]}}
tax:
  deductible: {科目: [广告费]}
transfers: {history: "no", barred: {org: [N2]}}
supplements: {history: "no"}
rules:
  - {code: 季度广告, title: 广告费按季, window: quarter, where: {科目: [广告费]}, by: {org: 1}, disclose: yes}
"""
FLOW = "code: 一人审批\ntitle: 一人审批\nnodes:\n  - {code: a, title: 财务, holders: [cai]}\n"
TEXTS = {**PACKAGE, "policies/广告控制.yaml": MORE, "flows/一人审批.yaml": FLOW}


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data"), TEXTS) as found:
        yield Office(found.client, database, policy="广告控制")


def test_a_rule_a_document_type_and_a_tax_line_added_as_text_act(office: Office) -> None:
    office.budget("N1", "广告费", "2026-01", "100.00")
    office.budget("N2", "广告费", "2026-02", "50.00")
    forms = {f["policy"]: f for f in office.call("he", "GET", "/spend/forms").json()}
    assert [k["code"] for k in forms["广告控制"]["kinds"]] == ["投放申请"]

    line = office.line(
        "N1", "广告费", "2026-03", "159.00", tax_rate="6"
    )  # 150.00 without tax: the quarter of the division
    made = office.ask("he", line, kind="投放申请").json()
    assert made["number"].startswith("TF-")
    assert list(made["case"]["tasks"].values()) == ["cai"]
    refused = office.ask("qian", office.line("N2", "广告费", "2026-01", "0.01"), kind="投放申请")
    assert refused.json()["code"] == "budget_exceeded"
    assert refused.json()["facts"]["findings"][0]["rule"] == "季度广告"
    assert office.ask("he", office.line("N1", "展会费", "2026-01", "1.00"), kind="投放申请").status_code == 422
    office.decide("cai", made["case"], "return", "等一等")
    held = office.ask("qian", office.line("N2", "广告费", "2026-01", "150.00"), kind="投放申请")
    assert held.status_code == 201


def test_what_may_be_transferred_is_text_and_periods_that_ended_stay_as_they_were(office: Office) -> None:
    with office.database.writing() as uow:
        access.set_business_date(uow, system(), date(2026, 5, 3), reason="五月")
    for month in ("2026-04", "2026-05", "2026-06"):
        office.budget("N1", "广告费", month, "10.00")

    def cell(org: str, month: str, amount: int) -> BudgetCell:
        return BudgetCell({"org": org, "科目": "广告费", "item": ITEM}, month, Decimal(amount))

    asked: dict[str, Any] = {"policy": office.policy, "kind": "transfer"}
    with office.database.reading() as reader:
        passing = [cell("N1", "2026-05", -1), cell("N1", "2026-06", 1)]
        assert transfers.effect(reader, system(), **asked, cells=passing) == []  # the quarter's row stays as it is
    for source, target, told in (
        (cell("N1", "2026-04", -1), cell("N1", "2026-05", 1), "2026-04 已经过去"),
        (cell("N1", "2026-05", -1), cell("N1", "2026-04", 1), "2026-04 已经过去"),
        (cell("N1", "2026-05", -1), cell("N2", "2026-06", 1), "N2 不参加调整"),
    ):
        with pytest.raises(BadTransfer, match=told), office.database.reading() as reader:
            transfers.effect(reader, system(), **asked, cells=[source, target])
        with pytest.raises(BadTransfer, match=told), office.database.writing() as uow:
            transfers.request_transfer(uow, system(), **asked, cells=[source, target], reason="试")
    asked |= {"kind": "supplement", "cells": [cell("N1", "2026-04", 1)], "reason": "迟了"}
    with pytest.raises(BadTransfer, match="2026-04 已经过去"), office.database.writing() as uow:
        transfers.transfer(uow, system(), **asked)


def test_a_faulty_text_names_the_file_and_every_fault(office: Office, database: Database) -> None:
    faulty = {
        **TEXTS,
        "policies/坏.yaml": MORE.replace("广告控制", "坏")
        .replace("flow: 一人审批", "flow: 没有")
        .replace("quarter", "week"),
        "policies/也坏.yaml": MORE.replace("广告控制", "也坏").replace("flow: 一人审批", "flow: 没有"),
    }
    with database.writing() as uow:
        modelling.apply(uow, system(), faulty, name="office", from_revision=1)
    with pytest.raises(ProblemsFound) as refused, database.writing() as uow:
        commands.apply_policies(uow, system(), model="office")
    told = [(p.file, p.found, p.expected) for p in refused.value.problems]
    assert ("policies/坏.yaml", "rule 季度广告 window: week", " ".join(get_args(WindowMode))) in told
    assert ("policies/也坏.yaml", "document 投放申请 flow: 没有", "a flow of flows/: 一人审批 用款审批") in told
