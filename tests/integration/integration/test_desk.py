"""The error desk: lines mended, ignored or given a rule, loaded again as the next round of the same batch, all of it recorded."""

from decimal import Decimal

import pytest

from bihuan.features.access.model import Principal
from bihuan.features.integration import commands, desk, queries
from bihuan.features.integration.desk import Mend, harmless
from bihuan.features.integration.model import BadCorrection, BatchNotReady
from bihuan.kernel.errors import Forbidden

from .books import ROBOT, Books, voucher

WRONG = voucher("记-2", "40.00", account="660299")
READER = Principal(7, "kan", "看看", grants=())


def test_a_stranger_may_neither_see_nor_mend(books: Books) -> None:
    run = books.upload(WRONG)
    assert run.batch_id is not None
    with books.container.database.writing() as uow:
        with pytest.raises(Forbidden):
            desk.mend(uow, READER, batch_id=run.batch_id, mends=[Mend(2, "account", "660202")])
        with pytest.raises(Forbidden):
            desk.ignore(uow, READER, batch_id=run.batch_id, records=[2], reason="x")
        with pytest.raises(Forbidden):
            desk.corrections(uow, READER, batch_id=run.batch_id)
        with pytest.raises(Forbidden):
            desk.download(uow, READER, batch_id=run.batch_id)


def test_a_mended_line_comes_in_with_the_next_round_of_its_batch(books: Books) -> None:
    first = books.upload(voucher("记-1", "300.00"), WRONG)
    assert [(x.record, x.outcome, x.field, x.value) for x in books.desk()] == [
        (4, "UNMAPPED", "account", "660299"),
        (5, "VOUCHER_REJECTED", "voucher", "记-2"),
    ]
    assert books.say(first.batch_id, Mend(4, "account", "660202", before="660299")) == 1
    assert books.travel() == Decimal("300.00")  # acts at the next load only
    again = books.reload(first.batch_id or 0)
    second = books.batch(again.batch_id)
    assert (again.state, second.continues, second.round) == ("done", first.batch_id, 2)
    assert {n: c.lines for n, c in second.counts.items()} == {"ACCEPTED": 1, "IGNORED": 1, "ALREADY_IMPORTED": 2}
    assert (books.travel(), books.stored(), books.desk()) == (Decimal("340.00"), 4, [])


def test_the_original_stays_and_who_mended_it_when_is_recorded(books: Books) -> None:
    run = books.upload(WRONG)
    books.say(run.batch_id, Mend(2, "account", "660298"), Mend(2, "memo", "机票"))
    books.say(run.batch_id, Mend(2, "account", "660202", before="660298"))
    with books.container.database.writing() as uow:
        said = desk.corrections(uow, ROBOT, batch_id=run.batch_id or 0)
        raw = books.container.warehouse.open(uow, books.batch(run.batch_id).file_hash).read_text("utf-8")
        trail = uow.rows("access.doers", kind="batch", id=str(run.batch_id), actions=["integration.correct"])
    assert [(c.kind, c.field, c.before, c.after, c.author_name) for c in said] == [
        ("set", "account", "660299", "660298", "bihuan"),
        ("set", "memo", "出差", "机票", "bihuan"),
        ("set", "account", "660298", "660202", "bihuan"),
    ]
    assert "660299" in raw
    assert "660202" not in raw
    assert trail
    books.reload(run.batch_id or 0)
    assert books.travel() == Decimal("40.00")


def test_a_correction_is_validated_again_and_may_be_taken_back(books: Books) -> None:
    run = books.upload(WRONG)
    books.say(run.batch_id, Mend(2, "account", "770000"))
    second = books.reload(run.batch_id or 0)
    first = books.desk()[0]
    assert (first.batch_id, first.outcome, first.value) == (second.batch_id, "UNMAPPED", "770000")
    with books.container.database.writing() as uow:
        assert desk.take_back(uow, ROBOT, batch_id=second.batch_id or 0, record=2, field="account") == 1
        assert desk.take_back(uow, ROBOT, batch_id=second.batch_id or 0, record=2, field="account") == 0
    books.reload(second.batch_id or 0)
    assert books.desk()[0].value == "660299"
    assert books.travel() is None


def test_an_ignored_line_is_kept_and_does_not_count(books: Books) -> None:
    run = books.upload(voucher("记-1", "300.00"), WRONG)
    with pytest.raises(BadCorrection, match="原因"), books.container.database.writing() as uow:
        desk.ignore(uow, ROBOT, batch_id=run.batch_id or 0, records=[4], reason=" ")
    assert books.ignore(run.batch_id, 4) == 1
    second = books.batch(books.reload(run.batch_id or 0).batch_id)
    assert {n: c.lines for n, c in second.counts.items()} == {"IGNORED": 2, "ALREADY_IMPORTED": 2}
    assert (books.travel(), books.stored(), books.desk()) == (Decimal("300.00"), 4, [])


