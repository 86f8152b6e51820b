"""Landing, mapping and validating a file; the error desk, mending a mapping, loading again."""

from decimal import Decimal

import pytest

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.model import Grant, Principal, system
from bihuan.features.integration import commands, queries
from bihuan.features.integration.model import BadSource, Batch, BatchNotReady, NoSuchSource
from bihuan.features.integration.tie_out import tie_out
from bihuan.kernel.errors import Forbidden
from bihuan.store.unit_of_work import UnitOfWork
from bihuan.store.warehouse import Warehouse

from .conftest import MAPPING, SOURCE

ROBOT = system()
HEADER = "凭证号,日期,科目,部门,摘要,借方,贷方,单据号\n"
JANUARY = (
    HEADER
    + """记-1,2026-01-05,660202,D110,出差,300.00,,
记-1,2026-01-05,1002,D110,出差,,300.00,
记-2,2026-01-09,660203,D120,纸张,80.50,,
记-2,2026-01-09,1002,D120,纸张,,80.50,
记-3,2026-01-31,660204,D120,折旧,40.00,,
记-3,2026-01-31,1602,D120,折旧,,40.00,
记-4,2026-01-31,6001,D110,结转收入,1000.00,,
记-4,2026-01-31,1002,D110,结转收入,,1000.00,
"""
)


@pytest.fixture
def gl(uow: UnitOfWork) -> UnitOfWork:
    commands.define_source(uow, ROBOT, definition=SOURCE, mapping=MAPPING)
    return uow


def load(uow: UnitOfWork, warehouse: Warehouse, model: CompiledModel, text: str, encoding: str = "utf-8") -> Batch:
    batch = commands.land(uow, ROBOT, warehouse, source="gl", file_name="january.csv", chunks=[text.encode(encoding)])
    return commands.prepare_batch(uow, ROBOT, warehouse, model, batch_id=batch.id)


def lines_by_outcome(batch: Batch) -> dict[str, int]:
    return {name: counted.lines for name, counted in batch.counts.items()}


def test_every_line_has_its_outcome_and_the_amounts_add_up(
    gl: UnitOfWork, warehouse: Warehouse, company: CompiledModel
) -> None:
    batch = load(gl, warehouse, company, JANUARY)
    assert batch.state == "prepared"
    assert lines_by_outcome(batch) == {"ACCEPTED": 2, "IGNORED": 3, "EXCLUDED": 1, "UNMAPPED": 1, "VOUCHER_REJECTED": 1}
    assert sum(c.debit - c.credit for c in batch.counts.values()) == 0
    (unmapped,) = (x for x in queries.error_desk(gl, ROBOT, batch_id=batch.id) if x.outcome == "UNMAPPED")
    assert (unmapped.record, unmapped.field, unmapped.value, unmapped.amount) == (
        6,
        "account",
        "660204",
        Decimal("40.00"),
    )


def test_a_file_in_the_encoding_of_an_old_erp_gives_the_same_lines(
    gl: UnitOfWork, warehouse: Warehouse, company: CompiledModel
) -> None:
    assert load(gl, warehouse, company, JANUARY, "gb18030").counts == load(gl, warehouse, company, JANUARY).counts


def test_the_same_file_again_is_the_same_batch(gl: UnitOfWork, warehouse: Warehouse, company: CompiledModel) -> None:
    assert load(gl, warehouse, company, JANUARY).id == load(gl, warehouse, company, JANUARY).id


def test_a_mended_mapping_takes_the_line_off_the_error_desk(
    gl: UnitOfWork, warehouse: Warehouse, company: CompiledModel
) -> None:
    before = load(gl, warehouse, company, JANUARY)
    commands.define_source(gl, ROBOT, definition=SOURCE, mapping=MAPPING + "折旧,660204,,办公费,=department,\n")
    after = commands.prepare_batch(gl, ROBOT, warehouse, company, batch_id=before.id)
    assert (after.revision, lines_by_outcome(after)["ACCEPTED"]) == (2, 3)
    assert queries.error_desk(gl, ROBOT, batch_id=before.id) == []


