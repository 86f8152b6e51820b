"""Say something, settle a thread, open it again. Nothing said is ever changed."""

import json
from collections.abc import Sequence

from bihuan.features.access.commands import record
from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import Principal
from bihuan.features.collaboration import queries
from bihuan.features.collaboration.inbox import Notice, notify
from bihuan.features.collaboration.model import Act, CannotMention, NoSuchSubject, Subject, kind_of
from bihuan.kernel.errors import Invalid
from bihuan.store.unit_of_work import UnitOfWork

BODY_MAX = 4_000


def say(uow: UnitOfWork, actor: Principal, *, kind: str, subject: str, body: str, mentions: Sequence[str] = ()) -> int:
    """Adds a comment; a settled thread is open again. ``mentions`` are logins; each must be able to see the subject."""
    actor.require("collaboration.comment")
    text = body.strip()
    if not text or len(text) > BODY_MAX:
        raise Invalid(f"批注要写 1 到 {BODY_MAX} 个字。", found=len(text), expected=f"1–{BODY_MAX}")
    about = kind_of(kind).find(uow, actor, subject)
    people = {p.login: p for p in queries.people(uow, kind=kind, subject=about)} if mentions else {}
    if strangers := sorted(set(mentions) - people.keys()):
        raise CannotMention(f"{'、'.join(strangers)} 看不到这里，不能提到。", logins=strangers)
    named = sorted({people[login].id for login in mentions})
    return _append(uow, actor, kind, about, act="say", body=text, mentions=named)


def settle(uow: UnitOfWork, actor: Principal, *, kind: str, subject: str, resolved: bool) -> None:
    """Marks a thread as settled, or opens it again; repeating it changes nothing."""
    actor.require("collaboration.comment")
    about = kind_of(kind).find(uow, actor, subject)
    uow.run("collaboration.lock_thread", kind=kind, subject=about.key)
    said = queries.thread(uow, actor, kind=kind, subject=about.key)
    if not said.entries:
        raise NoSuchSubject("这里还没有批注。", kind=kind)
    if said.open == resolved:
        _append(uow, actor, kind, about, act="resolve" if resolved else "reopen", body="", mentions=[])


def _append(
    uow: UnitOfWork, actor: Principal, kind: str, about: Subject, *, act: Act, body: str, mentions: Sequence[int]
) -> int:
    made = uow.value(
        "collaboration.say",
        kind=kind,
        subject=about.key,
        within=about.within,
        place=json.dumps(dict(about.place), ensure_ascii=False),
        act=act,
        body=body,
        mentions=list(mentions),
        author_id=actor.user_id,
        at=uow.now(),
    )
    record(uow, actor, f"collaboration.{act}", (kind, about.key), after={"comment": made})
    _tell(uow, actor, kind, about, to=())
    if mentions:
        _tell(uow, actor, kind, about, to=tuple(mentions))
        data = {"kind": kind, "subject": about.key}
        notify(uow, actor, mentions, Notice("mention", about.title, body[:200], _link(kind, about), data))
    return int(made)


def _link(kind: str, about: Subject) -> str:
    """Where the thread is seen: the table of its cells, else the page of all one's work."""
    if kind not in ("plan_cell", "plan_unit") or "org" not in about.place:
        return "/"
    return f"/prepare?model={about.place.get('model', '')}&org={about.place['org']}"


def _tell(uow: UnitOfWork, actor: Principal, kind: str, about: Subject, *, to: tuple[int, ...]) -> None:
    """Live events carry where and who, never what was said."""
    place = dict(about.place)
    model = place.pop("model", "")
    topic = "comment.mentioned" if to else "comment.changed"
    data = {"kind": kind, "subject": about.key, "within": about.within, "author": actor.name}
    announce(uow, Event(topic, kind_of(kind).action, model, place, data, to))
