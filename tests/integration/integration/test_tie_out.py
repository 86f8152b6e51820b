"""The tie-out: a trial balance against the lines, every amount explained, and the lines behind each figure."""

from decimal import Decimal

import pytest

from bihuan.features.access.model import Principal
from bihuan.features.integration.model import FileRefused
from bihuan.features.integration.tie_out import Part, lines_behind, take_trial_balance, tie_out
from bihuan.kernel.errors import Forbidden

from .books import ROBOT, Books, voucher

STRANGER = Principal(7, "x", "x")
CLOSING = "记-8,2026-01-31,4103,D110,结转损益,300.00,,\n记-8,2026-01-31,660202,D110,结转损益,,300.00,\n"
IGNORED_ACCOUNT = "1002"


def test_a_stranger_may_neither_state_nor_see_the_books(books: Books) -> None:
    with books.container.database.writing() as uow:
        with pytest.raises(Forbidden):
            take_trial_balance(uow, STRANGER, books.container.warehouse, source=books.source, chunks=[b""])
        with pytest.raises(Forbidden):
            tie_out(uow, STRANGER, books.container.warehouse, source=books.source)
        with pytest.raises(Forbidden):
            lines_behind(
                uow, STRANGER, books.container.warehouse, source=books.source, account="1", period="x", part="accepted"
            )


def behind(books: Books, account: str, part: Part) -> tuple[int, Decimal]:
    with books.container.database.reading() as reader:
        found = lines_behind(
            reader,
            ROBOT,
            books.container.warehouse,
            source=books.source,
            account=account,
            period="2026-01",
            part=part,
        )
    assert len(found.lines) == found.count
    return found.count, found.amount


def test_every_amount_is_loaded_left_out_by_a_rule_dismissed_or_rejected_and_nothing_remains(books: Books) -> None:
    run = books.upload(
        voucher("记-1", "300.00"),
        CLOSING.replace("4103", "1103"),
        voucher("记-2", "40.00", account="660299"),
        voucher("记-3", "5.00", account="660299"),
    )
    taken = books.books_say(
        "科目,期间,本期借方,本期贷方\n660202,2026-01,300.00,300.00\n6602,2026-01,345.00,300.00\n"
        "660299,2026-01,45.00,\n1002,2026-01,,345.00\n1103,202601,300.00,0\n"
    )
    assert (taken.rows, taken.summaries, taken.periods) == (4, 1, ("2026-01",))  # 6602 only repeats those below it
    rows = books.tie()
    assert {a: r.difference for a, r in rows.items()} == dict.fromkeys(("660202", "660299", "1002", "1103"), Decimal(0))
    assert (rows["660202"].accepted, rows["660202"].excluded) == (300, {"结转损益": -300})
    assert (rows["660299"].rejected, rows["1002"].rejected, rows["1002"].ignored) == (45, -45, -300)
    assert behind(books, "660202", "accepted") == (1, 300)
    assert behind(books, "660202", "excluded") == (1, -300)
    assert behind(books, "660299", "rejected") == (2, 45)
    books.ignore(run.batch_id, 6)
    books.mend_rule_and_reload(run.batch_id)
    rows = books.tie()
    assert {r.difference for r in rows.values()} == {0}
    assert (rows["660299"].dismissed, rows["660299"].accepted, rows["660299"].rejected) == (40, 5, 0)
    assert behind(books, "660299", "dismissed") == (1, 40)


def test_what_the_books_hold_and_nobody_loaded_is_a_difference_and_the_load_says_so(books: Books) -> None:
    books.books_say("科目,期间,本期借方,本期贷方\n660202,2026-01,310.00,\n1002,2026-01,,310.00\n")
    run = books.upload(voucher("记-1", "300.00"))
    assert {a: r.difference for a, r in books.tie().items()} == {"660202": 10, "1002": -10}
    assert run.unexplained == 2
    books.upload(voucher("记-2", "10.00"), name="rest.csv")
    assert {r.difference for r in books.tie().values()} == {0}


def test_a_repeated_or_changed_voucher_on_the_desk_does_not_spoil_the_tie_out(books: Books) -> None:
    books.upload(voucher("记-1", "300.00"), voucher("记-1", "300.00"))
    books.books_say("科目,期间,本期借方,本期贷方\n660202,2026-01,300.00,\n1002,2026-01,,300.00\n")
    assert {x.outcome for x in books.desk()} == {"DUPLICATE_IN_FILE"}
    assert {r.difference for r in books.tie().values()} == {0}
    books.upload(voucher("记-1", "310.00"), name="changed.csv")  # the books were changed after it was loaded
    books.books_say("科目,期间,本期借方,本期贷方\n660202,2026-01,310.00,\n1002,2026-01,,310.00\n")
    rows = books.tie()
    assert {r.difference for r in rows.values()} == {0}
    assert (rows["660202"].accepted, rows["660202"].rejected) == (300, 10)


def test_a_line_whose_amount_nobody_can_read_is_counted_beside_the_difference(books: Books) -> None:
    books.upload(voucher("记-1", "300.00"), voucher("记-2", "5.00").replace(",5.00,,", ",五元,,"))
    books.books_say("科目,期间,本期借方,本期贷方\n660202,2026-01,305.00,\n1002,2026-01,,305.00\n")
    rows = books.tie()
    assert (rows["660202"].difference, rows["660202"].unreadable) == (5, 1)
    assert (rows["1002"].difference, rows["1002"].unreadable) == (0, 0)


def test_a_later_statement_of_a_period_replaces_the_one_before(books: Books) -> None:
    books.books_say("科目,期间,金额\n660202,2026-01,1.00\n6699,2026-01,5\n660202,2026-02,7\n")
    books.books_say("科目,期间,金额\n660202,2026-01,2.00\n")
    with books.container.database.reading() as reader:
        rows = tie_out(reader, ROBOT, books.container.warehouse, source=books.source)
    assert {(r.account, r.period): r.control for r in rows} == {("660202", "2026-01"): 2, ("660202", "2026-02"): 7}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("科目,本期借方,本期贷方\n660202,1,\n", "缺列"),
        ("科目,期间,本期借方,本期贷方\n660202,2026-01,一千,\n,2026-01,1,\n", "2 行读不了，首行是第 2 行"),
        ("", "EMPTY_FILE"),
    ],
)
def test_a_trial_balance_that_cannot_be_read_is_refused_whole(books: Books, text: str, said: str) -> None:
    with pytest.raises(FileRefused, match=said):
        books.books_say(text)
    assert books.tie() == {}
