"""Who owns a case, whose turn a step is: the people whose rights cover the place, the narrowest scope first."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.access.queries import principal_of
from bihuan.features.access.scope import Hierarchies
from bihuan.features.modelling import queries as modelling
from bihuan.features.monitoring.model import Place
from bihuan.store.unit_of_work import Reader

ORG = "org"


def coordinate(place: Place) -> dict[str, str]:
    """What a right must cover to act on a case: its members and its item."""
    return {**place.members, "item": place.item}


def nearest(reader: Reader, action: str, model: str, place: Place, *, but: Collection[str] = ()) -> list[str]:
    """Logins of the active people who may do ``action`` on the whole of a place, those of the narrowest scope only.

    So a department's case goes to its own head rather than to everybody who may explain anything.
    """
    found: dict[int, list[str]] = {}
    dim = ORG if ORG in place.members else next(iter(place.members))
    for person in people(reader):
        if person.login not in but and person.may(action, model=model, **coordinate(place)):
            found.setdefault(int(person.scope(action, model).mask(dim).sum()), []).append(person.login)
    return sorted(found[min(found)]) if found else []


def people(reader: Reader) -> Sequence[Principal]:
    """Everybody who may act, once per transaction; with the real trees, whoever asks."""
    if "monitoring.people" not in reader.memo:

        def trees(model: str) -> Hierarchies:
            return modelling.load(reader, model).trees

        logins = [row["login"] for row in reader.rows("access.users") if row["active"]]
        reader.memo["monitoring.people"] = [p for login in logins if (p := principal_of(reader, login, trees))]
    found: Sequence[Principal] = reader.memo["monitoring.people"]
    return found


def names(reader: Reader) -> Mapping[str, str]:
    """Login -> name as shown."""
    rows: Sequence[Any] = reader.rows("monitoring.people")
    return {row["login"]: row["name"] for row in rows}
