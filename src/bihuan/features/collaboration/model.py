"""Threads on subjects. A subject is a kind and a key; its kind says where it stands and whether one may see it.

Who may see the subject may see its thread, and nobody else. Kinds are bound in `bootstrap`: a later feature implements
`SubjectKind` for its own things (a plan unit, a document, a case).

Errors::

    NoSuchSubject    there is no such thing, or you may not see it
    CannotMention    a person named in a comment may not see what it is about
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bihuan.features.access.model import Principal
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.store.unit_of_work import Reader

Act = Literal["say", "resolve", "reopen"]


class NoSuchSubject(NotFound):
    """没有这个对象，或您看不到它。"""

    code = "no_such_subject"


class CannotMention(Invalid):
    """提到的人看不到这里的内容。"""

    code = "cannot_mention"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a thread is about. ``key`` is canonical; ``place`` holds ``model`` and the coordinate the read right is asked on.

    ``within`` groups subjects whose marks are shown together; ``title`` is what people call it.
    """

    key: str
    title: str
    place: Mapping[str, str] = field(default_factory=dict)
    within: str = ""


class SubjectKind(Protocol):
    """Finds subjects of one kind; ``action`` is the read action that live events of their threads are heard by."""

    @property
    def action(self) -> str: ...

    def find(self, reader: Reader, actor: Principal, key: str) -> Subject:
        """The subject, or `NoSuchSubject` when there is none or the actor may not see it."""
        ...


_kinds: dict[str, SubjectKind] = {}


def register(kind: str, handler: SubjectKind) -> None:
    """Binds a kind; once per process."""
    _kinds[kind] = handler


def kind_of(kind: str) -> SubjectKind:
    """The handler of a kind."""
    if kind not in _kinds:
        raise NoSuchSubject(f"没有“{kind}”这种对象。", kind=kind, expected=sorted(_kinds))
    return _kinds[kind]
