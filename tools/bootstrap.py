"""From a fresh clone to a ready .venv with nothing but Python ≥ 3.11: fetches the pinned uv, then `uv sync`.

Standard library only. Runs again at once when nothing changed. What it honours:
    UV_DEFAULT_INDEX, UV_INDEX_URL, PIP_INDEX_URL   another package index (also for the dependencies, hashes still checked)
    SSL_CERT_FILE, REQUESTS_CA_BUNDLE, PIP_CERT     another CA bundle
    HTTP_PROXY, HTTPS_PROXY, NO_PROXY               a proxy
"""

from __future__ import annotations

import hashlib
import html
import io
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
UV_VERSION = "0.13.9"
UV_WHEELS = {  # platform tag of the wheel -> sha256
    "macosx_10_12_x86_64": "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    "macosx_11_0_arm64": "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    "manylinux_2_17_x86_64.manylinux2014_x86_64": "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    "musllinux_1_1_x86_64": "2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25",
    "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64": (
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe"
    ),
}
NODE_FLOOR = (20, 19)
PUBLIC_INDEX = "https://pypi.org/simple"


def main() -> int:
    """Makes .venv equal to uv.lock; returns the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this script is what tells the user of an older Python
        return fail(f"Python {platform.python_version()} 太旧：需要 3.11 或更新。Python 3.11 or newer is needed.")
    groups = [] if node_on_path() else ["--group", "node"]
    stamp, wanted = VENV / ".bihuan-setup", fingerprint(groups)
    if stamp.exists() and stamp.read_text() == wanted:
        return 0
    started = time.monotonic()
    try:
        uv = find_uv()
        sync(uv, groups)
    except (OSError, LookupError, subprocess.CalledProcessError) as error:
        return fail(f"准备环境失败 setup failed: {error}")
    stamp.write_text(wanted)
    say(f"环境已就绪 ready in {time.monotonic() - started:.0f} s: {VENV}")
    return 0


def fingerprint(groups: list[str]) -> str:
    """Everything the environment depends on; equal fingerprints need no work."""
    parts = [str(ROOT), sys.version, UV_VERSION, *groups]
    parts += [(ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "uv.lock")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def node_on_path() -> bool:
    """True when PATH has a Node that can build the front end; otherwise Node comes as a wheel."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return bool(found) and tuple(map(int, found.groups())) >= NODE_FLOOR


def find_uv() -> Path:
    """The pinned uv in .tools, fetched when it is not there."""
    target = TOOLS / f"uv-{UV_VERSION}"
    if not target.exists():
        tag = wheel_tag()
        name = f"uv-{UV_VERSION}-py3-none-{tag}.whl"
        say(f"下载 fetching {name}")
        wheel = download(name, UV_WHEELS[tag])
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            binary = archive.read(next(n for n in archive.namelist() if n.endswith("/scripts/uv")))
        TOOLS.mkdir(exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}")
        part.write_bytes(binary)
        part.chmod(0o755)
        part.replace(target)
    return target


def wheel_tag() -> str:
    """The key of UV_WHEELS for this machine."""
    machine = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    if sys.platform == "darwin":
        return "macosx_11_0_arm64" if machine == "aarch64" else "macosx_10_12_x86_64"
    musl = sys.platform == "linux" and platform.libc_ver()[0] != "glibc"
    for tag in UV_WHEELS:
        if tag.startswith("musllinux" if musl and machine == "x86_64" else "manylinux") and tag.endswith(machine):
            return tag
    raise LookupError(f"no uv wheel is pinned for {sys.platform} {platform.machine()}")


