"""Planning, activating and withdrawing another text of a policy by its routes, and the history they leave."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.control import commands
from bihuan.features.modelling import queries as models
from bihuan.features.planning import commands as planning
from bihuan.features.planning import versions
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.model import CellEdit
from bihuan.store.unit_of_work import Database

from .office import ITEM, PACKAGE, POLICY, Office, opened

OLD = PACKAGE["policies/费用控制.yaml"]
NEW = OLD.replace("window: cumulative", "window: quarter")
PATH = f"/control/policies/{POLICY}/editions"


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data")) as office:
        with database.writing() as uow:
            grants = [{"action": a} for a in ("control.policy", "control.read", "model.read")]
            access.define_role(uow, system(), code="keeper", name="keeper", grants=grants)
            for login, orgs in (("gao", ["G"]), ("bei", ["N"])):
                access.add_user(uow, system(), login=login, name=login, password=None)
                limits = {"model": ["office"], "org": orgs}
                access.assign_roles(uow, system(), login=login, assignments=[{"role": "keeper", "limits": limits}])
            access.set_business_date(uow, system(), date(2026, 1, 15), reason="test")
        yield office


def release(database: Database) -> None:
    with database.writing() as uow:
        version = next(v for v in versions.all_of(uow, models.find(uow, "office").id) if v.role == "预算")
        edit = CellEdit(ref_of(ITEM), {"org": "N1", "科目": "差旅费"}, "2026-03", None, Decimal(1000))
        planning.append(uow, system(), version_id=version.id, edits=[edit], source="test", reason="")
    with database.writing() as uow:
        commands.release_budget(uow, system(), version_id=version.id, policy=POLICY)


def plan(office: Office, login: str | None, **body: Any) -> Any:
    return office.call(login, "POST", PATH, json={"text": NEW, "reason": "按季管", **body})


def test_1_nobody_plans_without_the_right_over_the_whole_company(office: Office) -> None:
    for login, status in ((None, 401), ("shen", 403), ("bei", 403)):
        assert plan(office, login).status_code == status
        assert office.call(login, "POST", "/control/editions/1/withdraw", json={"reason": "x"}).status_code == status
        assert office.call(login, "POST", "/control/editions/1/activate").status_code == status
    assert office.call(None, "GET", PATH).status_code == 401
    assert office.call("shen", "GET", PATH).status_code == 403


def test_2_a_policy_that_released_nothing_is_applied_from_the_package(office: Office) -> None:
    refused = plan(office, "gao")
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_activate")
    assert "还没有下达预算" in refused.text
    (only,) = office.call("gao", "GET", PATH).json()
    assert (only["status"], only["edition"], only["changes"]) == ("active", 1, [])


def test_3_planned_withdrawn_planned_again_and_activated_and_the_history_says_it_all(office: Office) -> None:
    release(office.database)
    first = plan(office, "gao", starts_on="2026-02-01").json()["id"]
    assert plan(office, "gao", starts_on="2026-02-01").status_code == 409
    assert office.call("gao", "POST", f"/control/editions/{first}/withdraw", json={"reason": " "}).status_code == 422
    assert office.call("gao", "POST", f"/control/editions/{first}/withdraw", json={"reason": "早了"}).status_code == 204
    second = plan(office, "gao", starts_on="2026-02-01").json()["id"]
    planned, *_ = office.call("gao", "GET", PATH).json()
    assert (planned["id"], planned["status"], planned["starts_on"]) == (second, "planned", "2026-02-01")
    assert [(c["code"], c["part"], c["was"], c["now"]) for c in planned["changes"]] == [
        ("差旅", "window", "cumulative", "quarter")
    ]
    assert office.call("gao", "POST", f"/control/editions/{second}/activate").json() == {"activated": True}
    assert office.call("gao", "POST", f"/control/editions/{second}/activate").json() == {"activated": False}
    now, *past = office.call("gao", "GET", PATH).json()
    assert (now["id"], now["status"], now["edition"], now["reason"]) == (second, "active", 2, "按季管")
    assert (now["text"], now["author_name"], now["started_by"]) == (NEW, "gao", "gao")
    assert now["changes"] == planned["changes"]
    assert {p["status"] for p in past} == {"past", "withdrawn"}
    assert next(p for p in past if p["status"] == "past")["ended_by"] == "gao"
    assert office.call("gao", "GET", f"/control/policies/{POLICY}/text").json()["text"] == NEW
    (row,) = [
        b
        for b in office.call("gao", "GET", "/control/buckets", params={"policy": POLICY, "rule": "差旅"}).json()
        if b["window"] == "2026Q1"
    ]
    assert row["available"] == "1000.00"


def test_4_at_once_and_a_text_that_cannot_be_read_says_where(office: Office) -> None:
    bad = plan(office, "gao", text=NEW.replace("window: quarter", "window: weekly"))
    assert bad.status_code == 422
    assert bad.json()["facts"]["problems"][0]["found"] == "rule 差旅 window: weekly"
    assert plan(office, "gao", text=NEW, reason="再来").status_code == 409, "nothing would change"
    assert plan(office, "gao", text=OLD, reason="退回").status_code == 201
    assert office.call("gao", "GET", PATH).json()[0]["edition"] == 3
    assert office.call("gao", "POST", "/control/editions/999/activate").status_code == 404
    assert plan(office, "gao", starts_on="2026-01-14").status_code == 422
