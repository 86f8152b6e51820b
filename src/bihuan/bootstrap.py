"""The one wiring file: settings -> the objects a process runs with; protocols of earlier features bound to later ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bihuan.features.access.scope import Flat, Hierarchies
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database, open_database, utc_now


def _no_trees(_model: str) -> Hierarchies:
    return Flat()


@dataclass(frozen=True)
class Container:
    """What a web worker, a job process or a command-line run holds. ``trees``: a model's hierarchies, for the predicate."""

    settings: Settings
    database: Database
    trees: Callable[[str], Hierarchies] = field(default=_no_trees)


def build(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Container:
    """Connects; ``settings.database_url`` must be known by now (the supervisor fills it in for the embedded server)."""
    assert settings.database_url, "the supervisor starts the embedded server first"
    return Container(settings, open_database(settings.database_url, now=now))
