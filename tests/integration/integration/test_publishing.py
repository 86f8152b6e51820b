"""Publishing: lines, plan and state in one transaction; the same file, the same voucher, mended mappings, two at once."""

import threading
from decimal import Decimal

import pytest

from bihuan.features.access.model import system
from bihuan.features.integration import commands, publishing, queries
from bihuan.features.integration.model import Batch, BatchNotReady, TooManyRejected
from bihuan.store.unit_of_work import UnitOfWork

from .books import HEADER, Books, definition, voucher
from .conftest import MAPPING

ROBOT = system()


def test_totals_enter_the_plan_and_lines_the_warehouse(books: Books) -> None:
    batch = books.load(voucher("记-1", "300.00"), voucher("记-2", "0.05"))
    assert batch.state == "published"
    assert (books.travel(), books.stored()) == (Decimal("300.05"), 4)


def test_the_same_file_and_the_same_vouchers_count_once(books: Books) -> None:
    first = books.load(voucher("记-1", "300.00"))
    assert books.load(voucher("记-1", "300.00")).id == first.id
    more = books.load(voucher("记-1", "300.00"), voucher("记-2", "20.00"), name="whole-month.csv")
    assert {name: c.lines for name, c in more.counts.items()} == {"ACCEPTED": 1, "IGNORED": 1, "ALREADY_IMPORTED": 2}
    assert (books.travel(), books.stored()) == (Decimal("320.00"), 4)


def test_a_voucher_whose_content_changed_waits_on_the_error_desk(books: Books) -> None:
    books.load(voucher("记-1", "300.00"))
    changed = books.load(voucher("记-1", "310.00"))
    assert set(changed.counts) == {"VOUCHER_CHANGED"}
    assert books.travel() == Decimal("300.00")


def test_rejected_lines_come_in_after_the_mapping_was_mended(books: Books) -> None:
    first = books.load(voucher("记-1", "300.00"), voucher("记-2", "40.00", account="660209"))
    assert (first.counts["UNMAPPED"].lines, books.travel()) == (1, Decimal("300.00"))
    books.mend(MAPPING + "机票,660209,,差旅费,=department,\n")
    again = books.load(voucher("记-1", "300.00"), voucher("记-2", "40.00", account="660209"))
    assert again.id > first.id
    assert {n: c.lines for n, c in again.counts.items()} == {"ACCEPTED": 1, "IGNORED": 1, "ALREADY_IMPORTED": 2}
    assert books.travel() == Decimal("340.00")
    with books.container.database.reading() as reader:
        assert queries.error_desk(reader, ROBOT, source=books.source) == []


def test_a_corrected_file_takes_its_vouchers_off_the_error_desk(books: Books) -> None:
    books.load(voucher("记-1", "300.00").replace(",,300.00", ",,299.00"))
    with books.container.database.reading() as reader:
        assert len(queries.error_desk(reader, ROBOT, source=books.source)) == 2
    books.load(voucher("记-1", "300.00"), name="corrected.csv")
    with books.container.database.reading() as reader:
        assert queries.error_desk(reader, ROBOT, source=books.source) == []


def test_blank_stays_blank_and_red_letter_vouchers_take_back(books: Books) -> None:
    books.load(voucher("记-1", "300.00"))
    assert books.travel("2026-02") is None
    books.load(voucher("记-9", "-300.00", day="2026-01-20"), name="red.csv")
    assert books.travel() == 0  # spent and taken back: zero, not blank


def prepared(books: Books, uow: UnitOfWork, text: str) -> Batch:
    landed = commands.land(
        uow, ROBOT, books.container.warehouse, source=books.source, file_name="x.csv", chunks=[text.encode()]
    )
    model = queries.compiled(uow, books.source)
    return commands.prepare_batch(uow, ROBOT, books.container.warehouse, model, batch_id=landed.id)


def test_a_batch_that_another_one_overtook_is_prepared_again(books: Books) -> None:
    with books.container.database.writing() as uow:
        stale = prepared(books, uow, HEADER + voucher("记-1", "300.00") + voucher("记-2", "1.00"))
    books.load(voucher("记-1", "300.00"), name="overtakes.csv")
    with books.container.database.writing() as uow:
        done = publishing.publish(uow, ROBOT, books.container.warehouse, batch_id=stale.id)
    assert done.counts["ALREADY_IMPORTED"].lines == 2
    assert books.travel() == Decimal("301.00")


def test_two_files_with_the_same_voucher_published_at_once_count_it_once(books: Books) -> None:
    texts = [HEADER + voucher("记-1", "300.00") + voucher(f"记-{n}", "1.00") for n in (11, 12)]
    with books.container.database.writing() as uow:
        batches = [prepared(books, uow, text).id for text in texts]
    barrier = threading.Barrier(2)

    def publish(batch_id: int) -> None:
        barrier.wait()
        with books.container.database.writing() as uow:
            publishing.publish(uow, ROBOT, books.container.warehouse, batch_id=batch_id)

    threads = [threading.Thread(target=publish, args=(b,)) for b in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (books.travel(), books.stored()) == (Decimal("302.00"), 6)


def test_a_publish_that_does_not_commit_leaves_nothing(books: Books) -> None:
    with books.container.database.writing() as uow:
        batch = prepared(books, uow, HEADER + voucher("记-1", "300.00"))
    with books.container.database.engine.connect() as conn:
        publishing.publish(UnitOfWork(conn), ROBOT, books.container.warehouse, batch_id=batch.id)
    assert (books.travel(), books.stored()) == (None, 0)
    with books.container.database.reading() as reader:
        assert queries.batch(reader, ROBOT, batch_id=batch.id).state == "prepared"


def test_too_many_rejected_lines_and_unprepared_batches_are_refused(books: Books) -> None:
    with books.container.database.writing() as uow:
        commands.define_source(uow, ROBOT, definition=definition(books.source) + "max_rejected: 0.1\n", mapping=MAPPING)
    with pytest.raises(TooManyRejected):
        books.load(voucher("记-1", "300.00"), voucher("记-2", "1.00", account="7"))
    assert books.travel() is None
    with books.container.database.writing() as uow:
        landed = commands.land(
            uow, ROBOT, books.container.warehouse, source=books.source, file_name="y", chunks=[b"a\n"]
        )
        with pytest.raises(BatchNotReady):
            publishing.publish(uow, ROBOT, books.container.warehouse, batch_id=landed.id)
