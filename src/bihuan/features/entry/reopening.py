"""Opens an approved unit again, before its release: back to preparation, its cells free, the reason kept."""

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.entry.commands import expect, lock_cells, move, unit_of
from bihuan.features.entry.model import KIND, NoSuchUnit
from bihuan.features.planning import commands as planning
from bihuan.features.process import queries as process
from bihuan.features.process import tending
from bihuan.features.process.model import ReasonRequired
from bihuan.store.unit_of_work import UnitOfWork


def reopen(uow: UnitOfWork, actor: Principal, *, unit_id: int, reason: str) -> None:
    """The administrator sends an approved unit back to whoever submitted it; what is released stays released.

    Its next submission is a case of its own.
    """
    seen = unit_of(uow, unit_id)
    if not actor.may("entry.read", model=seen["model"], org=seen["org"]):
        raise NoSuchUnit(unit=unit_id)
    actor.require("entry.reopen", model=seen["model"], org=seen["org"])
    if not reason.strip():
        raise ReasonRequired(action="reopen")
    planning.lock_heads(uow, [seen["version_id"]])
    tending.hold(uow, KIND, unit_id)
    unit = expect(uow, unit_id, "approved")
    instance = process.instance_of(uow, KIND, unit_id)
    holder = process.requester(uow, instance) if instance is not None else ""
    tending.reopen(uow, actor, kind=KIND, subject_id=unit_id, comment=reason)
    lock_cells(uow, actor, unit, locked=False, why="", holder="")
    move(uow, unit, "preparing", holder)
    record(uow, actor, "entry.reopen", (KIND, unit_id), {"status": "approved"}, {"status": "preparing"}, reason)
