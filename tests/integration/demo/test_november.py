"""November's files as the walk loads them: what is rejected, what ties out, how vouchers meet the requests they name."""

from decimal import Decimal
from pathlib import Path

from bihuan.bootstrap import Container
from bihuan.demo.actuals import LEDGER, load_delivery
from bihuan.demo.books.files import Delivery
from bihuan.demo.books.requests import requests
from bihuan.features.access.model import system
from bihuan.features.control.queries import policy
from bihuan.features.control.reconcile import reconcile
from bihuan.features.integration import queries
from bihuan.features.integration.tie_out import tie_out

SEED = 404  # of the shared demonstration


def november(folder: Path) -> Delivery:
    return Delivery(
        "2026-11", *(folder / f"{kind}_2026-11.csv" for kind in ("总账凭证", "科目余额", "人事", "销售台账"))
    )


def test_november_comes_in(demo: Container) -> None:
    load_delivery(demo, november(demo.settings.data / "demo"))
    with demo.database.reading() as reader:
        rows = tie_out(reader, system("test"), demo.warehouse, source=LEDGER)
        desk = queries.error_desk(reader, system("test"), source=LEDGER, count=1_000)
        differences = reconcile(reader, policy(reader, "集团费用控制"))
    assert "2026-11" in {row.period for row in rows}
    assert [row for row in rows if row.difference] == []
    assert {"UNMAPPED", "UNKNOWN_MEMBER", "PERIOD_CLOSED", "BAD_DATE", "UNBALANCED_VOUCHER"} <= {
        x.outcome for x in desk
    }
    assert {x.account for x in desk if x.outcome == "UNMAPPED"} == {"660115"}
    assert {x.value for x in desk if x.outcome == "UNKNOWN_MEMBER"} == {"SMT-AI", "PWR-MK"}
    assert differences == []


def test_a_smaller_an_equal_and_a_larger_voucher_take_over_what_their_requests_held(demo: Container) -> None:
    with demo.database.engine.connect() as conn:
        held = dict(
            conn.exec_driver_sql(
                "SELECT d.number, sum(e.amount) FROM ledger_entry e JOIN document d ON d.id = e.document_id"
                " WHERE e.stage = 'reserved' GROUP BY d.number"
            ).all()
        )
        spent = dict(
            conn.exec_driver_sql(
                "SELECT d.number, sum(e.amount) FROM ledger_entry e JOIN document d ON d.id = e.document_id"
                " WHERE e.stage = 'executed' GROUP BY d.number"
            ).all()
        )
    for asked in requests(SEED):
        came = Decimal(asked.invoiced).scaleb(-2)
        assert spent[asked.number] == came
        assert held[asked.number] == max(asked.amount - came, Decimal(0))
    smaller, equal, larger = requests(SEED)
    assert held[smaller.number] > 0
    assert (held[equal.number], held[larger.number]) == (0, 0)
