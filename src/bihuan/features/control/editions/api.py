"""Routes of a released policy's texts: the history, planning another for a day or at once, withdrawing it."""

from datetime import date, datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bihuan.features.access.http import Edge, requires
from bihuan.features.control.editions import commands
from bihuan.features.control.editions import queries as editions
from bihuan.features.control.simulating.api import MOST_TEXT, PolicyChangeOut

router = APIRouter(prefix="/api/v1/control", tags=["control"])


class EditionIn(BaseModel):
    """``starts_on``: the business date from which the text holds, not before today; null: at once."""

    text: str = Field(max_length=MOST_TEXT)
    starts_on: date | None = None
    reason: str


class EditionMade(BaseModel):
    id: int


class EditionReasonIn(BaseModel):
    reason: str


class EditionActivated(BaseModel):
    """``activated``: false where it was in force or withdrawn already."""

    activated: bool


class EditionOut(BaseModel):
    """``edition``: null for one never in force; ``fault``: why its day came and it could not be activated.

    ``changes``: of the text before it, of the one in force for a planned one.
    """

    id: int
    status: Literal["planned", "active", "past", "withdrawn"]
    edition: int | None
    text: str
    starts_on: date
    reason: str
    author: str
    author_name: str
    created_at: datetime
    started_at: datetime | None
    started_by: str | None
    ended_at: datetime | None
    ended_by: str | None
    fault: str
    changes: list[PolicyChangeOut]


@router.get("/policies/{code}/editions", **requires("control.policy"))
def policy_editions(edge: Edge, code: str) -> list[EditionOut]:
    """Every text of a policy, newest first: who wrote it, from when to when it held, and what it changed."""
    with edge.read() as reader:
        return [EditionOut.model_validate(e) for e in editions.history(reader, edge.actor, code)]


@router.post("/policies/{code}/editions", status_code=201, **requires("control.policy"))
def plan_edition(edge: Edge, code: str, body: EditionIn) -> EditionMade:
    """Another text comes into force on a day, or at once; what was checked before is not judged again."""
    with edge.write() as uow:
        made = commands.plan(uow, edge.actor, policy=code, text=body.text, starts_on=body.starts_on, reason=body.reason)
    return EditionMade(id=made)


@router.post("/editions/{edition_id}/withdraw", status_code=204, **requires("control.policy"))
def withdraw_edition(edge: Edge, edition_id: int, body: EditionReasonIn) -> None:
    """A planned text will not come into force."""
    with edge.write() as uow:
        commands.withdraw(uow, edge.actor, edition_id=edition_id, reason=body.reason)


@router.post("/editions/{edition_id}/activate", **requires("control.policy"))
def activate_edition(edge: Edge, edition_id: int) -> EditionActivated:
    """A planned text comes into force now, before its day."""
    with edge.write() as uow:
        return EditionActivated(activated=commands.activate(uow, edge.actor, edition_id=edition_id, early=True))
