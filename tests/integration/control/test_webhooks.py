"""Webhooks: told once per crossing, signed, again until taken, never of what their owner may not see."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bihuan.features.access.model import Grant, Limit, Principal
from bihuan.features.control import queries
from bihuan.features.control.service import webhooks
from bihuan.kernel.errors import Forbidden, Invalid
from bihuan.store.unit_of_work import Database, Reader

from .conftest import CLERK

MONTHLY = {"code": "月度", "window": "month", "by": {"org": "leaf"}}
ONE, TWO = {"org": "研发一部"}, {"org": "研发二部"}
JAN = "2026-01"


class Receiver:
    """Takes what is sent, or does not."""

    def __init__(self, *statuses: int) -> None:
        self.statuses, self.got = list(statuses), []  # type: ignore[var-annotated]

    def __call__(self, url: str, content: bytes, headers: Mapping[str, str]) -> int:
        self.got.append((url, content, dict(headers)))
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 0:
            raise OSError("connection refused")
        return status


def notice(database: Database, firm: Any, owner: Principal = CLERK) -> int:
    with database.writing() as uow:
        return webhooks.notice(uow, firm.policy, lambda _login: owner)


def due(reader: Reader, hook: int) -> list[int]:
    """The deliveries of one webhook whose time has come."""
    mine = reader.conn.exec_driver_sql("SELECT id FROM webhook_delivery WHERE webhook_id = %s", (hook,)).scalars().all()
    return [d for d in webhooks.due(reader, 1000) if d in mine]


def test_a_stranger_adds_none_and_an_address_must_be_one(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    code = firm.policy.policy.code
    with database.writing() as uow:
        with pytest.raises(Forbidden):
            webhooks.add(uow, Principal(9, "x", "x"), url="https://a.example/h", policy=code)
        for url in ("ftp://a.example", "a.example", "file:///etc/passwd"):
            with pytest.raises(Invalid):
                webhooks.add(uow, CLERK, url=url, policy=code)


def test_a_crossing_is_told_once_signed_and_again_when_the_row_came_back(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, ONE, JAN, "100")
        hook = webhooks.add(uow, CLERK, url="https://a.example/h", policy=firm.policy.policy.code)
        document = firm.reserve(uow, "A", (ONE, JAN, "79.99"))
    assert notice(database, firm) == 0
    with database.writing() as uow:
        firm.reserve(uow, "B", (ONE, JAN, "10.01"))
    assert notice(database, firm) == 2  # 80 and 90
    assert notice(database, firm) == 0
    receiver = Receiver()
    with database.writing() as uow:
        for delivery in due(uow, hook.id):
            assert webhooks.deliver(uow, delivery, receiver)
            assert webhooks.deliver(uow, delivery, receiver) is None
        assert due(uow, hook.id) == []
    assert [json.loads(c)["percent"] for _, c, _ in receiver.got] == [80, 90]
    url, content, headers = receiver.got[0]
    told = json.loads(content)
    assert (url, told["event"], told["used_percent"]) == ("https://a.example/h", "threshold.crossed", "90.00")
    assert told["row"]["available"] == "10.00"
    wanted = hmac.new(hook.secret.encode(), content, hashlib.sha256).hexdigest()
    assert headers["x-bihuan-signature"] == wanted
    with database.writing() as uow:
        from bihuan.features.control import commands

        commands.release(uow, CLERK, document_id=document)
    assert notice(database, firm) == 2  # both cleared
    with database.writing() as uow:
        firm.voucher(uow, "V", ONE, JAN, "200")
    assert notice(database, firm) == 3  # 80, 90, 100 again


def test_what_is_not_taken_is_sent_again_later_and_given_up_in_the_end(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, ONE, JAN, "100")
        hook = webhooks.add(uow, CLERK, url="https://b.example/h", policy=firm.policy.policy.code)
        firm.reserve(uow, "A", (ONE, JAN, "85"))
    assert notice(database, firm) == 1
    receiver = Receiver(500, 0, 302)
    with database.reading() as reader:
        (delivery,) = due(reader, hook.id)
        start = reader.now()
    later = start
    for n in range(webhooks.TRIES):
        at = Database(database.engine, lambda later=later: later)  # type: ignore[misc]
        with at.writing() as uow:
            assert due(uow, hook.id) == [delivery], n
            assert webhooks.deliver(uow, delivery, Receiver(500) if n > 2 else receiver) is False
            assert due(uow, hook.id) == []  # it waits
        later += timedelta(hours=10)
    with database.reading() as reader:
        (told,) = [w for w in webhooks.listed(reader, CLERK) if w["id"] == hook.id]
        assert (told["sent"], told["queued"], told["given_up"]) == (0, 0, 1)


def test_nobody_is_told_of_rows_they_may_not_see(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    own = Principal(8, "li", "李", grants=(Grant("control.*", limits={"org": ((Limit("研发二部"),),)}),))
    with database.writing() as uow:
        for place in (ONE, TWO):
            firm.budget(uow, place, JAN, "100")
            firm.reserve(uow, place["org"], (place, JAN, "95"))
        hook = webhooks.add(uow, own, url="https://c.example/h", policy=firm.policy.policy.code)
    assert notice(database, firm, own) == 2  # of one row, at 80 and 90
    receiver = Receiver()
    with database.writing() as uow:
        for delivery in due(uow, hook.id):
            webhooks.deliver(uow, delivery, receiver)
    assert {json.loads(c)["row"]["members"][0]["code"] for _, c, _ in receiver.got} == {"研发二部"}


def test_a_stopped_webhook_sends_nothing_more(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, ONE, JAN, "100")
        hook = webhooks.add(uow, CLERK, url="https://d.example/h", policy=firm.policy.policy.code)
        firm.reserve(uow, "A", (ONE, JAN, "85"))
    assert notice(database, firm) == 1
    with database.writing() as uow:
        (delivery,) = due(uow, hook.id)
        webhooks.remove(uow, CLERK, webhook_id=hook.id)
        assert due(uow, hook.id) == []
        assert webhooks.deliver(uow, delivery, Receiver()) is None
        assert queries.counters_differ(uow, firm.policy) == []
