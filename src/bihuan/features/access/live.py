"""Live events: what just changed, told to those who may see it. Sent in the transaction, heard only on commit.

An event says *that* something changed and where, never the numbers: the hearer reads those through the same predicate.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from bihuan.features.access.model import Principal
from bihuan.store.unit_of_work import UnitOfWork

CHANNEL = "bihuan"
PAYLOAD_BYTES_MAX = 7900  # NOTIFY carries less than 8000


@dataclass(frozen=True, slots=True)
class Event:
    """``topic`` such as ``plan.saved``; heard by who holds ``action`` at ``where``; ``to`` = only these user ids, if any.

    An event that names its hearers may do without an action: it is about their own things.
    """

    topic: str
    action: str
    model: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)
    to: tuple[int, ...] = ()

    def dump(self) -> str:
        """As JSON; data too large to send is left out and said to be (the hearer reads anyway)."""
        text = json.dumps(asdict(self), ensure_ascii=False, default=str)
        if len(text.encode()) > PAYLOAD_BYTES_MAX:
            text = json.dumps({**asdict(self), "data": {"truncated": True}}, ensure_ascii=False, default=str)
        return text


def parse(payload: str) -> Event:
    """The event of a notification."""
    raw = json.loads(payload)
    return Event(**{**raw, "to": tuple(raw["to"])})


def announce(uow: UnitOfWork, event: Event) -> None:
    """Tells all workers when the transaction commits, and nobody when it does not."""
    uow.run("access.announce", payload=event.dump())


def hears(actor: Principal, event: Event) -> bool:
    """True if the event may reach this person: named if it names anybody, and allowed on at least part of where it happened."""
    if event.to and actor.user_id not in event.to:
        return False
    if event.to and not event.action:
        return True
    if not event.where:
        return actor.holds(event.action, event.model)
    return actor.scope(event.action, event.model).touches(event.where)
