"""How long who held a case, from its log; the hours are counted by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bihuan.features.process.spans import Span, Visit, walk

START = datetime(2026, 10, 26, 9, 0, tzinfo=UTC)
Line = tuple[float, str, str]


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def line(
    hours: float,
    actor: str,
    action: str,
    *,
    task: int | None = None,
    opened: str = "",
    target: str = "",
    round_: int = 1,
) -> dict[str, Any]:
    return {
        "at": at(hours),
        "actor": actor,
        "action": action,
        "task_id": task,
        "opened": opened,
        "target": target,
        "round": round_,
    }


def held(spans: list[Span], now: float) -> list[tuple[str, str, float, str]]:
    return [(s.node, s.person, s.seconds(at(now)) / 3600, s.outcome) for s in spans]


RETURNED_ONCE = [
    line(0, "li", "submit", opened="部门"),
    line(6, "wang", "approve", task=1, opened="财务"),
    line(8, "li", "remind"),
    line(20, "chen", "return", task=2),
    line(40, "li", "submit", opened="部门", round_=2),
    line(41, "wang", "approve", task=3, opened="财务", round_=2),
]


def test_each_node_and_person_has_the_hours_from_its_turn_to_its_action() -> None:
    visits, spans = walk(
        RETURNED_ONCE,
        requester="li",
        owners={1: "wang", 2: "chen", 3: "wang", 4: "chen"},
        holders=["chen"],
        status="running",
    )
    assert held(spans, 69) == [
        ("部门", "wang", 6, "approve"),
        ("财务", "chen", 14, "return"),
        ("", "li", 20, "submit"),
        ("部门", "wang", 1, "approve"),
        ("财务", "chen", 28, ""),
    ]
    assert [(v.node, v.round, v.outcome) for v in visits] == [
        ("部门", 1, "approve"),
        ("财务", 1, "return"),
        ("", 1, "submit"),
        ("部门", 2, "approve"),
        ("财务", 2, ""),
    ]
    assert visits[-1] == Visit("财务", 2, at(41))


def test_a_returned_case_is_with_its_requester() -> None:
    _, spans = walk(RETURNED_ONCE[:4], requester="li", owners={1: "wang", 2: "chen"}, holders=[], status="returned")
    assert held(spans, 25)[-1] == ("", "li", 5, "")


def test_all_of_a_node_end_when_each_agrees_and_the_node_when_the_last_does() -> None:
    log = [
        line(0, "li", "submit", opened="归口"),
        line(2, "he", "approve", task=1),
        line(9, "gao", "approve", task=2, opened="财务"),
        line(10, "chen", "approve", task=3),
    ]
    visits, spans = walk(log, requester="li", owners={1: "he", 2: "gao", 3: "chen"}, holders=[], status="approved")
    assert held(spans, 99) == [
        ("归口", "he", 2, "approve"),
        ("归口", "gao", 9, "approve"),
        ("财务", "chen", 1, "approve"),
    ]
    assert [(v.node, v.until) for v in visits] == [("归口", at(9)), ("财务", at(10))]


def test_a_task_given_to_another_divides_the_time_between_them_whoever_gave_it() -> None:
    log = [
        line(0, "li", "submit", opened="财务"),
        line(5, "admin", "reassign", task=1, target="cfo"),
        line(8, "cfo", "approve", task=2),
    ]
    _, spans = walk(log, requester="li", owners={1: "chen", 2: "cfo"}, holders=[], status="approved")
    assert held(spans, 99) == [("财务", "chen", 5, "reassign"), ("财务", "cfo", 3, "approve")]


def test_a_case_sent_back_to_an_earlier_node_is_there_again() -> None:
    log = [
        line(0, "li", "submit", opened="部门"),
        line(1, "wang", "approve", task=1, opened="财务"),
        line(3, "chen", "return", task=2, target="a", opened="部门"),
        line(7, "wang", "approve", task=3, opened="财务"),
    ]
    _, spans = walk(
        log, requester="li", owners={1: "wang", 2: "chen", 3: "wang", 4: "chen"}, holders=["chen"], status="running"
    )
    assert held(spans, 12) == [
        ("部门", "wang", 1, "approve"),
        ("财务", "chen", 2, "return"),
        ("部门", "wang", 4, "approve"),
        ("财务", "chen", 5, ""),
    ]


def test_a_withdrawn_case_is_with_nobody() -> None:
    log = [line(0, "li", "submit", opened="部门"), line(4, "li", "withdraw")]
    visits, spans = walk(log, requester="li", owners={}, holders=[], status="withdrawn")
    assert spans == []
    assert [(v.node, v.until, v.outcome) for v in visits] == [("部门", at(4), "withdraw")]
