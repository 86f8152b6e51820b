"""The life of a case as a table: who does what, what comes of it, whose turn it is then."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal as D
from typing import Any

import pytest

from bihuan.features.access.model import system
from bihuan.features.monitoring import alerting, commands, queries, transferring
from bihuan.features.monitoring.model import Case
from bihuan.features.process import commands as process
from bihuan.kernel.errors import BihuanError

from .conftest import Firm, available, cell

# step                  by        outcome             state      whose turn
LIVES = {
    "accepted and verified": """
        decide accept       jia1      wrong_step          open       jia1
        explain             jia2      no_such_case        open       jia1
        explain             jia1      ok                  explained  jia1
        decide accept       jia1      ok                  decided    cfo,finance
        approve             jia1      same_decider         decided    cfo,finance
        approve             finance   ok                  executed   -
        verify              jia1      forbidden           executed   -
        load                system    closed              closed     -
        explain             jia1      wrong_step          closed     -
        evaluate            system    no new case         closed     -
    """,
    "a task that did not help reopens": """
        explain             jia1      ok                  explained  jia1
        decide task         jia1      ok                  decided    cfo,finance
        refuse              finance   ok                  explained  jia1
        decide task         admin     ok                  decided    cfo,finance
        approve             admin     same_decider         decided    cfo,finance
        approve             cfo       ok                  approved   jia1
        execute             finance   forbidden           approved   jia1
        execute             jia1      ok                  executed   -
        load                system    open                open       jia1
        explain             jia1      ok                  explained  jia1
        decide task         jia1      ok                  decided    cfo,finance
        approve             finance   ok                  approved   jia1
        red letter          system    booked              approved   jia1
        execute             jia1      ok                  executed   -
        load                system    closed              closed     -
    """,
    "a transfer agreed by the source's head": """
        explain             jia1      ok                  explained  jia1
        decide transfer     jia1      ok                  decided    yihead
        approve             finance   by_transfer         decided    yihead
        decide accept       jia1      by_transfer         decided    yihead
        agree               yihead    ok                  decided    finance
        agree               finance   ok                  executed   -
        load                system    closed              closed     -
    """,
    "a source that says no sends the decision back": """
        explain             jia1      ok                  explained  jia1
        decide transfer     jia1      ok                  decided    yihead
        reject              yihead    ok                  explained  jia1
        decide accept       jia1      ok                  decided    cfo,finance
        approve             finance   ok                  executed   -
        load                system    closed              closed     -
    """,
    "a returned transfer is submitted again": """
        explain             jia1      ok                  explained  jia1
        decide transfer     admin     ok                  decided    yihead
        return              yihead    ok                  explained  jia1
        resubmit            admin     ok                  decided    yihead
        return              yihead    ok                  explained  jia1
        decide accept       jia1      ok                  decided    cfo,finance
        resubmit            admin     wrong_step          decided    cfo,finance
    """,
}
ACCOUNTS = iter(["差旅", "会议", "广告", "差旅", "会议"])


@pytest.mark.parametrize("life", LIVES)
def test_a_case_lives_as_the_table_says(firm: Firm, life: str) -> None:
    account = next(ACCOUNTS)
    play = Play(firm, account, life)
    play.overrun()
    for line in LIVES[life].strip().splitlines():
        words = line.split("  ")
        step, by, outcome, state, turn = (w.strip() for w in words if w.strip())
        assert play.do(step, by) == outcome, line
        case = play.case()
        assert (case.state, ",".join(case.holders) or "-") == (state, turn), line
    with firm.database.reading() as reader:
        events = [e.event for e in queries.case(reader, system(), case_id=play.id).events]
    assert events[0] == "opened"


class Play:
    """One case over a department's account, and the verbs of the tables."""

    def __init__(self, firm: Firm, account: str, name: str) -> None:
        self.firm, self.account, self.name = firm, account, name
        self.id = 0
        self.task: dict[str, int] = {}
        self.instance = 0

    def overrun(self) -> None:
        """Spends 3,000 more than is left to March, and than was accepted before."""
        board = self.firm.board(members={"org": "甲一", "科目": self.account}, period="2026-03", span="to_date")
        assert board.total is not None
        difference = board.total.difference or D(0)
        beyond = max(difference, D(0)) + 3000 - difference
        self.firm.spend(f"超-{self.name}", "甲一", self.account, "2026-03", str(beyond))
        with self.firm.database.writing() as uow:
            (self.id,) = alerting.evaluate(uow, system(), model="firm").cases

    def case(self) -> Case:
        with self.firm.database.reading() as reader:
            return queries.case(reader, system(), case_id=self.id)

    def do(self, step: str, by: str) -> str:
        actor, word = self.firm.person(by), step.split()
        verb: Callable[[Any], str] = {
            "explain": lambda u: self._ok(commands.explain(u, actor, case_id=self.id, text="展会加价", links=LINKS)),
            "decide": lambda u: self._decide(u, actor, word[1]),
            "approve": lambda u: self._ok(commands.approve(u, actor, case_id=self.id)),
            "refuse": lambda u: self._ok(commands.refuse(u, actor, case_id=self.id, text="不行")),
            "execute": lambda u: self._ok(commands.execute(u, actor, case_id=self.id, evidence="已改")),
            "verify": lambda u: self._ok(commands.verify(u, actor, case_id=self.id)),
            "load": self._load,
            "evaluate": lambda u: f"{alerting.evaluate(u, actor, model='firm').cases or 'no'} new case",
            "red": lambda _u: self._red(),
            "agree": lambda u: self._act(u, actor, "approve"),
            "reject": lambda u: self._act(u, actor, "reject"),
            "return": lambda u: self._act(u, actor, "return"),
            "resubmit": lambda u: self._moved(process.resubmit(u, actor, instance_id=self.instance)),
        }[word[0]]
        try:
            with self.firm.database.writing() as uow:
                return verb(uow)
        except BihuanError as refused:
            return refused.code

    @staticmethod
    def _ok(_case: Case) -> str:
        return "ok"

    def _decide(self, uow: Any, actor: Any, decision: Any) -> str:
        if decision != "transfer":
            return self._ok(commands.decide(uow, actor, case_id=self.id, decision=decision, text="就这样"))
        cells = [cell("乙一", "广告", "2026-03", "-3000"), cell("甲一", self.account, "2026-03", "3000")]
        done = transferring.decide_transfer(uow, actor, case_id=self.id, cells=cells, text="乙部有余")
        decided = done.last("decided")
        assert decided is not None
        self.instance = decided.detail["instance"]
        self._tasks(uow)
        return "ok"

    def _tasks(self, uow: Any) -> None:
        self.task = {r["holder"]: r["id"] for r in uow.rows("process.tasks_open", instance_id=self.instance)}

    def _act(self, uow: Any, actor: Any, action: Any) -> str:
        return self._moved(process.act(uow, actor, task_id=self.task[actor.login], action=action, comment="看过了"))

    def _moved(self, moved: Any) -> str:
        self.task = {holder: task for task, holder in moved.tasks.items()}
        return "ok"

    def _load(self, uow: Any) -> str:
        done = commands.verify_model(uow, system(), model="firm")
        return "closed" if self.id in done["closed"] else "open" if self.id in done["reopened"] else "untouched"

    def _red(self) -> str:
        self.firm.spend(f"红-{self.name}", "甲一", self.account, "2026-03", "-3000")
        return "booked"


