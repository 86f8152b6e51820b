"""Settings of a process, read once from the environment; docs/reference/settings.md is generated from this class."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
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


MEANINGS: Mapping[str, str] = {
    "data": "数据目录：内置数据库、数据仓库文件、展开的数据块、日志",
    "host": "监听地址；要让其他机器访问时设为 0.0.0.0，并在前面放 HTTPS 反向代理",
    "port": "端口",
    "database_url": "外部 PostgreSQL（15 及以上）的地址，建表者身份；不设则用内置数据库",
    "app_database_url": "外部数据库中应用自己的身份（不能改写历史）；不设则与上一项相同",
    "workers": "网页进程数",
}


def reference() -> str:
    """docs/reference/settings.md."""
    lines = ["# 设置", "", "由 `bihuan.settings` 生成（`make docs`），请勿手改。都是环境变量，启动时读一次；"]
    lines[-1] += "`bihuan serve` 的 `--data --host --port --workers` 优先于它们。"
    lines += ["", "| 环境变量 | 默认 | 含义 |", "|---|---|---|"]
    for f in fields(Settings):
        default = "`.bihuan`" if f.default is MISSING else "（无）" if f.default is None else f"`{f.default}`"
        lines.append(f"| `BIHUAN_{f.name.upper()}` | {default} | {MEANINGS[f.name]} |")
    return "\n".join(lines) + "\n"
