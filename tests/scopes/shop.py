"""A company whose every name and amount can be told from any other: what leaks is recognised wherever it appears."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from tests.scopes.naive import Box, Fact, Rights, Tree, World

from bihuan.bootstrap import Container
from bihuan.cli.load import load
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access import commands as access
from bihuan.features.access import queries as sessions
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.control import commands as control
from bihuan.features.control.model import BudgetCell, Request, RequestLine
from bihuan.features.entry import commands as entry
from bihuan.features.entry import cycles, targets
from bihuan.features.entry.target_rules import TargetEdit
from bihuan.features.forecast import commands as forecast
from bihuan.features.integration import commands as integration
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.monitoring import alerting
from bihuan.features.monitoring import commands as monitoring
from bihuan.features.monitoring.model import Threshold
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as plans
from bihuan.features.planning.model import CellEdit
from bihuan.features.process import commands as process
from bihuan.features.process.model import Flow, Node

MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 13))
ORGS = {"G": "", "D1": "G", "A": "D1", "B": "D1", "D2": "G", "C": "D2", "D": "D2", "HQ": "G", "E": "HQ"}
ACCOUNTS = {"all": "", "travel": "all", "near": "travel", "far": "travel", "meals": "all"}
LEDGER = {"6601": "near", "6602": "far", "6603": "meals"}
RELEASED = ("A", "B", "C", "D", "E")
SOURCE = """source: gl
title: gl
model: secret
version: 实际
cube: 费用
policy: secret
fields: {voucher: v, date: d, account: a, department: o, memo: m, debit: debit, credit: credit, document: doc}
map: {org: =department}
"""
MAPPING = "rule,account,to.item,to.科目,sign\n" + "".join(f"{m},{code},金额,{m},\n" for code, m in LEDGER.items())
MAPPING += "cash,1002,IGNORE,,\n"
CYCLE = """cycle: season
fiscal_year: 2026
version: {code: B2026, role: 预算}
units: {leaves: yes}
rounds: [{code: first, due: 2026-11-30}]
flow: one
targets: {item: 目标!目标, reserve: 目标!预留, measure: 费用!金额, by: 科目, keys: [travel, meals]}
compare: [{title: last, version: 实际, year: 2026}]
"""
EVERYTHING = (
    "*.read",
    "collaboration.comment",
    "plan.write",
    "control.request",
    "control.transfer",
    "control.policy",
    "process.submit",
    "monitoring.explain",
    "entry.target",
)


@dataclass
class Shop:
    """The company in a running application; ``ids`` names what was made: unit, document, case, batch …"""

    container: Container
    client: TestClient
    world: World
    names: dict[str, str]
    words: dict[str, list[str]]  # organisation -> texts that only its people may read
    ids: dict[str, list[Any]] = field(default_factory=dict)

    def person(self, login: str, rights: Rights, actions: tuple[str, ...] = EVERYTHING) -> None:
        """Somebody with a role of their own: the actions, in the allowed box, less the denied ones."""
        grants = [{"action": a, "effect": "allow", "limits": {}, "totals": False} for a in actions]
        for box in rights.denied:
            limits = {d: list(m) for d, m in (("org", box.org), ("科目", box.account)) if m}
            grants.append({"action": "*", "effect": "deny", "limits": limits, "totals": False})
        limits = {d: list(m) for d, m in (("org", rights.allowed.org), ("科目", rights.allowed.account)) if m}
        with self.container.database.writing() as uow:
            access.define_role(uow, system(), code=f"role-{login}", name=login, grants=grants)
            access.add_user(uow, system(), login=login, name=login, password=None)
            assignment = {"role": f"role-{login}", **({"limits": limits} if limits else {})}
            access.assign_roles(uow, system(), login=login, assignments=[assignment])

    def caller(self, login: str) -> Callable[..., Any]:
        """``call(method, path, json)`` in one session."""
        with self.container.database.writing() as uow:
            user = uow.row("access.user_by_login", login=login)
            assert user is not None
            secret = access.open_session(uow, user["id"]).secret
        headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": sessions.csrf_token(secret)}
        return lambda method, path, json=None: self.client.request(method, path, headers=headers, json=json)


def make(container: Container, client: TestClient, rng: random.Random, folder: Path) -> Shop:
    """Budget, approval, release, requests, vouchers, a case: every leaf has some of each."""
    names = {code: f"{code}部{rng.getrandbits(40):010x}" for code in ORGS}
    words: dict[str, list[str]] = {code: [name] for code, name in names.items()}
    facts = [
        Fact(o, a, p, "budget", _amount(rng, 10**8, 10**9))
        for o in RELEASED
        for a in ("near", "far", "meals")
        for p in MONTHS
    ]
    shop = Shop(container, client, World(Tree(ORGS), Tree(ACCOUNTS), MONTHS, ()), names, words)
    root = system()
    with container.database.writing() as uow:
        modelling.apply(uow, root, _package(names), name="secret")
        model = models.find(uow, "secret")
        version = planning.create_version(
            uow, root, model_id=model.id, code="B2026", name="2026", role="预算", revision=model.revision
        )
        for login in ("owner", "judge"):
            actions = ("*",) if login == "owner" else ("process.approve", "*.read")
            access.define_role(uow, root, code=login, name=login, grants=[{"action": a} for a in actions])
            access.add_user(uow, root, login=login, name=login, password=None)
            access.assign_roles(uow, root, login=login, assignments=[{"role": login}])
        process.put_flow(uow, root, Flow("one", "one", (Node("a", "a", ("judge",)),)))
        control.apply_policies(uow, root, model="secret")
        integration.define_source(uow, root, definition=SOURCE, mapping=MAPPING)
        amount = ItemRef("费用", "金额")
        edits = [CellEdit(amount, {"org": f.org, "科目": f.account}, f.period, None, f.amount) for f in facts]
        planning.append(uow, root, version_id=version.id, edits=edits, source="test", reason="")
    shop.ids["version"] = [version.id]
    _approve(shop, version.id)
    with container.database.writing() as uow:
        control.release_budget(uow, root, version_id=version.id, policy="secret", orgs=list(RELEASED))
    _talk(shop, rng)
    facts += _spend(shop, rng) + _book(shop, rng, folder) + _hand_out(shop, rng)
    shop.world = World(shop.world.orgs, shop.world.accounts, MONTHS, tuple(facts))
    with container.database.writing() as uow:
        shop.ids["actual"] = [plans.version(uow, "secret", "实际").id]
        shop.ids["branch"] = [planning.branch(uow, root, version_id=version.id, code="B2", name="B2").id]
        shop.ids["case"] = monitoring.open_deviations(
            uow, root, model="secret", item="费用!金额", members={"org": "G", "科目": "near"}, along="org",
            nodes=list(RELEASED), period="2026-03", threshold=Threshold(),
        )  # fmt: skip
        alerting.evaluate(uow, root, model="secret")
    _transfers(shop, rng)
    with container.database.writing() as uow:
        shop.ids["forecast_run"] = [forecast.request_run(uow, root, model="secret", code="secret").id]
    return shop


def _transfers(shop: Shop, rng: random.Random) -> None:
    """A transfer of every organisation within itself, waiting."""
    shop.ids["transfer"] = []
    for org in RELEASED:
        mark, amount = f"transfer-{org}-{rng.getrandbits(40):010x}", _amount(rng, 10**6, 10**7)
        shop.words[org].append(mark)
        cells = [
            BudgetCell({"org": org, "科目": a, "item": "费用!金额"}, "2026-09", value)
            for a, value in (("far", -amount), ("near", amount))
        ]
        with shop.container.database.writing() as uow:
            made = control.request_transfer(uow, system(), policy="secret", kind="transfer", cells=cells, reason=mark)
        shop.ids["transfer"].append(made)


def _amount(rng: random.Random, low: int, high: int) -> Decimal:
    return Decimal(rng.randrange(low, high)).scaleb(-2)


def _package(names: dict[str, str]) -> dict[str, str]:
    orgs = "".join(f"{code},{names[code]},{parent},\n" for code, parent in ORGS.items())
    accounts = "".join(f"{code},{code},{parent},\n" for code, parent in ACCOUNTS.items())
    return {
        "model.yaml": "name: secret\ntitle: secret\ncalendar: {base: month, start: 2026-01, end: 2026-12}\n"
        "currency: 元\nunits: {元: ''}\nversions: [实际, 预算, 预测]\n",
        "dimensions/org.csv": "code,name,parent,weight\n" + orgs,
        "dimensions/科目.csv": "code,name,parent,weight\n" + accounts,
        "cubes/费用.yaml": "cube: 费用\ntitle: 费用\ndims: [period, org, 科目]\nitems:\n"
        "  金额: {unit: 元, scale: 2, time: sum, favourable: less}\n",
        "cubes/目标.yaml": "cube: 目标\ntitle: 目标\ndims: [period, org, 科目]\nitems:\n"
        "  目标: {unit: 元, scale: 2}\n  预留: {unit: 元, scale: 2}\n",
        "cycles/season.yaml": CYCLE,
        "forms/secret.yaml": "form: secret\ncube: 费用\nitems: [金额]\nrows: {dim: 科目, root: all}\ncompare:\n"
        "  - {code: 实际, version: 实际, year: 0}\n  - {code: 预计, version: 预计, year: 0}\n"
        "fill: {from: 实际, factor: 1}\n",
        "checks/secret.yaml": "checks:\n  - code: c\n    kind: 提示\n    cube: 费用\n    per: period\n"
        "    rows: {dim: 科目, take: all}\n    holds: 金额 < 0\n    message: '{金额} {金额[版本: 实际]}'\n",
        "alerts/all.yaml": "alert: all\ntitle: '{org} {执行} {可用}'\nitem: 费用!金额\n"
        "at: {org: [0, 1, leaf], 科目: [0, 1, leaf]}\nspan: year\nwhen: 执行 > 0\ncase: {due_days: 3}\n",
        "forecasts/secret.yaml": "forecast: secret\ntitle: secret\nitems: [费用!金额]\n"
        "version: {code: F2026, name: F2026, role: 预测}\nactual: 实际\nbudget: B2026\nhorizon: rest-of-year\nmethod: auto\n",
        "policies/secret.yaml": "policy: secret\nitems: [费用!金额]\nrules:\n"
        "  - {code: leaf, window: cumulative, by: {org: leaf, 科目: leaf}, strength: rigid}\n"
        "  - {code: group, window: year, by: {org: 0}, strength: flexible, tolerance: '1000'}\n",
    }


def _approve(shop: Shop, version: int) -> None:
    """Every unit is submitted with words of its own and approved."""
    owner, judge = shop.caller("owner"), shop.caller("judge")
    shop.ids["unit"], shop.ids["instance"] = [], []
    for org in RELEASED:
        with shop.container.database.writing() as uow:
            unit = entry.open_unit(uow, system(), version_id=version, org=org, model="secret")
        said = f"comment-{org}-{random.getrandbits(32):08x}"
        shop.words[org].append(said)
        moved = owner("POST", f"/api/v1/plan-units/{unit}/submission", {"flow": "one", "comment": said}).json()
        done = judge(
            "POST", f"/api/v1/tasks/{next(iter(moved['tasks']))}/decision", {"action": "approve", "comment": said}
        )
        assert done.status_code == 200, done.text
        shop.ids["unit"].append(unit)
        shop.ids["instance"].append(moved["instance_id"])


def _hand_out(shop: Shop, rng: random.Random) -> list[Fact]:
    """A season on the version: divisions get what they pass on to the last cent."""
    given = {(o, k): _amount(rng, 10**9, 10**10) for o in RELEASED for k in ("travel", "meals")}
    root = system()
    with shop.container.database.writing() as uow:
        cycle = cycles.open_cycle(uow, root, model="secret", template="season")
        above = {
            (d, k): sum((a for (o, key), a in given.items() if ORGS[o] == d and key == k), Decimal(0))
            for d in ("D1", "D2", "HQ")
            for k in ("travel", "meals")
        }
        for amounts in (above, given):
            edits = [TargetEdit(o, k, "target", None, a) for (o, k), a in amounts.items()]
            assert targets.set_targets(uow, root, cycle_id=cycle, edits=edits).outcome == "saved"
    shop.ids["cycle"] = [cycle]
    carriers = {"travel": "near", "meals": "meals"}
    return [Fact(o, carriers[k], MONTHS[0], "target", a) for (o, k), a in given.items()]


def cell_key(shop: Shop, org: str, account: str, period: str = "2026-03") -> str:
    """A plan cell as the subject of comments."""
    place = {"version": shop.ids["version"][0], "cube": "费用", "item": "金额", "period": period}
    return json.dumps({**place, "members": {"org": org, "科目": account}})


def _talk(shop: Shop, rng: random.Random) -> None:
    """Something said on a cell and on the unit of every organisation."""
    owner = shop.caller("owner")
    for org, unit in zip(RELEASED, shop.ids["unit"], strict=True):
        for kind, subject in (("plan_cell", cell_key(shop, org, "near")), ("plan_unit", str(unit))):
            said = f"said-{org}-{rng.getrandbits(40):010x}"
            shop.words[org].append(said)
            made = owner("POST", "/api/v1/comments", {"kind": kind, "subject": subject, "body": said})
            assert made.status_code == 201, made.text


def _spend(shop: Shop, rng: random.Random) -> list[Fact]:
    """A request of every organisation."""
    facts, shop.ids["document"] = [], []
    for org in RELEASED:
        amount, mark = _amount(rng, 10**6, 10**7), f"request-{org}-{rng.getrandbits(40):010x}"
        shop.words[org].append(mark)
        line = RequestLine({"org": org, "科目": "far", "item": "费用!金额"}, "2026-02", amount, mark)
        with shop.container.database.writing() as uow:
            held = control.reserve(uow, system(), policy="secret", request=Request(mark, mark, (line,), title=mark))
        shop.ids["document"].append(held.document_id)
        facts.append(Fact(org, "far", "2026-02", "reserved", amount))
    return facts


def _book(shop: Shop, rng: random.Random, folder: Path) -> list[Fact]:
    """A voucher of every leaf, one of them far beyond its budget, one that cannot be mapped."""
    facts, lines = [], []
    for n, org in enumerate(RELEASED):
        for code, account in LEDGER.items():
            amount = _amount(rng, 10**8, 5 * 10**8) * (100 if (org, account) == ("C", "near") else 1)
            mark = f"memo-{org}-{rng.getrandbits(40):010x}"
            shop.words[org].append(mark)
            lines += [
                f"V{n}{code},2026-03-15,{code},{org},{mark},{amount},,",
                f"V{n}{code},2026-03-15,1002,{org},{mark},,{amount},",
            ]
            facts.append(Fact(org, account, "2026-03", "executed", amount))
    lost = f"lost-{rng.getrandbits(40):010x}"
    shop.words["D"].append(lost)
    lines += [f"X1,2026-03-16,6699,D,{lost},77.70,,", f"X1,2026-03-16,1002,D,{lost},,77.70,"]
    file = folder / "march.csv"
    file.write_text("v,d,a,o,m,debit,credit,doc\n" + "\n".join(lines) + "\n", "utf-8")
    batch = load(shop.container, file, "gl")
    assert batch.state == "published", batch
    shop.ids["batch"] = [batch.id]
    return facts


def rights(rng: random.Random) -> Rights:
    """Some organisations, perhaps some accounts, perhaps less some."""
    orgs = tuple(rng.sample([o for o in ORGS if o != "G"], rng.choice((1, 1, 2))))
    accounts = tuple(rng.sample(["travel", "near", "far", "meals"], 1)) if rng.random() < 0.4 else ()
    denied = []
    if rng.random() < 0.5:
        denied.append(Box(org=(rng.choice("ABCDE"),)))
    if rng.random() < 0.4:
        denied.append(Box(account=(rng.choice(("near", "far", "meals")),)))
    return Rights(Box(orgs, accounts), tuple(denied))
