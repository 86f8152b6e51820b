"""From the cluster of an older major version to the present one: dump, restore beside, switch by rename, keep the old.

The new folder gets its final name only when everything is in it, so a crash at any moment leaves the old one in charge.
"""

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql

from bihuan.store.embedded.account import reachable_binaries
from bihuan.store.embedded.binaries import Binaries, find_all
from bihuan.store.embedded.cluster import DATABASE, Cluster
from bihuan.store.embedded.errors import ServerTrouble


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done before the server can start."""

    initialise: bool = False
    upgrade_from: int | None = None
    retire: tuple[int, ...] = ()  # folders an interrupted switch left behind


def plan(place: Path, major: int) -> Plan:
    """Looks at the folders of ``place``; refuses a cluster that is newer than the programs."""
    present = sorted(int(f.name) for f in place.iterdir() if f.name.isdigit() and (f / "PG_VERSION").exists())
    if major in present:
        return Plan(retire=tuple(m for m in present if m < major))
    newer = [m for m in present if m > major]
    if newer:
        raise ServerTrouble(
            f"数据属于 PostgreSQL {newer[-1]}，现有程序是 {major}：请安装 PostgreSQL {newer[-1]} 或更新的程序",
            found=newer[-1],
            expected=major,
        )
    return Plan(upgrade_from=present[-1]) if present else Plan(initialise=True)


def prepare(cluster: Cluster, environ: Mapping[str, str] = os.environ) -> None:
    """Leaves a cluster of the programs' major version in place, whatever was there."""
    todo = plan(cluster.place, cluster.binaries.major)
    if todo.initialise:
        cluster.initialise()
    elif todo.upgrade_from is not None:
        upgrade(cluster, old_binaries(cluster, todo.upgrade_from, environ))
    for major in todo.retire:
        _retire(cluster.place, major)


def old_binaries(cluster: Cluster, major: int, environ: Mapping[str, str]) -> Binaries:
    """Programs of the old cluster's major version."""
    for binaries in find_all(environ):
        if binaries.major == major:
            return reachable_binaries(binaries, cluster.place, cluster.account)
    raise ServerTrouble(
        f"数据属于 PostgreSQL {major}，升级到 {cluster.binaries.major} 需要旧程序：安装 postgresql-{major} 后再启动一次",
        found=major,
    )


def upgrade(cluster: Cluster, binaries: Binaries) -> None:
    """Dumps with the old server and the new pg_dump, restores into a new folder, compares the row counts, switches."""
    old = replace(cluster, binaries=binaries)
    dump = cluster.place / f"upgrade-{binaries.major}-{cluster.binaries.major}.dump"
    server = old.start()
    try:
        run_tool(cluster.binaries, "pg_dump", server.urls.owner, "--format=custom", f"--file={dump}")
        before = row_counts(server.urls.owner)
    finally:
        server.stop()
    beside = replace(cluster, place=cluster.place / f"upgrade-{time.time_ns()}")
    beside.place.mkdir(mode=0o711)
    cluster.account.own(beside.place)
    beside.initialise()
    server = beside.start()
    try:
        run_tool(cluster.binaries, "pg_restore", server.urls.owner, "--exit-on-error", str(dump))
        after = row_counts(server.urls.owner)
    finally:
        server.stop()
    if before != after:
        raise ServerTrouble("升级后的行数与升级前不同，旧数据原样保留", before=before, after=after)
    beside.folder.rename(cluster.folder)
    _retire(cluster.place, binaries.major)
    beside.place.rmdir()
    dump.unlink()


def _retire(place: Path, major: int) -> None:
    (place / str(major)).rename(place / f"old-{major}-{time.strftime('%Y%m%dT%H%M%S')}")


def run_tool(binaries: Binaries, program: str, url: str, *arguments: str) -> None:
    """Runs pg_dump or pg_restore; the password travels in the environment, not on the command line."""
    info = psycopg.conninfo.conninfo_to_dict(url)
    env = dict(os.environ, PGPASSWORD=str(info.pop("password", "")))
    target = psycopg.conninfo.make_conninfo("", **info)
    command = [binaries.program(program), "--no-password", f"--dbname={target}", *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerTrouble(f"{program} 失败：{done.stderr.strip()[-2000:]}")


def row_counts(url: str) -> dict[str, int]:
    """Rows of every table outside the system schemas."""
    listing = (
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        " ORDER BY 1, 2"
    )
    counts: dict[str, int] = {}
    with psycopg.connect(url) as conn:
        for schema, table in conn.execute(listing).fetchall():
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
            row = conn.execute(query).fetchone()
            counts[f"{schema}.{table}"] = row[0] if row else 0
    return counts


__all__ = ["DATABASE", "Plan", "old_binaries", "plan", "prepare", "row_counts", "run_tool", "upgrade"]
