"""A form of 300 rows × 18 columns over HTTP: opening it and trying an edit, beside an empty request in the same run.

The ninety-fifth percentile of each, in turns: the whole form with its comparison columns, a trial calculation of one changed
cell, and the empty request of a signed-in person (who am I). Server, client and PostgreSQL on one machine; no bar.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import httpx
from harness import Result
from save_http import served

from bihuan.bootstrap import opened
from bihuan.features.access import commands as access
from bihuan.features.access import queries as sessions
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.planning import commands, queries
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.model import CellEdit
from bihuan.settings import from_environment

GROUPS, LEAVES = 20, 14  # 1 + 20 + 280 rows and the total: 300
MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 13))


def package() -> dict[str, str]:
    """A tree of 300 accounts, two departments, a form with last year beside it."""
    head = "code,name,parent,weight\n"
    accounts = "全部,全部,,\n" + "".join(f"g{g},第{g}类,全部,\n" for g in range(GROUPS - 1))
    leaves = "".join(f"a{g}-{n},科目{g}-{n},g{g},\n" for g in range(GROUPS - 1) for n in range(LEAVES))
    leaves += "".join(f"b{n},科目{n},全部,\n" for n in range(300 - 1 - (GROUPS - 1) * (LEAVES + 1)))
    return {
        "model.yaml": "name: form\ntitle: form\ncalendar: {base: month, start: 2026-01, end: 2026-12, history: 12}\n"
        "currency: 元\nunits: {元: ''}\nversions: [实际, 预算]\ndimensions:\n  org: {own_leaf: no}\n  科目: {own_leaf: no}\n",
        "dimensions/org.csv": head + "G,G,,\nA,A,G,\nB,B,G,\n",
        "dimensions/科目.csv": head + accounts + leaves,
        "cubes/费用.yaml": "cube: 费用\ntitle: 费用\ndims: [period, org, 科目]\nitems:\n  金额: {unit: 元, scale: 2}\n",
        "forms/费用.yaml": "form: 费用\ntitle: 费用\ncube: 费用\nitems: [金额]\nrows: {dim: 科目, root: 全部}\n"
        "compare:\n  - {code: 上年, title: 上年, version: 实际, year: -1}\n",
    }


@dataclass(frozen=True)
class Form:
    """``url``, ``secret``: where it is served, and the session of who looks at it."""

    client: httpx.Client
    version: int
    url: str
    secret: str

    def nothing(self) -> None:
        """An empty request."""
        assert self.client.get("/api/v1/session").status_code == 200

    def open(self) -> None:
        """The whole form."""
        answer = self.client.post("/api/v1/forms/view", json={"version": self.version, "form": "费用", "org": "A"})
        assert answer.status_code == 200, answer.text[:300]

    def preview(self) -> None:
        """One changed cell, tried."""
        edit = {
            "cube": "费用", "item": "金额", "members": {"org": "A", "科目": "a3-3"}, "period": "2026-05",
            "before": "100.00", "after": "123.45",
        }  # fmt: skip
        query = {
            "version": self.version, "cube": "费用", "items": ["金额"], "columns": "plan-with-totals",
            "rows": {"dim": "科目", "root": "全部"}, "fixed": {"org": "A"},
        }  # fmt: skip
        answer = self.client.post("/api/v1/plan/preview", json={"query": query, "edits": [edit]})
        assert answer.status_code == 200, answer.text[:300]
        assert len(answer.json()["slice"]["rows"]) == 300, len(answer.json()["slice"]["rows"])


@contextmanager
def form() -> Iterator[Form]:
    """A served installation with the form filled in."""
    with (
        tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder,
        opened(from_environment({**os.environ, "BIHUAN_DATA": folder})) as container,
    ):
        with container.database.writing() as uow:
            modelling.apply(uow, system(), package(), name="form")
        with container.database.reading() as reader:
            versions = {role: queries.version(reader, "form", role).id for role in ("预算", "实际")}
        leaves = [f"a{g}-{n}" for g in range(GROUPS - 1) for n in range(LEAVES)]
        for role, year in (("预算", "2026"), ("实际", "2025")):
            edits = [
                CellEdit(ref_of("费用!金额"), {"org": "A", "科目": leaf}, f"{year}{month[4:]}", None, Decimal(100))
                for leaf in leaves
                for month in MONTHS
            ]
            with container.database.writing() as uow:
                commands.append(uow, system(), version_id=versions[role], edits=edits, source="bench", reason="")
        with container.database.writing() as uow:
            access.define_role(uow, system(), code="all", name="all", grants=[{"action": "*"}])
            user = access.add_user(uow, system(), login="bench", name="bench", password=None)
            access.assign_roles(uow, system(), login="bench", assignments=[{"role": "all"}])
            secret = access.open_session(uow, user).secret
        headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": sessions.csrf_token(secret)}
        with served(container) as base, httpx.Client(base_url=base, headers=headers, timeout=60) as client:
            yield Form(client, versions["预算"], base, secret)


def run(quick: bool) -> list[Result]:
    """Two results: opening and trying, each against the empty request; none in the quick run, which has a minute."""
    if quick:
        return []
    rounds = 200
    with form() as one:
        actions: dict[str, Callable[[], None]] = {"nothing": one.nothing, "open": one.open, "preview": one.preview}
        for action in actions.values():
            for _ in range(5):
                action()
        raw: dict[str, list[float]] = {name: [] for name in actions}
        for _ in range(rounds):
            for name, action in actions.items():
                start = time.perf_counter()
                action()
                raw[name].append(time.perf_counter() - start)
    return [
        Result(f"form 300 x 18, {what}, p95", "300 rows", 1, p95(raw[name]), "empty request, p95", p95(raw["nothing"]))
        for name, what in (("open", "open"), ("preview", "preview"))
    ]


def p95(times: list[float]) -> float:
    """The ninety-fifth percentile."""
    return sorted(times)[int(0.95 * (len(times) - 1))]
