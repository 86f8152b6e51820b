"""The inbox: tells people what concerns them, in the transaction in which it happens; heard live when that commits."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import RowMapping

from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import Principal
from bihuan.store.unit_of_work import Reader, UnitOfWork

TOPIC = "inbox"


@dataclass(frozen=True, slots=True)
class Notice:
    """``kind`` such as ``task.assigned`` (the screen has words for it), ``link`` a path of our own, ``note`` what was said."""

    kind: str
    title: str
    note: str = ""
    link: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


def notify(uow: UnitOfWork, actor: Principal, to: Collection[int], notice: Notice) -> None:
    """Tells each of ``to`` (user ids) but the one who did it."""
    others = sorted(set(to) - {actor.user_id, 0})
    said = {"kind": notice.kind, "title": notice.title, "note": notice.note, "link": notice.link, "actor": actor.name}
    data = json.dumps(dict(notice.data), ensure_ascii=False, default=str)
    uow.run_many("notification.insert", [{**said, "user_id": one, "data": data, "at": uow.now()} for one in others])
    if others:
        announce(uow, Event(TOPIC, "", data={"kind": notice.kind}, to=tuple(others)))


def settle(uow: UnitOfWork, users: Collection[int], *, case: int, kinds: Collection[str]) -> None:
    """Notices of these kinds about a case are read: what they ask for is no longer to be done."""
    uow.run("notification.settle", users=sorted(users), kinds=sorted(kinds), about=str(case), at=uow.now())


def newest(reader: Reader, actor: Principal, *, before: int | None = None, limit: int = 30) -> Sequence[RowMapping]:
    """What the person was told, newest first; page with ``before`` = the last id seen."""
    return reader.rows("notification.newest", user_id=actor.user_id, before=before, limit=limit)


def unread(reader: Reader, actor: Principal) -> int:
    """How much of it is unread."""
    return int(reader.value("notification.unread", user_id=actor.user_id))


def mark_read(uow: UnitOfWork, actor: Principal, ids: Sequence[int] | None = None) -> None:
    """Marks some of one's own, or all of them."""
    uow.run("notification.read", user_id=actor.user_id, ids=None if ids is None else list(ids), at=uow.now())
    announce(uow, Event(TOPIC, "", data={"kind": "read"}, to=(actor.user_id,)))
