"""What a person holds: nodes of a version below which their own spreading, copying and reallocating change nothing.

Typing into a held cell itself is not refused: one holds against what one does at a total, not against oneself.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, versions
from bihuan.features.planning.model import TooManyHolds
from bihuan.store.unit_of_work import Reader, UnitOfWork

MOST = 1_000  # nodes a person may hold in one version


@dataclass(frozen=True, slots=True)
class Hold:
    """A cell, or a total and all below it; ``members`` of the item's dimensions, ``period`` "" for an item without periods."""

    item: ItemRef
    members: Mapping[str, str]
    period: str


def of_person(reader: Reader, actor: Principal, version_id: int) -> list[Hold]:
    """Everything the actor holds in a version, oldest first."""
    rows = reader.rows("planning.holds", version=version_id, user=actor.user_id)
    return [Hold(cells.ref_of(row["item"]), row["members"], row["period"]) for row in rows]


def held(reader: Reader, actor: Principal, version_id: int, item: ItemRef) -> list[tuple[Mapping[str, str], str]]:
    """The nodes of one item that the actor holds."""
    return [(one.members, one.period) for one in of_person(reader, actor, version_id) if one.item == item]


def put(uow: UnitOfWork, actor: Principal, version_id: int, nodes: Sequence[Hold]) -> None:
    """Holds more nodes; raises `TooManyHolds`."""
    actor.require("plan.write")
    versions.known(uow, version_id)
    for one in nodes:
        uow.run("planning.hold", **_params(actor, version_id, one), at=uow.now())
    if (count := len(of_person(uow, actor, version_id))) > MOST:
        raise TooManyHolds(found=count, most=MOST)


def release(uow: UnitOfWork, actor: Principal, version_id: int, nodes: Sequence[Hold] | None) -> None:
    """Lets nodes go; None: all of the version."""
    actor.require("plan.write")
    if nodes is None:
        uow.run("planning.release_holds", version=version_id, user=actor.user_id)
    for one in nodes or ():
        uow.run("planning.release_hold", **_params(actor, version_id, one))


def _params(actor: Principal, version_id: int, one: Hold) -> dict[str, object]:
    members = json.dumps(dict(one.members), ensure_ascii=False)
    item = cells.code_of(one.item)
    return {"version": version_id, "user": actor.user_id, "item": item, "members": members, "period": one.period}
