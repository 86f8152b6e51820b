"""Plan units as subjects of comments: who may read the unit reads its thread."""

from dataclasses import dataclass

from bihuan.features.access.model import Principal
from bihuan.features.collaboration.model import NoSuchSubject, Subject
from bihuan.features.entry.commands import unit_of
from bihuan.kernel.errors import NotFound
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class PlanUnits:
    """Implements `collaboration.model.SubjectKind`; the key is the unit's id."""

    action: str = "entry.read"

    def find(self, reader: Reader, actor: Principal, key: str) -> Subject:
        """The unit, if the actor may read it."""
        try:
            unit = unit_of(reader, int(key))
        except (ValueError, NotFound):
            raise NoSuchSubject(kind="plan_unit", found=key) from None
        place = {"model": str(unit["model"]), "org": str(unit["org"])}
        if not actor.may("entry.read", model=place["model"], org=place["org"]):
            raise NoSuchSubject(kind="plan_unit", found=key)
        return Subject(str(unit["id"]), f"{unit['org']} 预算", place, f"version:{unit['version_id']}")
