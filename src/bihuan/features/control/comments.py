"""Documents as subjects of comments: whoever may see the document reads its thread."""

from dataclasses import dataclass

from bihuan.features.access.model import Principal
from bihuan.features.collaboration.model import NoSuchSubject, Subject
from bihuan.features.control import documents, queries
from bihuan.kernel.errors import NotFound
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class Documents:
    """Implements `collaboration.model.SubjectKind`; the key is the document's id."""

    action: str = "control.read"

    def find(self, reader: Reader, actor: Principal, key: str) -> Subject:
        """The document, for its requester and for those who may read every place of it."""
        try:
            found = documents.shown(reader, actor, int(key))
        except (ValueError, NotFound):
            raise NoSuchSubject(kind="document", found=key) from None
        return Subject(str(found["id"]), f"{found['number']} {found['title']}", queries.place(reader, found["id"]))
