"""Routes of the inbox: what one was told, and that it was read."""

from datetime import datetime

from fastapi import APIRouter, Query
from pydantic import BaseModel

from bihuan.features.access.http import Edge, signed_in
from bihuan.features.collaboration import inbox

router = APIRouter(prefix="/api/v1/inbox", tags=["inbox"])


class NoticeOut(BaseModel):
    """``kind``: what happened, such as ``task.assigned``; ``actor``: the name of whose doing it is; ``link``: where to go."""

    id: int
    kind: str
    title: str
    note: str
    actor: str
    link: str
    at: datetime
    read_at: datetime | None


class InboxOut(BaseModel):
    unread: int
    notices: list[NoticeOut]


class ReadIn(BaseModel):
    """``ids`` null = everything."""

    ids: list[int] | None = None


@router.get("", **signed_in())
def notices(edge: Edge, *, before: int | None = None, limit: int = Query(30, ge=1, le=200)) -> InboxOut:
    """What I was told, newest first."""
    with edge.read() as reader:
        rows = inbox.newest(reader, edge.actor, before=before, limit=limit)
        unread = inbox.unread(reader, edge.actor)
    return InboxOut(unread=unread, notices=[NoticeOut.model_validate(dict(r)) for r in rows])


@router.post("/read", status_code=204, **signed_in())
def read(edge: Edge, body: ReadIn) -> None:
    """Marks some or all as read."""
    with edge.write() as uow:
        inbox.mark_read(uow, edge.actor, body.ids)
