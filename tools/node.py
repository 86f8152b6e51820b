"""Where Node is, and the environment to run npm in: PATH's Node when it is new enough, else the one from the wheel."""

import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV_BIN = ROOT / ".venv" / "bin"


def node_environment() -> dict[str, str]:
    """The process environment with the right Node first on PATH and the system's certificates known to it."""
    env = dict(os.environ)
    if (VENV_BIN / "node").exists():  # installed by bootstrap.py only when PATH has no Node that is new enough
        env["PATH"] = f"{VENV_BIN}{os.pathsep}{env.get('PATH', '')}"
    elif not shutil.which("npm"):
        sys.exit("没有 Node：先运行 make setup")
    bundle = ssl.get_default_verify_paths().cafile
    if bundle:
        env.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    home = env.get("HOME", "")
    if not (home and os.access(home, os.W_OK)):
        env["npm_config_cache"] = str(ROOT / ".tools" / "npm-cache")
    return env


def npm(folder: Path, *arguments: str) -> None:
    """Runs npm in a folder; raises CalledProcessError when it fails."""
    env = node_environment()
    program = shutil.which("npm", path=env["PATH"])
    subprocess.run([program or "npm", *arguments], cwd=folder, env=env, check=True)


def install(folder: Path) -> None:
    """``npm ci``, once per content of package-lock.json."""
    stamp = folder / "node_modules" / ".bihuan-lock"
    lock = (folder / "package-lock.json").read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
        npm(folder, "ci", "--no-audit", "--no-fund", "--loglevel=error")
        stamp.write_text(lock, encoding="utf-8")
