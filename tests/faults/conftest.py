"""The experiment, run once: an installation under load, fifty and more kills at random moments, then quiet."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest
from tests.faults.clients import MONTHS, Caller, Client, Loader, Requester, Saver
from tests.support.service import ROLES, Service, wait_until

from bihuan.demo import DEMO_PASSWORD
from bihuan.store.embedded.cluster import Secrets

KILLS = int(os.environ.get("BIHUAN_FAULT_KILLS", "52"))
SEED = int(os.environ.get("BIHUAN_FAULT_SEED", "20261122"))
LONGEST_S = float(os.environ.get("BIHUAN_FAULT_SECONDS", "420"))
SHARES = {
    "supervisor": 2,
    "postgres": 3,
    "web": 4,
    "jobs": 4,
}  # of 13 kills; the dearest role to start again least often
ADMIN = "yusuan"


@dataclass
class Aftermath:
    """What the checks look at."""

    service: Service
    admin: Caller
    clients: list[Client]
    plan: int  # the released version
    draft: int  # the version that is being edited
    kills: Counter[str] = field(default_factory=Counter)
    orphans: list[str] = field(default_factory=list)
    downtime: dict[str, list[float]] = field(default_factory=lambda: {role: [] for role in ROLES})
    data: str = ""

    @property
    def owner_url(self) -> str:
        known = Secrets.load(self.service.data / "postgres.json")
        assert known
        return known.urls().owner

    def sql(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.owner_url) as conn:
            return conn.execute(query.encode(), parameters).fetchall()

    def of(self, kind: type[Client]) -> list[Client]:
        return [c for c in self.clients if isinstance(c, kind)]


@pytest.fixture(scope="session")
def aftermath() -> Iterator[Aftermath]:
    """Everything has happened; the service is up again and nobody writes any more."""
    service = Service(command="demo")
    try:
        service.start(180)
        held = prepare(service)
        threads = [threading.Thread(target=client.run, daemon=True) for client in held.clients]
        for thread in threads:
            thread.start()
        try:
            kill_at_random(held)
        finally:
            for client in held.clients:
                client.stopping.set()
            for thread in threads:
                thread.join(120)
        for client in held.clients:
            if client.fault:
                raise client.fault
        wait_until(service.healthy, 60, "healthy at the end")
        yield held
    finally:
        service.remove()


def prepare(service: Service) -> Aftermath:
    """The demo has a budget that may be spent and a source; here: a draft that may be edited, open periods, the clients."""
    admin = Caller(service.url, ADMIN, DEMO_PASSWORD)
    versions = admin.surely("GET", "/plan/versions", params={"model": "starter"})["versions"]
    plan = next(v for v in versions if v["role"] == "预算" or v["code"] == "预算")
    draft = admin.surely("POST", "/plan/branch", json={"version": plan["id"], "code": "试验", "name": "故障试验"})
    admin.surely("PUT", "/actual-periods", json={"model": "starter", "periods": MONTHS, "status": "open"})
    clients: list[Client] = []
    for n, org in enumerate(("MM", "MP", "PM")):
        caller = Caller(service.url, ADMIN, DEMO_PASSWORD)
        clients.append(Saver(caller, f"save{n}", random.Random(f"{SEED} save {n}"), version=draft["id"], org=org))
    for n in range(2):
        caller = Caller(service.url, ADMIN, DEMO_PASSWORD)
        clients.append(Requester(caller, f"spend{n}", random.Random(f"{SEED} spend {n}")))
    loader = Caller(service.url, ADMIN, DEMO_PASSWORD)
    clients.append(Loader(loader, "load", random.Random(f"{SEED} load")))
    return Aftermath(service, admin, clients, plan["id"], draft["id"])


def kill_at_random(held: Aftermath) -> None:
    """Every role its share, in random order, at random moments; each time until the service answers again."""
    rng = random.Random(SEED)
    dozen = [role for role, share in SHARES.items() for _ in range(share)]
    order = [dozen[n % len(dozen)] for n in range(KILLS)]
    rng.shuffle(order)
    deadline = time.monotonic() + LONGEST_S
    for n, role in enumerate(order, 1):
        time.sleep(rng.uniform(0.1, 1.5))
        killed = held.service.kill(role, rng.randrange(8))
        at = time.monotonic()
        held.kills[role] += 1
        if role == "supervisor":
            limit = time.monotonic() + 15
            while held.service.left() and time.monotonic() < limit:
                time.sleep(0.05)
            held.orphans += held.service.left()
            held.service.start(120)
        else:
            wait_until(lambda gone=killed: gone not in held.service.running().values(), 60, f"{role} replaced")
        wait_until(held.service.healthy, 60, f"healthy after {role}\n{held.service.said()[-2000:]}")
        held.downtime[role].append(time.monotonic() - at)
        print(f"{n:3d}/{KILLS} killed {role:<10} up again after {held.downtime[role][-1]:.1f} s", flush=True)
        assert time.monotonic() < deadline, f"only {n} kills in {LONGEST_S} s"