def test_a_whole_voucher_that_cannot_be_stored_is_dismissed_and_the_desk_is_empty(books: Books) -> None:
    unbalanced = voucher("记-3", "50.00").replace(",,50.00", ",,49.00")
    run = books.upload(voucher("记-1", "300.00"), unbalanced)
    assert books.ignore(run.batch_id, 4, whole=True) == 2
    second = books.batch(books.reload(run.batch_id or 0).batch_id)
    assert {n: c.lines for n, c in second.counts.items()} == {"DISMISSED": 2, "ALREADY_IMPORTED": 2}
    assert (books.stored(), books.desk()) == (2, [])
    done = books.upload(voucher("记-1", "300.00"), unbalanced)  # the file again: nothing is left to try
    assert (done.message, done.batch_id) == ("same_file", second.id)


def test_a_closed_period_is_mended_by_another_day_or_by_opening_it(books: Books) -> None:
    with books.container.database.writing() as uow:
        commands.set_period_status(uow, ROBOT, model=books.source, periods=["2026-01"], status="closed")
    run = books.upload(voucher("记-1", "300.00"), voucher("记-2", "7.00", day="2026-02-03"))
    assert {(x.outcome, x.field, x.value) for x in books.desk()} == {("PERIOD_CLOSED", "date", "2026-01-05")}
    books.say(run.batch_id, Mend(2, "date", "2026-02-01"), Mend(3, "date", "2026-02-01"))
    second = books.reload(run.batch_id or 0)
    assert (second.state, books.travel("2026-02"), books.travel()) == ("done", Decimal("307.00"), None)


def test_a_desk_that_was_loaded_again_takes_no_more_words(books: Books) -> None:
    first = books.upload(WRONG)
    books.say(first.batch_id, Mend(2, "account", "770000"))
    books.reload(first.batch_id or 0)
    with pytest.raises(BatchNotReady):
        books.say(first.batch_id, Mend(2, "account", "660202"))
    with pytest.raises(BatchNotReady):
        books.reload(first.batch_id or 0)


def test_what_does_not_fit_the_line_is_refused(books: Books) -> None:
    run = books.upload(voucher("记-1", "300.00"), WRONG)
    for mend, said in (
        (Mend(2, "account", "660202"), "不在差错台"),  # it came in
        (Mend(4, "planet", "mars"), "没有字段"),
        (Mend(4, "account", "660202", before="660298"), "请刷新"),
    ):
        with pytest.raises(BadCorrection, match=said):
            books.say(run.batch_id, mend)
    assert books.say(run.batch_id, Mend(4, "account", "660299")) == 0  # as it stands
    empty = books.upload(voucher("记-9", "1.00"), name="good.csv")
    with pytest.raises(BatchNotReady):
        books.reload(empty.batch_id or 0)


def test_rejected_lines_are_downloaded_with_formulas_made_harmless(books: Books) -> None:
    run = books.upload(WRONG.replace("出差", "=cmd|'/C calc'!A0", 1).replace("40.00", "-40.00"))
    with books.container.database.reading() as reader:
        text = desk.download(reader, ROBOT, batch_id=run.batch_id or 0)
    head, line, *_ = text.splitlines()
    assert head == "\ufeff行号,原因,说明,怎么办,字段,内容,凭证号,日期,科目,部门,摘要,借方,贷方,单据号"
    assert line.startswith("2,UNMAPPED,没有映射规则适用,")
    assert ",'=cmd|'/C calc'!A0,-40.00," in line
    assert [harmless(t) for t in ("@a", "\tx", "-1,200.50", "-1+1", "+1-800-555", "文字")] == [
        "'@a", "'\tx", "-1,200.50", "'-1+1", "'+1-800-555", "文字"
    ]  # fmt: skip


def test_the_desk_in_short_counts_by_reason(books: Books) -> None:
    run = books.upload(WRONG, voucher("记-3", "5.00", account="660299"), voucher("记-4", "x"))
    with books.container.database.reading() as reader:
        found = queries.rejected_by_reason(reader, ROBOT, batch_id=run.batch_id)
    reasons = {(r["outcome"], r["field"], r["value"]): (r["lines"], r["amount"]) for r in found}
    assert reasons["UNMAPPED", "account", "660299"] == (2, Decimal("45.00"))
    assert reasons["BAD_AMOUNT", "debit", "x"] == (1, None)
