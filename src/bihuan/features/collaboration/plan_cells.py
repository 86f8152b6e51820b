"""Plan cells as subjects: a coordinate in a version; totals too. Seen by who may read the whole cell."""

import json
from dataclasses import dataclass
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.collaboration.model import NoSuchSubject, Subject
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import queries as planning
from bihuan.kernel.errors import Forbidden, NotFound
from bihuan.store.unit_of_work import Reader

KIND = "plan_cell"


def key_of(version: int, cube: str, item: str, members: dict[str, str], period: str) -> str:
    """The canonical key of a cell: JSON with sorted names."""
    said = {"cube": cube, "item": item, "members": members, "period": period, "version": version}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class PlanCells:
    """Implements `model.SubjectKind`."""

    action: str = "plan.read"

    def find(self, reader: Reader, actor: Principal, key: str) -> Subject:
        """The cell that ``key`` names; it must lie wholly inside the actor's scope."""
        version, cube, item, members, period = read_key(key)
        try:
            state = planning.state_for(reader, actor, version)
            found = state.model.item(cube, item)
            node = planning.locate(state.model, found, members)
            at = planning.period_key(state.model, found, period)
            planning.require_inside(reader, actor, state, item=found, node=node, key=at)
        except (NotFound, Forbidden) as error:
            raise NoSuchSubject(kind=KIND) from error
        head = planning.version_by_id(reader, version)
        model = modelling.find(reader, state.model_id).code
        names = [state.model.dimensions[d].by_code[c].name for d, c in members.items()]
        place = {"model": model, "version": head.code, "item": f"{cube}!{item}", **members}
        canonical = key_of(version, cube, item, members, period)
        title = " · ".join([*names, found.definition.name, *([period] if period else [])])
        return Subject(canonical, title, place, within_version(version))


def within_version(version: int) -> str:
    """The group of all cells of a version."""
    return f"version:{version}"


def read_key(key: str) -> tuple[int, str, str, dict[str, str], str]:
    """Version, cube, item, members, period of a key; `NoSuchSubject` when it is none."""
    try:
        said: Any = json.loads(key)
        members = {str(d): str(c) for d, c in said["members"].items()}
        return int(said["version"]), str(said["cube"]), str(said["item"]), members, str(said["period"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoSuchSubject(kind=KIND, found=key[:200]) from None
