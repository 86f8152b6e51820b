"""Threads, marks, who can be named, where I was named; each seen only by who may see the subject."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.access.queries import principal_of
from bihuan.features.access.scope import Hierarchies
from bihuan.features.collaboration.model import NoSuchSubject, Subject, kind_of
from bihuan.features.modelling import queries as modelling
from bihuan.store.unit_of_work import Reader

MENTIONS_MAX = 50


@dataclass(frozen=True, slots=True)
class Thread:
    """Everything said, oldest first; ``open`` = something was said and it is not settled."""

    subject: Subject
    entries: tuple[RowMapping, ...]

    @property
    def open(self) -> bool:
        return bool(self.entries) and self.entries[-1]["act"] != "resolve"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be named."""

    id: int
    login: str
    name: str


@dataclass(frozen=True, slots=True)
class Mark:
    """An open thread among others: its subject, how many things were said, when last."""

    subject: str
    said: int
    at: datetime


def thread(reader: Reader, actor: Principal, *, kind: str, subject: str) -> Thread:
    """The thread on a subject the actor may see."""
    actor.require("collaboration.read")
    about = kind_of(kind).find(reader, actor, subject)
    return Thread(about, tuple(reader.rows("collaboration.thread", kind=kind, subject=about.key)))


def marks(reader: Reader, actor: Principal, *, kind: str, within: str) -> list[Mark]:
    """Open threads of a group (such as all cells of a version) that the actor may see."""
    actor.require("collaboration.read")
    rows = [r for r in reader.rows("collaboration.threads_within", kind=kind, within=within) if r["act"] != "resolve"]
    return [Mark(r["subject"], r["said"], r["at"]) for r in rows if _sees(reader, actor, kind, r["subject"])]


def mentions(reader: Reader, actor: Principal) -> list[dict[str, Any]]:
    """Where the actor was named, newest first; what they may no longer see is left out."""
    rows = reader.rows("collaboration.mentions_of", user_id=actor.user_id, count=MENTIONS_MAX)
    return [{**r, "title": about.title} for r in rows if (about := _found(reader, actor, r["kind"], r["subject"]))]


def people(reader: Reader, *, kind: str, subject: Subject) -> list[Person]:
    """Everybody who may read this thread; for commands."""
    return [
        Person(**row)
        for row in reader.rows("collaboration.people")
        if (who := principal_of(reader, row["login"], lambda model: _trees(reader, model)))
        and who.holds("collaboration.read")
        and _sees(reader, who, kind, subject.key)
    ]


def people_for(reader: Reader, actor: Principal, *, kind: str, subject: str) -> list[Person]:
    """Whom the actor can name on a subject."""
    actor.require("collaboration.comment")
    about = kind_of(kind).find(reader, actor, subject)
    return [p for p in people(reader, kind=kind, subject=about) if p.id != actor.user_id]


def _trees(reader: Reader, model: str) -> Hierarchies:
    return modelling.load(reader, model).trees


def _sees(reader: Reader, actor: Principal, kind: str, key: str) -> bool:
    return _found(reader, actor, kind, key) is not None


def _found(reader: Reader, actor: Principal, kind: str, key: str) -> Subject | None:
    try:
        return kind_of(kind).find(reader, actor, key)
    except NoSuchSubject:
        return None
