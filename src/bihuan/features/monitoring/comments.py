"""Cases as subjects of comments: whoever may see the case reads its thread."""

from dataclasses import dataclass

from bihuan.features.access.model import Principal
from bihuan.features.collaboration.model import NoSuchSubject, Subject
from bihuan.features.monitoring import queries
from bihuan.kernel.errors import Forbidden, NotFound
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class Cases:
    """Implements `collaboration.model.SubjectKind`; the key is the case's id."""

    action: str = "monitoring.read"

    def find(self, reader: Reader, actor: Principal, key: str) -> Subject:
        """The case, if part of its place is inside the actor's scope."""
        try:
            found = queries.case(reader, actor, case_id=int(key))
        except (ValueError, NotFound, Forbidden):
            raise NoSuchSubject(kind="case", found=key) from None
        place = {"model": found.model, **found.place.members}
        return Subject(str(found.id), found.title, place)
