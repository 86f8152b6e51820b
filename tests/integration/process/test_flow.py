"""A subject goes through two nodes, forwards and back."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from bihuan.features.access.model import Principal, SamePerson, system
from bihuan.features.process import commands, queries
from bihuan.features.process.commands import Moved
from bihuan.features.process.model import (
    NoApprover,
    NoSuchTask,
    NotYourTask,
    OpenAlready,
    ReasonRequired,
    TaskTaken,
    WrongStatus,
)
from bihuan.kernel.errors import BihuanError, Forbidden
from bihuan.store.unit_of_work import Database

from .conftest import Diary

People = Callable[[str], Principal]
_ids = itertools.count(1)


@pytest.fixture
def submitted(database: Database, people: People, diary: Diary) -> Moved:
    with database.writing() as uow:
        return commands.start(
            uow,
            people("li"),
            flow="两级",
            subject_kind="diary",
            subject_id=next(_ids),
            title="研发预算",
            comment="请审",
        )


def act(  # noqa: PLR0917
    database: Database, who: Principal, moved: Moved, action: Any, comment: str = "", to: str | None = None
) -> Moved:
    task = next(t for t, holder in moved.tasks.items() if holder == who.login)
    with database.writing() as uow:
        return commands.act(uow, who, task_id=task, action=action, comment=comment, to=to)


def history(database: Database, moved: Moved) -> dict[str, Any]:
    with database.reading() as reader:
        return queries.case(reader, system(), moved.instance_id)


def test_a_stranger_may_not_submit(database: Database, people: People, diary: Diary) -> None:
    with pytest.raises(Forbidden), database.writing() as uow:
        commands.start(uow, people("sun"), flow="两级", subject_kind="diary", subject_id=next(_ids), title="x")


def test_the_case_shows_who_holds_it_and_until_when(database: Database, submitted: Moved, people: People) -> None:
    shown = history(database, submitted)
    assert [h["holder"] for h in shown["holders"]] == ["wang", "zhao"]
    assert shown["node"] == "部门"
    assert all((h["due_at"] - h["since"]).days == 3 and h["hours"] >= 0 for h in shown["holders"])
    with database.reading() as reader:
        assert submitted.instance_id in [t["instance_id"] for t in queries.my_tasks(reader, people("zhao"))]


def test_a_case_is_not_there_for_those_who_have_nothing_to_do_with_it(
    database: Database, people: People, submitted: Moved
) -> None:
    with database.reading() as reader:
        assert queries.case(reader, people("li"), submitted.instance_id)["status"] == "running"
        assert queries.case(reader, people("wang"), submitted.instance_id)["status"] == "running"
        with pytest.raises(NoSuchTask):
            queries.case(reader, people("sun"), submitted.instance_id)


def test_approval_by_each_node_in_order_ends_approved(
    database: Database, people: People, diary: Diary, submitted: Moved
) -> None:
    second = act(database, people("zhao"), submitted, "approve")
    assert set(second.tasks.values()) == {"chen"}  # li is named there too, but asked for it
    assert act(database, people("chen"), second, "approve", "同意").status == "approved"
    assert [t[0] for t in diary.told] == ["lock", "on_submit", "on_turn", "lock", "on_turn", "lock", "on_approve"]
    shown = history(database, submitted)
    assert [(a["action"], a["actor"]) for a in shown["actions"]] == [
        ("submit", "li"),
        ("approve", "zhao"),
        ("approve", "chen"),
    ]
    assert shown["chain_broken_at"] is None


def test_what_the_subject_refuses_does_not_happen(
    database: Database, people: People, diary: Diary, submitted: Moved
) -> None:
    second = act(database, people("wang"), submitted, "approve")
    diary.refuse = "on_approve"
    with pytest.raises(WrongStatus):
        act(database, people("chen"), second, "approve")
    assert len(history(database, submitted)["actions"]) == 2
    diary.refuse = ""
    assert act(database, people("chen"), second, "approve").status == "approved"


def test_a_returned_case_is_submitted_again_and_every_node_has_its_turn_anew(
    database: Database, people: People, diary: Diary, submitted: Moved
) -> None:
    second = act(database, people("wang"), submitted, "approve")
    assert act(database, people("chen"), second, "return", "请补充说明").status == "returned"
    assert diary.told[-1][0::2] == ("on_return", "请补充说明")
    with pytest.raises(NotYourTask), database.writing() as uow:
        commands.resubmit(uow, people("wang"), instance_id=submitted.instance_id)
    with database.writing() as uow:
        again = commands.resubmit(uow, people("li"), instance_id=submitted.instance_id, comment="已补充")
    assert set(again.tasks.values()) == {"wang", "zhao"}
    shown = history(database, submitted)
    assert (shown["round"], len(shown["actions"]), shown["chain_broken_at"]) == (2, 4, None)


@pytest.mark.parametrize("action", ["return", "reject", "reassign"])
def test_a_no_needs_a_reason(database: Database, people: People, submitted: Moved, action: Any) -> None:
    with pytest.raises(ReasonRequired):
        act(database, people("wang"), submitted, action, "  ")


def test_a_rejected_case_is_over(database: Database, people: People, diary: Diary, submitted: Moved) -> None:
    assert act(database, people("wang"), submitted, "reject", "不做了").status == "rejected"
    assert diary.told[-1][0] == "on_reject"
    with pytest.raises(TaskTaken):
        act(database, people("zhao"), submitted, "approve")
    with pytest.raises(WrongStatus), database.writing() as uow:
        commands.withdraw(uow, people("li"), instance_id=submitted.instance_id, comment="撤回")


def test_the_requester_withdraws_and_the_tasks_fall_away(
    database: Database, people: People, diary: Diary, submitted: Moved
) -> None:
    with database.writing() as uow:
        assert (
            commands.withdraw(uow, people("li"), instance_id=submitted.instance_id, comment="填错").status
            == "withdrawn"
        )
    assert diary.told[-1][0] == "on_withdraw"
    assert history(database, submitted)["holders"] == []


def test_a_subject_under_way_is_not_submitted_twice(
    database: Database, people: People, diary: Diary, submitted: Moved
) -> None:
    subject_id = diary.told[0][1]
    with pytest.raises(OpenAlready), database.writing() as uow:
        commands.start(uow, people("li"), flow="两级", subject_kind="diary", subject_id=subject_id, title="x")


def test_a_task_moves_to_another_approver_but_never_to_the_requester_or_somebody_without_the_right(
    database: Database, people: People, submitted: Moved
) -> None:
    for to in ("li", "sun", "wang", "nobody"):
        with pytest.raises(NoApprover):
            act(database, people("wang"), submitted, "reassign", "出差", to)
    moved = act(database, people("wang"), submitted, "reassign", "出差", "chen")
    assert set(act(database, people("chen"), moved, "approve").tasks.values()) == {"chen"}


def test_somebody_elses_task_is_not_yours(database: Database, people: People, submitted: Moved) -> None:
    task = next(iter(submitted.tasks))
    with pytest.raises(NotYourTask), database.writing() as uow:
        commands.act(uow, people("chen"), task_id=task, action="approve")


def test_who_submitted_cannot_approve_even_where_somebody_made_it_their_task(
    database: Database, people: People, owner_url: str, submitted: Moved
) -> None:
    task = next(iter(submitted.tasks))
    with psycopg.connect(owner_url) as conn:
        conn.execute("UPDATE task SET holder_id = %s, holder = 'li' WHERE id = %s", (people("li").user_id, task))
    with pytest.raises(SamePerson), database.writing() as uow:
        commands.act(uow, people("li"), task_id=task, action="approve")


def test_of_two_approvers_who_click_at_once_one_decides_and_the_other_is_told(
    database: Database, people: People, diary: Diary
) -> None:
    for _ in range(10):
        with database.writing() as uow:
            moved = commands.start(
                uow, people("li"), flow="两级", subject_kind="diary", subject_id=next(_ids), title="同时"
            )
        barrier = threading.Barrier(2)

        def click(login: str, moved: Moved = moved, barrier: threading.Barrier = barrier) -> str:
            who = people(login)
            barrier.wait(10)
            try:
                return act(database, who, moved, "approve").status
            except BihuanError as refused:
                return refused.code

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(click, ["wang", "zhao"])) == ["running", "task_taken"]
        shown = history(database, moved)
        assert len(shown["actions"]) == 2  # submit and one approval
        assert [h["holder"] for h in shown["holders"]] == ["chen"]


def test_a_rewritten_action_breaks_the_chain_where_it_stands(
    database: Database, people: People, owner_url: str, submitted: Moved
) -> None:
    act(database, people("wang"), submitted, "approve")
    with psycopg.connect(owner_url) as conn:
        conn.execute(
            "UPDATE flow_action SET comment = '改过' WHERE instance_id = %s AND seq = 1", (submitted.instance_id,)
        )
    assert history(database, submitted)["chain_broken_at"] == 1