LINKS = ({"kind": "voucher", "ref": "记-12", "note": "展位费"}, {"kind": "document", "ref": "YK-1", "note": ""})


def test_an_explanation_keeps_its_evidence(firm: Firm) -> None:
    with firm.database.reading() as reader:
        case = queries.cases(reader, system(), model="firm")[0]
        explained = queries.case(reader, system(), case_id=case.id).last("explained")
    assert explained is not None
    assert [link["ref"] for link in explained.detail["links"]] == ["记-12", "YK-1"]


def test_the_executed_transfer_moved_plan_and_balance_rows_alike(firm: Firm) -> None:
    board = firm.board(members={"org": "乙一", "科目": "广告"}, period="2026-03", span="month")
    assert board.total is not None
    assert (board.total.terms.original, board.total.terms.adjusted) == (D("12000.00"), D("-3000.00"))
    assert board.total.terms.reserved is None, "nothing is held any more"
    assert available(firm, "乙一", "广告") == D("141000.00")
    with firm.database.reading() as reader:
        from bihuan.features.control import queries as control
        from bihuan.features.control.reconcile import reconcile

        assert reconcile(reader, control.policy(reader, "费用控制")) == []


def test_the_closing_rate_counts_what_was_verified_in_time(firm: Firm) -> None:

    with firm.database.reading() as reader:
        span = {"since": datetime(2000, 1, 1, tzinfo=UTC), "until": datetime(2100, 1, 1, tzinfo=UTC)}
        rate = queries.closing_rate(reader, firm.person("cfo"), model="firm", **span)
        other = queries.closing_rate(reader, firm.person("yihead"), model="firm", **span)
    states = [c.state for c in rate.cases]
    assert (rate.closed, rate.due) == (states.count("closed"), len(states)) == (4, 5)
    assert other.due == 0, "cases of another division are not counted for its neighbour"
