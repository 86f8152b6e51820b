"""What conditions of a flow may ask of control's things, such as ``when: 金额 >= 50000``."""

from collections.abc import Mapping
from decimal import Decimal

from bihuan.features.process.condition import Fact
from bihuan.store.unit_of_work import Reader


def document_facts(reader: Reader, document_id: int) -> Mapping[str, Fact]:
    """The whole amount of a spend request."""
    lines = reader.rows("control.document_lines", document_id=document_id)
    return {"金额": sum((line["amount"] for line in lines), Decimal(0))}
