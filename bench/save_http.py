"""Save 500 rows, read the totals: through HTTP, with fsync, on a real server of our own, beside a tenth of the cells.

One request saves 500 changed rows (each row one month), a second reads the grand totals of volume, price-weighted revenue and
cost. Peer "raw": one transaction that inserts the same 500 rows into a plain table with fsync and sums it; for information.
"""

import logging
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count

import httpx
import numpy as np
import psycopg
import structlog
import uvicorn
from harness import Result, compare

from bihuan.bootstrap import Container, opened
from bihuan.features.access import commands as access
from bihuan.features.access import queries as sessions
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.planning import commands, queries
from bihuan.features.planning.writing import locked_state, write
from bihuan.settings import from_environment
from bihuan.store.blocks import ChangedCells
from bihuan.web.app import create_app

ROWS, UNITS = 500, 5  # a form: five plan units with a hundred lines each
ORGS, MONTHS = 100, 12


def package(products: int) -> dict[str, str]:
    """Volume and price by organisation × product, revenue and cost computed."""
    head = "code,name,parent,weight\n"
    orgs = "".join(f"o{i},o{i},G,\n" for i in range(ORGS))
    items = "".join(f"p{i},p{i},P,\n" for i in range(products))
    return {
        "model.yaml": "name: bench\ntitle: bench\ncalendar: {base: month, start: 2026-01, end: 2026-12}\n"
        "currency: 元\nunits: {元: '', 件: ''}\nversions: [预算]\ndimensions:\n  org: {own_leaf: no}\n",
        "dimensions/org.csv": head + "G,G,,\n" + orgs,
        "dimensions/产品.csv": head + "P,P,,\n" + items,
        "cubes/销售.yaml": "cube: 销售\ntitle: 销售\ndims: [period, org, 产品]\nitems:\n  销量: {unit: 件, scale: 0}\n"
        "  单价: {unit: 元/件, time: average, total: average}\n  收入: {unit: 元, scale: 2}\n  成本: {unit: 元, scale: 2}\n"
        "formulas: |\n  收入 = 销量 * 单价\n  成本 = 收入 * 0.6\n",
    }


@dataclass
class Site:
    """A running server with one version of ``cells`` volumes."""

    client: httpx.Client
    version: int
    products: int
    turn: Iterator[int]
    before: dict[int, int]

    def save_and_read(self) -> None:
        """500 rows of one month, then the totals."""
        month = next(self.turn) % MONTHS
        edits = [self._edit(row, month) for row in range(ROWS)]
        answer = self.client.post("/api/v1/plan/save", json={"version": self.version, "base_seq": 0, "edits": edits})
        assert answer.status_code == 200, answer.text[:500]
        self.before[month] += 1
        asked = {
            "version": self.version,
            "cube": "销售",
            "items": ["销量", "收入", "成本"],
            "fixed": {"org": "G", "产品": "P"},
            "columns": ["2026"],
        }
        totals = self.client.post("/api/v1/plan/query", json=asked)
        assert totals.status_code == 200, totals.text[:500]
        assert all(row[0]["s"] == "VALUE" for row in totals.json()["cells"])

    def _edit(self, row: int, month: int) -> dict[str, object]:
        members = {"org": f"o{row % UNITS}", "产品": f"p{row // UNITS}"}
        seen = 100 + self.before[month]
        period = f"2026-{month + 1:02d}"
        return {
            "cube": "销售", "item": "销量", "members": members, "period": period, "before": str(seen), "after": str(seen + 1),
        }  # fmt: skip


def fill(container: Container, products: int) -> int:
    """The version's volumes (all 100) and prices (all 2.5), written in one change set per item, then folded."""
    with container.database.writing() as uow:
        modelling.apply(uow, system(), package(products), name="bench")
    with container.database.reading() as reader:
        version = queries.version(reader, "bench", "预算").id
    for code, value in (("销量", 100.0), ("单价", 2.5)):
        with container.database.writing() as uow:
            state = locked_state(uow, version)
            item = next(i for ref, i in state.model.items.items() if ref.item == code)
            leaves = [np.array([m.id for m in state.model.dimensions[d].leaves], np.int32) for d in item.dims]
            rows = np.stack([g.ravel() for g in np.meshgrid(*leaves, indexing="ij")], axis=1)
            cells = len(rows) * MONTHS
            blank, value_state = np.zeros(cells, np.uint8), np.ones(cells, np.uint8)
            changes = ChangedCells(
                (f"销售!{code}",),
                tuple(state.model.calendar.codes),
                np.zeros(cells, np.int32),
                np.repeat(rows, MONTHS, axis=0),
                np.tile(np.arange(MONTHS, dtype=np.int32), len(rows)),
                np.zeros(cells),
                blank,
                np.full(cells, value),
                value_state,
            )
            write(uow, system(), state, changes, kind="edit", source="bench", reason="")
    with container.database.writing() as uow:
        commands.fold(uow, system(), version_id=version)
    return version


@contextmanager
def site(cells: int) -> Iterator[tuple[Site, str]]:
    """A server of its own with ``cells`` volumes; and the URL of its database."""
    products = max(ROWS // UNITS, cells // ORGS // MONTHS)
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder:
        environ = {**os.environ, "BIHUAN_DATA": folder}
        with opened(from_environment(environ)) as container:
            version = fill(container, products)
            with container.database.writing() as uow:
                access.define_role(uow, system(), code="all", name="all", grants=[{"action": "plan.*"}])
                user = access.add_user(uow, system(), login="bench", name="bench", password=None)
                access.assign_roles(uow, system(), login="bench", assignments=[{"role": "all"}])
                secret = access.open_session(uow, user).secret
            headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": sessions.csrf_token(secret)}
            with served(container) as base, httpx.Client(base_url=base, headers=headers, timeout=120) as client:
                before = dict.fromkeys(range(MONTHS), 0)
                yield Site(client, version, products, count(), before), container.settings.database_url or ""


@contextmanager
def served(container: Container) -> Iterator[str]:
    """The application on a free port, in a thread of this process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app(container)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # no line per request
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


@contextmanager
def raw(url: str) -> Iterator[psycopg.Connection]:
    """A connection with a plain table in the same server."""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as conn:
        conn.execute("CREATE TEMP TABLE plain_cell (row_id int, month int, value bigint)")
        conn.commit()
        yield conn


def insert_and_sum(conn: psycopg.Connection) -> None:
    """What a plain table would do for the same 500 rows."""
    with conn.cursor() as cursor:
        cursor.executemany("INSERT INTO plain_cell VALUES (%s, %s, %s)", [(row, 1, 101) for row in range(ROWS)])
        cursor.execute("SELECT sum(value) FROM plain_cell")
        cursor.fetchall()
    conn.commit()


def run(quick: bool) -> list[Result]:
    """1M and 10M cells; quick: 0.1M and 0.3M."""
    small, large = (100_000, 300_000) if quick else (1_000_000, 10_000_000)
    with site(small) as (near, _), site(large) as (far, url), raw(url) as conn:
        sizes = f"{large:,} / {small:,} cells"
        found = compare(
            "save 500 rows, HTTP + fsync, to totals",
            sizes,
            1,
            far.save_and_read,
            {
                f"ours at {small:,} cells": (near.save_and_read, None),
                "raw inserts": (lambda: insert_and_sum(conn), None),
            },
            rounds=3 if quick else 7,
        )
    return [
        replace(r, note="two requests on one connection; server, client and PostgreSQL on one machine") for r in found
    ]