def index_override() -> str | None:
    """Another package index, when the environment names one."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        url = os.environ.get(name, "").rstrip("/")
        if url and url != PUBLIC_INDEX:
            return url
    return None


def download(name: str, sha256: str) -> bytes:
    """The wheel's bytes from the index's page of uv, checked against the pinned hash."""
    page_url = f"{index_override() or PUBLIC_INDEX}/uv/"
    page = html.unescape(fetch(page_url).decode("utf-8"))
    links = re.findall(r'href="([^"]+)"', page)
    link = next((u for u in links if urllib.parse.unquote(u.split("#")[0]).endswith("/" + name)), None)
    if link is None:
        raise LookupError(f"{page_url} does not offer {name}")
    content = fetch(urllib.parse.urljoin(page_url, link.split("#")[0]))
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise LookupError(f"{name}: sha256 is {found}, expected {sha256}")
    return content


def fetch(url: str, tries: int = 4) -> bytes:
    """GET with a few tries; proxies come from the environment."""
    request = urllib.request.Request(url, headers={"Accept": "text/html, */*", "User-Agent": "bihuan-bootstrap"})
    for left in reversed(range(tries)):
        try:
            with urllib.request.urlopen(request, timeout=60, context=tls()) as answer:
                return bytes(answer.read())
        except (OSError, urllib.error.URLError) as error:
            if not left:
                raise OSError(f"{url}: {error}") from error
            time.sleep(2)
    raise AssertionError("unreachable")


def tls() -> ssl.SSLContext:
    """The default context, or the CA bundle the environment names."""
    return ssl.create_default_context(cafile=ca_bundle())


def ca_bundle() -> str | None:
    """The CA file the environment names."""
    named = (os.environ.get(name, "") for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"))
    return next((path for path in named if Path(path).is_file()), None)


def sync(uv: Path, groups: list[str]) -> None:
    """Installs exactly what uv.lock says, with the interpreter that runs this script."""
    env = dict(os.environ, UV_PYTHON_DOWNLOADS="never", UV_PROJECT_ENVIRONMENT=str(VENV), UV_NO_PROGRESS="1")
    env.pop("VIRTUAL_ENV", None)
    if not writable_home(env):
        env["UV_CACHE_DIR"] = str(TOOLS / "uv-cache")
    if bundle := ca_bundle():
        env.setdefault("SSL_CERT_FILE", bundle)
    else:
        env.setdefault("UV_SYSTEM_CERTS", "1")
    python = getattr(sys, "_base_executable", None) or sys.executable
    if index_override():
        sync_from_mirror(uv, python, groups, env)
    else:
        run([uv, "sync", "--quiet", "--frozen", "--python", python, *groups], env)


def sync_from_mirror(uv: Path, python: str, groups: list[str], env: dict[str, str]) -> None:
    """The lock names files of the public index; a mirror serves the same files, so versions and hashes are kept."""
    for name in ("UV_INDEX_URL", "PIP_INDEX_URL"):
        env.pop(name, None)
    env["UV_DEFAULT_INDEX"] = str(index_override())
    wanted = TOOLS / "requirements.txt"
    export = ["export", "--quiet", "--frozen", "--no-emit-project", "--format", "requirements-txt", *groups]
    run([uv, *export, "--output-file", str(wanted)], env)
    if not (VENV / "bin" / "python").exists():
        run([uv, "venv", "--quiet", "--allow-existing", "--python", python, str(VENV)], env)
    target = ["--python", str(VENV / "bin" / "python")]
    run([uv, "pip", "sync", "--quiet", "--require-hashes", *target, str(wanted)], env)
    run([uv, "pip", "install", "--quiet", "--no-deps", *target, "--editable", str(ROOT)], env)


def writable_home(env: dict[str, str]) -> bool:
    """False for accounts without a home, such as nobody."""
    home = env.get("XDG_CACHE_HOME") or env.get("HOME") or "/nonexistent"
    return Path(home).is_dir() and os.access(home, os.W_OK)


def run(command: list[object], env: dict[str, str]) -> None:
    """Runs in the repository; raises when the command fails."""
    subprocess.run([str(part) for part in command], cwd=ROOT, env=env, check=True)


def say(line: str) -> None:
    print(f"setup: {line}", flush=True)


def fail(line: str) -> int:
    print(f"setup: {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
