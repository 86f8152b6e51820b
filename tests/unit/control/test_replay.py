"""A history judged again under other rules: every answer computed by hand."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from bihuan.features.control.ledger import Ledger, PolicyInForce
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import Trees
from bihuan.features.control.simulating.replay import Judged, Past, replay
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.store.unit_of_work import UnitOfWork

CALENDAR = ControlCalendar((YearPeriods("2026", ("2026-01", "2026-02")),))
TREES = Trees({"org": {"G": "", "A": "G", "B": "G"}})
BY_MONTH = {"code": "月", "window": "month", "by": {"org": "leaf"}}


def at(minute: int) -> datetime:
    return datetime(2026, 1, 1, 9, minute, tzinfo=UTC)


def past(minute: int, stage: str, kind: str, amount: str, document: int | None = None, **more: Any) -> Past:
    place = json.dumps({"org": more.pop("org", "A")})
    held = {"document": document, "holder": document, "period": "2026-01", **more}
    return Past(at(minute), stage, kind, Decimal(amount), place, **held)


def judged(history: list[Past], *rules: dict[str, Any], since: int = 0, **policy: Any) -> list[Judged]:
    text = {"policy": "草案", "rules": list(rules) or [BY_MONTH], **policy}
    draft = PolicyInForce(0, read_policy(text, calendar=CALENDAR, trees=TREES), {}, None)
    ledger = Ledger(cast(UnitOfWork, None), "zhang", draft)
    return list(replay(ledger, history, lambda when: when >= at(since)))


BUDGET = past(0, "budget", "release", "100")


def answers(found: list[Judged]) -> list[tuple[int | None, str, bool]]:
    return [(j.document, j.answer, j.blocked) for j in found]


def test_a_blocked_document_leaves_its_room_and_what_became_of_it_is_not_counted() -> None:
    history = [
        BUDGET,
        past(1, "reserved", "reserve", "70", 1),
        past(2, "reserved", "reserve", "31", 2),
        past(3, "reserved", "execute", "-31", 2),
        past(3, "executed", "execute", "31", 2),
        past(4, "reserved", "reserve", "30", 3),
    ]
    found = judged(history)
    assert answers(found) == [(1, "none", False), (2, "exception", True), (3, "none", False)]
    assert found[1].findings[0].short == 1


def test_what_was_before_the_stretch_is_booked_unjudged() -> None:
    history = [BUDGET, past(1, "reserved", "reserve", "170", 1), past(5, "reserved", "reserve", "1", 2)]
    assert answers(judged(history, since=5)) == [(2, "exception", True)]


def test_lines_of_one_document_are_judged_together_and_documents_of_one_moment_apart() -> None:
    history = [
        BUDGET,
        past(1, "reserved", "reserve", "60", 1),
        past(1, "reserved", "reserve", "50", 1),
        past(1, "reserved", "reserve", "90", 2),
    ]
    found = judged(history)
    assert answers(found) == [(1, "exception", True), (2, "none", False)]
    assert found[0].amount == 110


def test_a_document_taken_over_gives_its_room_to_the_later_one() -> None:
    history = [
        BUDGET,
        past(1, "reserved", "reserve", "80", 1),
        past(2, "reserved", "draw", "-80", 2, holder=1),
        past(2, "committed", "reserve", "95", 2),
        past(3, "reserved", "reserve", "5", 3),
        past(4, "reserved", "reserve", "1", 4),
    ]
    assert [j.blocked for j in judged(history)] == [False, False, False, True]


def test_when_the_later_one_is_blocked_the_earlier_one_holds_on() -> None:
    history = [
        BUDGET,
        past(1, "reserved", "reserve", "80", 1),
        past(2, "reserved", "draw", "-80", 2, holder=1),
        past(2, "committed", "reserve", "101", 2),
        past(3, "reserved", "reserve", "21", 3),
    ]
    assert answers(judged(history))[1:] == [(2, "exception", True), (3, "exception", True)]


def test_an_approved_exception_is_given_again_but_not_against_a_rule_that_refuses_for_good() -> None:
    history = [
        BUDGET,
        past(1, "reserved", "reserve", "120", 1),
        past(1, "forced", "override", "20", 1),
        past(2, "reserved", "reserve", "1", 2),
    ]
    found = judged(history)
    assert found[0].excepted
    assert answers(found) == [(1, "exception", False), (2, "exception", True)]
    hard = {**BY_MONTH, "bands": [{"percent": 100, "do": "refuse"}]}
    assert answers(judged(history, hard)) == [(1, "refuse", True), (2, "none", False)]


def test_submitted_again_it_is_judged_again() -> None:
    history = [
        BUDGET,
        past(1, "reserved", "reserve", "101", 1),
        past(2, "reserved", "return", "-101", 1),
        past(3, "reserved", "reserve", "100", 1),
    ]
    assert answers(judged(history)) == [(1, "exception", True), (1, "none", False)]


def test_no_budget_no_rule_no_place() -> None:
    history = [past(1, "reserved", "reserve", "1", 1), BUDGET, past(2, "reserved", "reserve", "1", 2, org="X")]
    found = judged(history)
    assert answers(found) == [(1, "unplaced", True), (2, "unplaced", True)]
    assert "没有已下达的预算" in found[0].fault
    assert "X" in found[1].fault
    assert answers(judged(history[:1], unbudgeted="allow")) == [(1, "none", False)]


def test_what_was_spent_before_the_budget_counts_once_it_is_there() -> None:
    history = [past(0, "executed", "direct", "99"), BUDGET, past(2, "reserved", "reserve", "2", 1)]
    assert answers(judged(history)) == [(1, "exception", True)]


def test_an_exempt_kind_holds_nothing() -> None:
    history = [
        BUDGET,
        past(1, "reserved", "reserve", "500", 1, document_kind="抢险"),
        past(2, "reserved", "reserve", "100", 2),
    ]
    exempt = [{"code": "抢险", "documents": ["抢险"]}]
    assert answers(judged(history, exempt=exempt)) == [(1, "none", False), (2, "none", False)]


def test_what_a_transfer_holds_is_not_held() -> None:
    history = [BUDGET, past(1, "reserved", "hold", "60", 9, of_transfer=True), past(2, "reserved", "reserve", "100", 1)]
    assert answers(judged(history)) == [(1, "none", False)]
