"""The one way to ask for something to be done later: the job is part of the caller's transaction."""

import json
from collections.abc import Mapping

from bihuan.store.unit_of_work import UnitOfWork


def enqueue(
    uow: UnitOfWork,
    name: str,
    payload: Mapping[str, object],
    *,
    lock: str | None = None,
    queueing_lock: str | None = None,
) -> int:
    """Returns the job's id. Jobs with the same ``lock`` run one after another; a second waiting job with the same
    ``queueing_lock`` is refused by a unique index."""
    text = json.dumps(dict(payload), ensure_ascii=False)
    ids = uow.value("jobs.enqueue", name=name, payload=text, lock=lock, queueing_lock=queueing_lock)
    return int(ids[0])
