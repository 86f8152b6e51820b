"""Scenario tables of flows: which node comes next, who decides there, where a return leads; told by the steps of people."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bihuan.features.access import commands as access
from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import principal_of
from bihuan.features.collaboration import inbox
from bihuan.features.process import commands, model, queries, tending
from bihuan.features.process.commands import Moved
from bihuan.features.process.flow import Flow, Node
from bihuan.features.process.model import (
    NoApprover,
    NotVisited,
    ReasonRequired,
    RemindedAlready,
    TaskTaken,
    WrongStatus,
)
from bihuan.kernel.errors import Forbidden
from bihuan.store.unit_of_work import Database, open_database

from .conftest import Diary

_ids = itertools.count(1000)
FLOWS = {
    "plain": (Node("a", "部门", ("wang",)), Node("b", "财务", ("chen",)), Node("c", "总经理", ("boss",))),
    "all": (Node("a", "归口", ("wang", "zhao"), need="all"), Node("b", "财务", ("chen",))),
    "when": (
        Node("a", "部门", ("wang",)),
        Node("b", "总经理", ("boss",), when="金额 >= 50000"),
        Node("c", "财务", ("chen",)),
    ),
    "skip": (Node("a", "部门", ("li",), nobody="skip"), Node("b", "财务", ("chen",))),
    "refuse": (Node("a", "部门", ("li",)), Node("b", "财务", ("chen",))),
    "head": (Node("a", "事业部", role="head"), Node("b", "财务", ("chen",))),
    "never": (Node("a", "部门", ("wang",), when="金额 > 999999999"),),
}


class Clock:
    """The time as the test says."""

    def __init__(self) -> None:
        self.at = datetime(2026, 10, 26, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_hours(self, hours: float) -> None:
        self.at += timedelta(hours=hours)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def database(database_url: str, clock: Clock) -> Iterator[Database]:
    db = open_database(database_url, now=clock)
    root = system()
    with db.writing() as uow:
        for role, actions in {
            "filler": ["process.submit"],
            "approver": ["process.approve"],
            "head": ["process.approve"],
            "admin": ["process.reassign", "process.read"],
            "outsider": ["plan.read"],
        }.items():
            access.define_role(uow, root, code=role, name=role, grants=[{"action": a} for a in actions])
        people: dict[str, list[dict[str, Any]]] = {
            "li": [{"role": "filler"}],
            **{p: [{"role": "approver"}] for p in ("wang", "zhao", "chen", "boss")},
            "east": [{"role": "head", "limits": {"org": ["E"]}}],
            "west": [{"role": "head", "limits": {"org": ["W"]}}, {"role": "approver"}],  # head of the other division
            "admin": [{"role": "admin"}],
            "sun": [{"role": "outsider"}],
        }
        for login, roles in people.items():
            access.add_user(uow, root, login=login, name=f"{login}先生", password=None)
            access.assign_roles(uow, root, login=login, assignments=roles)
        for code, nodes in FLOWS.items():
            commands.put_flow(uow, root, Flow(code, code, nodes))
    yield db
    db.engine.dispose()


@pytest.fixture
def who(database: Database) -> Callable[[str], Principal]:
    def person(login: str) -> Principal:
        with database.reading() as reader:
            found = principal_of(reader, login)
            assert found is not None
            return found

    return person


AMOUNTS: dict[int, int] = {}


@pytest.fixture(autouse=True)
def subject() -> Iterator[Diary]:
    diary = Diary()
    model.register("diary", diary, lambda _reader, subject_id: {"金额": AMOUNTS.get(subject_id, 0)})
    yield diary
    model._subjects.pop("diary")
    model._facts.pop("diary")


class Walk:
    """A case that people move; ``turn`` = whose turn it is, by login."""

    def __init__(self, database: Database, who: Callable[[str], Principal]) -> None:
        self.database, self.who = database, who
        self.moved: Moved | None = None

    def start(self, flow: str, amount: int = 0, place: dict[str, str] | None = None) -> "Walk":
        subject_id = next(_ids)
        AMOUNTS[subject_id] = amount
        with self.database.writing() as uow:
            self.moved = commands.start(
                uow,
                self.who("li"),
                flow=flow,
                subject_kind="diary",
                subject_id=subject_id,
                title=f"预算 {subject_id}",
                place=place,
            )
        return self

    @property
    def id(self) -> int:
        assert self.moved
        return self.moved.instance_id

    def task(self, login: str) -> int:
        assert self.moved
        return next(t for t, holder in self.shown_tasks().items() if holder == login)

    def shown_tasks(self) -> dict[int, str]:
        with self.database.reading() as reader:
            return {h["task"]: h["holder"] for h in queries.holders(reader, self.id)}

    def do(self, login: str, action: Any, comment: str = "因为", **how: Any) -> "Walk":
        with self.database.writing() as uow:
            self.moved = commands.act(
                uow, self.who(login), task_id=self.task(login), action=action, comment=comment, **how
            )
        return self

    def again(self) -> "Walk":
        with self.database.writing() as uow:
            self.moved = commands.resubmit(uow, self.who("li"), instance_id=self.id)
        return self

    @property
    def at(self) -> tuple[str, list[str]]:
        assert self.moved
        return self.moved.status, sorted(self.shown_tasks().values())

    def case(self, login: str = "li") -> dict[str, Any]:
        with self.database.reading() as reader:
            return queries.case(reader, self.who(login), self.id)


@pytest.fixture
def walk(database: Database, who: Callable[[str], Principal]) -> Walk:
    return Walk(database, who)


OK, BACK, PASS = ("approve", {}), ("return", {}), ("return", {"resume": "direct"})
# flow, amount, steps (who, action and how, or "again" by the requester), the state after each
SCENARIOS: dict[str, tuple[str, int, list[Any], list[tuple[str, list[str]]]]] = {
    "three agree in order": (
        "plain", 0, [("wang", OK), ("chen", OK), ("boss", OK)],
        [("running", ["chen"]), ("running", ["boss"]), ("approved", [])],
    ),
    "returned by the second: every node anew": (
        "plain", 0, [("wang", OK), ("chen", BACK), "again", ("wang", OK), ("chen", OK)],
        [("running", ["chen"]), ("returned", []), ("running", ["wang"]), ("running", ["chen"]), ("running", ["boss"])],
    ),
    "returned by the second, straight back to it": (
        "plain", 0, [("wang", OK), ("chen", PASS), "again", ("chen", OK)],
        [("running", ["chen"]), ("returned", []), ("running", ["chen"]), ("running", ["boss"])],
    ),
    "sent back to the first node: the second comes again": (
        "plain", 0, [("wang", OK), ("chen", OK), ("boss", ("return", {"to": "a"})), ("wang", OK), ("chen", OK)],
        [("running", ["chen"]), ("running", ["boss"]), ("running", ["wang"]), ("running", ["chen"]), ("running", ["boss"])],
    ),
    "sent back to the first node, straight back to the third": (
        "plain", 0, [("wang", OK), ("chen", OK), ("boss", ("return", {"to": "a", "resume": "direct"})), ("wang", OK), ("boss", OK)],
        [("running", ["chen"]), ("running", ["boss"]), ("running", ["wang"]), ("running", ["boss"]), ("approved", [])],
    ),
    "all of a node: one is not enough": (
        "all", 0, [("zhao", OK), ("wang", OK), ("chen", OK)],
        [("running", ["wang"]), ("running", ["chen"]), ("approved", [])],
    ),
    "all of a node: one who returns decides": (
        "all", 0, [("zhao", OK), ("wang", BACK), "again", ("wang", OK), ("zhao", OK)],
        [("running", ["wang"]), ("returned", []), ("running", ["wang", "zhao"]), ("running", ["zhao"]), ("running", ["chen"])],
    ),
    "a small amount passes the chief by": ("when", 49999, [("wang", OK), ("chen", OK)], [("running", ["chen"]), ("approved", [])]),
    "a large one does not": (
        "when", 50000, [("wang", OK), ("boss", OK), ("chen", OK)],
        [("running", ["boss"]), ("running", ["chen"]), ("approved", [])],
    ),
    "a node that has only the requester is passed over": ("skip", 0, [("chen", OK)], [("approved", [])]),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_case_goes_as_the_table_says(walk: Walk, name: str) -> None:
    flow, amount, steps, expected = SCENARIOS[name]
    walk.start(flow, amount)
    found = []
    for step in steps:
        if step == "again":
            walk.again()
        else:
            login, (action, how) = step
            walk.do(login, action, **how)
        found.append(walk.at)
    assert found == expected
    assert walk.case()["chain_broken_at"] is None


def test_the_head_of_another_division_is_not_asked_even_where_he_may_approve_by_another_role(walk: Walk) -> None:
    assert walk.start("head", place={"org": "E"}).at == ("running", ["east"])
    assert walk.start("head", place={"org": "W"}).at == ("running", ["west"])


def test_what_has_no_approver_is_refused_and_what_was_passed_over_is_written_down(walk: Walk) -> None:
    for flow in ("refuse", "never"):
        with pytest.raises(NoApprover):
            walk.start(flow)
    shown = walk.start("skip").case()
    assert [(a["action"], a["node"], a["opened"]) for a in shown["actions"]] == [
        ("submit", "", "财务"),
        ("skip", "部门", ""),
    ]
    assert [(n["title"], n["state"]) for n in shown["nodes"]] == [("部门", "skipped"), ("财务", "current")]


def test_a_case_goes_back_only_where_it_has_been(walk: Walk) -> None:
    walk.start("plain").do("wang", "approve")
    for node in ("b", "c", "x"):
        with pytest.raises(NotVisited, match="a"):
            walk.do("chen", "return", to=node)


def test_the_cards_tell_who_decided_whose_turn_it_is_and_who_will(walk: Walk, clock: Clock) -> None:
    walk.start("when", 60000)
    clock.pass_hours(6)
    walk.do("wang", "approve")
    clock.pass_hours(28)
    cards = walk.case()["nodes"]
    assert [(c["title"], c["state"], c["people"], c["hours"]) for c in cards] == [
        ("部门", "done", ["wang先生"], 6),
        ("总经理", "current", ["boss先生"], 28),
        ("财务", "pending", ["chen先生"], 0),
    ]
    small = walk.start("when", 10).case()["nodes"]
    assert [(c["title"], c["state"]) for c in small] == [
        ("部门", "current"),
        ("总经理", "skipped"),
        ("财务", "pending"),
    ]


def test_durations_are_of_the_clock_whoever_had_it(walk: Walk, clock: Clock) -> None:
    walk.start("plain")
    clock.pass_hours(6)
    walk.do("wang", "approve")
    clock.pass_hours(14)
    walk.do("chen", "return")
    clock.pass_hours(20)
    walk.again()
    clock.pass_hours(1.5)
    spans = walk.case()["spans"]
    assert [(s["name"], s["node"], s["hours"], s["outcome"]) for s in spans] == [
        ("wang先生", "部门", 6, "approve"),
        ("chen先生", "财务", 14, "return"),
        ("li先生", "", 20, "submit"),
        ("wang先生", "部门", 1.5, ""),
    ]
    with walk.database.reading() as reader:
        mine = next(c for c in queries.started_by(reader, walk.who("li")) if c["id"] == walk.id)
    assert (mine["node"], mine["holders"], mine["hours"]) == ("部门", ["wang先生"], 1.5)


# --- absent people ---------------------------------------------------------------------------------------------------


def test_only_who_may_reassign_gives_another_persons_task_away_and_says_why(walk: Walk) -> None:
    walk.start("plain")
    for login in ("sun", "li", "chen"):
        with pytest.raises(Forbidden), walk.database.writing() as uow:
            tending.reassign(uow, walk.who(login), task_id=walk.task("wang"), to="zhao", comment="休假")
    with pytest.raises(ReasonRequired), walk.database.writing() as uow:
        tending.reassign(uow, walk.who("admin"), task_id=walk.task("wang"), to="zhao", comment=" ")
    for to in ("li", "sun", "wang", "nobody"):
        with pytest.raises(NoApprover), walk.database.writing() as uow:
            tending.reassign(uow, walk.who("admin"), task_id=walk.task("wang"), to=to, comment="休假")
    old = walk.task("wang")
    with walk.database.writing() as uow:
        tending.reassign(uow, walk.who("admin"), task_id=old, to="zhao", comment="wang 休假")
    assert walk.at == ("running", ["zhao"])
    with pytest.raises(TaskTaken, match=r"admin先生.*转办"), walk.database.writing() as uow:
        commands.act(uow, walk.who("wang"), task_id=old, action="approve")
    said = walk.case("admin")["actions"][-1]
    assert (said["action"], said["name"], said["target_name"], said["comment"]) == (
        "reassign",
        "admin先生",
        "zhao先生",
        "wang 休假",
    )
    assert walk.do("zhao", "approve").at == ("running", ["chen"])


def test_those_a_task_can_be_given_to_are_told_to_its_holder_and_the_administrator_only(walk: Walk) -> None:
    walk.start("plain")
    with walk.database.reading() as reader:
        for login in ("wang", "admin"):
            found = queries.candidates(reader, walk.who(login), walk.id)
            assert {"boss", "chen", "zhao"} <= {c["login"] for c in found}
            assert not {"li", "sun", "wang"} & {c["login"] for c in found}
        assert queries.candidates(reader, walk.who("li"), walk.id) == []


def test_a_reminder_is_written_down_told_to_the_holder_and_not_repeated_at_once(walk: Walk, clock: Clock) -> None:
    walk.start("plain")
    with pytest.raises(Forbidden), walk.database.writing() as uow:
        tending.remind(uow, walk.who("sun"), instance_id=walk.id)
    with walk.database.writing() as uow:
        tending.remind(uow, walk.who("li"), instance_id=walk.id, comment="周五前要")
    with walk.database.reading() as reader:
        newest = inbox.newest(reader, walk.who("wang"), limit=1)[0]
    assert (newest["kind"], newest["actor"], newest["note"]) == ("task.reminded", "li先生", "周五前要")
    clock.pass_hours(0.9)
    with pytest.raises(RemindedAlready), walk.database.writing() as uow:
        tending.remind(uow, walk.who("li"), instance_id=walk.id)
    clock.pass_hours(0.2)
    with walk.database.writing() as uow:
        tending.remind(uow, walk.who("li"), instance_id=walk.id)
    walk.do("wang", "approve").do("chen", "return")
    with pytest.raises(WrongStatus), walk.database.writing() as uow:
        tending.remind(uow, walk.who("li"), instance_id=walk.id)
    assert [a["action"] for a in walk.case()["actions"]] == ["submit", "remind", "remind", "approve", "return"]


def test_everybody_concerned_is_told_and_nobody_else(walk: Walk) -> None:
    def told(login: str) -> list[str]:
        with walk.database.reading() as reader:
            rows = inbox.newest(reader, walk.who(login), limit=200)
        return [r["kind"] for r in rows if r["data"]["case"] == walk.id]

    walk.start("plain").do("wang", "approve").do("chen", "return", "请拆分")
    assert (told("wang"), told("chen"), told("li"), told("boss")) == (
        ["task.assigned"],
        ["task.assigned"],
        ["task.returned"],
        [],
    )
    walk.again().do("wang", "approve").do("chen", "approve").do("boss", "approve")
    assert told("li") == ["task.approved", "task.returned"]
    with walk.database.writing() as uow:
        inbox.mark_read(uow, walk.who("li"))
        assert inbox.unread(uow, walk.who("li")) == 0
        asked = [n for n in inbox.newest(uow, walk.who("boss"), limit=200) if n["data"]["case"] == walk.id]
        assert all(n["read_at"] for n in asked), "decided: what asked for it is read"


def test_a_models_own_flow_goes_before_the_common_one_of_its_code(walk: Walk) -> None:
    with walk.database.writing() as uow:
        own = Flow("plain", "本模型", (Node("z", "审批", ("boss",)),))
        commands.put_flow(uow, system(), own, model="M")
    assert walk.start("plain", place={"model": "M"}).at == ("running", ["boss"])
    assert walk.start("plain", place={"model": "N"}).at == ("running", ["wang"])