def test_a_file_that_cannot_be_read_is_refused_whole_with_the_record(
    gl: UnitOfWork, warehouse: Warehouse, company: CompiledModel
) -> None:
    land = commands.land(
        gl, ROBOT, warehouse, source="gl", file_name="x.csv", chunks=[JANUARY.encode() + "记-9,坏".encode() + b"\xff\n"]
    )
    batch = commands.prepare_batch(gl, ROBOT, warehouse, company, batch_id=land.id)
    assert (batch.state, batch.message.partition(":")[0]) == ("refused", "BAD_ENCODING")
    assert "record 10" in batch.message
    with pytest.raises(BatchNotReady):
        commands.prepare_batch(gl, ROBOT, warehouse, company, batch_id=land.id)
    missing = load(gl, warehouse, company, "凭证号,日期\n1,2026-01-01\n")
    assert missing.message.startswith("MISSING_COLUMN: no column 科目")


def test_closed_periods_take_no_lines(gl: UnitOfWork, warehouse: Warehouse, company: CompiledModel) -> None:
    commands.set_period_status(gl, ROBOT, model="company", periods=["2026-01"], status="closed")
    assert set(load(gl, warehouse, company, JANUARY).counts) == {"PERIOD_CLOSED"}
    commands.set_period_status(gl, ROBOT, model="company", periods=["2026-01"], status="open")
    assert "ACCEPTED" in load(gl, warehouse, company, JANUARY).counts


def test_the_tie_out_explains_every_amount_before_anything_is_published(
    gl: UnitOfWork, warehouse: Warehouse, company: CompiledModel
) -> None:
    batch = load(gl, warehouse, company, JANUARY)
    books = {"660202": "300", "660203": "80.50", "660204": "40", "1002": "-1380.50", "1602": "-40", "6001": "1000"}
    totals = {(account, "2026-01"): Decimal(amount) for account, amount in books.items()}
    commands.set_control_totals(gl, ROBOT, source="gl", totals=totals)
    rows = {r.account: r for r in tie_out(gl, ROBOT, warehouse, source="gl", batch_id=batch.id)}
    assert {account: row.difference for account, row in rows.items()} == dict.fromkeys(books, Decimal(0))
    assert (rows["660204"].rejected, rows["660203"].accepted) == (40, Decimal("80.50"))
    assert rows["6001"].excluded == {"结转损益": 1000}
    before = {r.account: r.difference for r in tie_out(gl, ROBOT, warehouse, source="gl")}
    assert before["660202"] == 300  # not published: the books hold what we do not


def test_a_source_with_faults_names_them_all_and_changes_nothing(uow: UnitOfWork) -> None:
    with pytest.raises(BadSource) as refused:
        commands.define_source(
            uow,
            ROBOT,
            definition="source: x\nmodel: m\ncube: c\ncolour: red\n"
            "fields: {date: d, amount: a, debit: b, credit: c}\nmap: {item: =who}\n",
            mapping="rule,planet,sign\nr,mars,2\n",
        )
    assert {(p.code, p.line) for p in refused.value.problems} >= {
        ("unknown_key", 4),
        ("bad_fields", 5),
        ("unknown_column", 1),
        ("bad_value", 2),
        ("unknown_field", 0),
    }
    with pytest.raises(NoSuchSource):
        queries.source(uow, "x")


def test_a_stranger_may_neither_define_nor_load(gl: UnitOfWork, warehouse: Warehouse) -> None:
    stranger = Principal(7, "stranger", "路人", grants=(Grant("plan.read"),))
    with pytest.raises(Forbidden):
        commands.define_source(gl, stranger, definition=SOURCE)
    with pytest.raises(Forbidden):
        commands.land(gl, stranger, warehouse, source="gl", file_name="x", chunks=[b""])
    with pytest.raises(Forbidden):
        queries.error_desk(gl, stranger)
