"""Settings of a process, read once from the environment; docs/reference/settings.md is generated from this class."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """``data`` holds the embedded server, the warehouse files and the unpacked blocks."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str | None = None  # None: the embedded server
    app_database_url: str | None = None  # for an external server: what the application connects as, if not the owner's
    workers: int = 2


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """BIHUAN_DATA, BIHUAN_HOST, BIHUAN_PORT, BIHUAN_DATABASE_URL, BIHUAN_APP_DATABASE_URL, BIHUAN_WORKERS."""
    return Settings(
        data=Path(environ.get("BIHUAN_DATA", ".bihuan")).resolve(),
        host=environ.get("BIHUAN_HOST", "127.0.0.1"),
        port=int(environ.get("BIHUAN_PORT", "8000")),
        database_url=environ.get("BIHUAN_DATABASE_URL"),
        app_database_url=environ.get("BIHUAN_APP_DATABASE_URL"),
        workers=int(environ.get("BIHUAN_WORKERS", "2")),
    )
