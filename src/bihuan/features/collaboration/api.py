"""Routes of collaboration: a thread, say, settle, marks of a group, people one can name, where I was named."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bihuan.features.access.http import Edge, requires
from bihuan.features.collaboration import commands, queries

router = APIRouter(prefix="/api/v1/comments", tags=["collaboration"])
Key = Annotated[str, Field(min_length=1, max_length=2_000)]


class CommentSubjectIn(BaseModel):
    """``kind``: plan_cell, plan_unit, document, case …; ``subject``: its key (an id, or a cell as JSON)."""

    kind: Annotated[str, Field(max_length=40)]
    subject: Key


class CommentIn(CommentSubjectIn):
    """``mentions``: logins of people who shall look at it."""

    body: Annotated[str, Field(min_length=1, max_length=commands.BODY_MAX)]
    mentions: Annotated[list[str], Field(max_length=20)] = []


class CommentResolutionIn(CommentSubjectIn):
    resolved: bool


class CommentEntryOut(BaseModel):
    """``act``: say, or that somebody settled the thread or opened it again; ``mentions``: names."""

    id: int
    act: Literal["say", "resolve", "reopen"]
    body: str
    at: datetime
    login: str
    name: str
    mentions: list[str]


class ThreadOut(BaseModel):
    """``subject`` is canonical; ``open``: something was said that is not settled."""

    kind: str
    subject: str
    title: str
    open: bool
    entries: list[CommentEntryOut]


class CommentMarkOut(BaseModel):
    """An open thread."""

    subject: str
    said: int
    at: datetime


class CommentPersonOut(BaseModel):
    login: str
    name: str


class CommentMentionOut(BaseModel):
    id: int
    kind: str
    subject: str
    title: str
    place: dict[str, str]
    body: str
    at: datetime
    author: str


@router.get("", **requires("collaboration.read"))
def thread(edge: Edge, kind: str, subject: str) -> ThreadOut:
    """The thread on a subject that one may see."""
    with edge.read() as reader:
        return _thread(kind, queries.thread(reader, edge.actor, kind=kind, subject=subject))


@router.post("", status_code=201, **requires("collaboration.comment"))
def say(edge: Edge, body: CommentIn) -> ThreadOut:
    """Adds a comment; the thread as it is then."""
    with edge.write() as uow:
        commands.say(uow, edge.actor, kind=body.kind, subject=body.subject, body=body.body, mentions=body.mentions)
        return _thread(body.kind, queries.thread(uow, edge.actor, kind=body.kind, subject=body.subject))


@router.post("/resolution", **requires("collaboration.comment"))
def settle(edge: Edge, body: CommentResolutionIn) -> ThreadOut:
    """Marks a thread as settled, or opens it again."""
    with edge.write() as uow:
        commands.settle(uow, edge.actor, kind=body.kind, subject=body.subject, resolved=body.resolved)
        return _thread(body.kind, queries.thread(uow, edge.actor, kind=body.kind, subject=body.subject))


@router.get("/marks", **requires("collaboration.read"))
def marks(edge: Edge, kind: str, within: str) -> list[CommentMarkOut]:
    """Open threads of a group, such as ``within=version:7`` for the cells of a version."""
    with edge.read() as reader:
        found = queries.marks(reader, edge.actor, kind=kind, within=within)
    return [CommentMarkOut(subject=m.subject, said=m.said, at=m.at) for m in found]


@router.get("/people", **requires("collaboration.comment"))
def people(edge: Edge, kind: str, subject: str) -> list[CommentPersonOut]:
    """Whom one can name there: those who may see it."""
    with edge.read() as reader:
        found = queries.people_for(reader, edge.actor, kind=kind, subject=subject)
    return [CommentPersonOut(login=p.login, name=p.name) for p in found]


@router.get("/mentions", **requires("collaboration.read"))
def mentions(edge: Edge) -> list[CommentMentionOut]:
    """Where I was named, newest first."""
    with edge.read() as reader:
        return [CommentMentionOut.model_validate(m) for m in queries.mentions(reader, edge.actor)]


def _thread(kind: str, found: queries.Thread) -> ThreadOut:
    return ThreadOut(
        kind=kind,
        subject=found.subject.key,
        title=found.subject.title,
        open=found.open,
        entries=[CommentEntryOut.model_validate(dict(e)) for e in found.entries],
    )
