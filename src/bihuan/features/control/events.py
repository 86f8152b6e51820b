"""What control tells live: that balances changed somewhere, never the amounts."""

from collections.abc import Mapping, Sequence

from bihuan.features.access.live import Event, announce
from bihuan.features.control.ledger import PolicyInForce
from bihuan.store.unit_of_work import UnitOfWork

CHANGED = "control.changed"


def tell_changed(
    uow: UnitOfWork, policy: PolicyInForce, places: Sequence[Mapping[str, str]], document_id: int | None = None
) -> None:
    """Heard on commit by who may read balances at what the places have in common."""
    shared = dict(places[0]) if places else {}
    for place in places[1:]:
        shared = {d: m for d, m in shared.items() if place.get(d) == m}
    data = {"policy": policy.policy.code, **({} if document_id is None else {"document": document_id})}
    announce(uow, Event(CHANGED, "control.read", policy.policy.model, shared, data))
