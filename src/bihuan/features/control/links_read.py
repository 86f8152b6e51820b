"""How limits that follow revenue came about, as it is read (linked.py)."""

from collections.abc import Iterable

from bihuan.features.control.availability import Balance
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.linked import NEVER
from bihuan.store.unit_of_work import Reader


def link_reasons(reader: Reader, policy: PolicyInForce, rows: Iterable[Balance]) -> dict[int, str]:
    """How each row's limit came about last; a row that was never worked out is absent."""
    asked = list(rows)
    windows = sorted({row.window for row in asked})
    ids = [row.id for row in asked]
    found = reader.rows("control.link_reasons", policy_id=policy.id, buckets=ids, windows=windows)
    return {r["bucket"]: r["reason"] for r in found}


def link_told(reader: Reader, policy: PolicyInForce, row: Balance) -> str:
    """The same of one row, as a sentence; "" where its limit does not follow revenue."""
    if not row.rule.linked:
        return ""
    return f"按收入的限额：{link_reasons(reader, policy, [row]).get(row.id, NEVER)}。"
