"""The route that explains a document."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from bihuan.features.access.http import Edge, requires
from bihuan.features.control.document_explained import explained_document
from bihuan.features.control.wire import Amount, CheckOut, ExplainedOut, StandardOut, TargetOut

router = APIRouter(prefix="/api/v1", tags=["control"])


class WeighedRuleOut(BaseModel):
    """Whether a rule speaks of a place and why, or why not. ``row``: its tightest balance row, with who used it.

    ``hidden``: there is a row, and it is not for the reader; ``unreleased``: some of its windows have no budget yet.
    """

    rule: str
    title: str
    matched: bool
    why: Literal["matched", "elsewhere", "outside", "exempt"]
    text: str
    unreleased: bool
    hidden: bool
    row: ExplainedOut | None


class LineExplainedOut(BaseModel):
    """``fault``: why the policy has no place for it; "" where it has. ``targets``: how its fields became its members."""

    line_no: int
    coordinate: dict[str, str]
    period: str
    amount: Amount
    fault: str
    rules: list[WeighedRuleOut]
    standards: list[StandardOut]
    targets: list[TargetOut]


class DocumentExplainedOut(BaseModel):
    """``answer``: what it would be answered now, where it holds nothing and the reader may ask for it."""

    id: int
    number: str
    kind: str
    status: str
    policy: str
    lines: list[LineExplainedOut]
    answer: CheckOut | None


@router.get("/spend/requests/{document_id}/explanation", **requires("control.read"))
def explain_document(edge: Edge, document_id: int) -> DocumentExplainedOut:
    """Each line with every rule: matched or not and why, the formula in numbers, who used it, and what would make it pass."""
    with edge.read() as reader:
        return DocumentExplainedOut.model_validate(explained_document(reader, edge.actor, document_id))
