"""The one wiring file: settings -> the objects a process runs with; protocols of earlier features bound to later ones."""

from dataclasses import dataclass

from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database, open_database


@dataclass(frozen=True)
class Container:
    """What a web worker, a job process or a command-line run holds."""

    settings: Settings
    database: Database


def build(settings: Settings) -> Container:
    """Connects; ``settings.database_url`` must be known by now (the supervisor fills it in for the embedded server)."""
    assert settings.database_url, "the supervisor starts the embedded server first"
    return Container(settings, open_database(settings.database_url))
