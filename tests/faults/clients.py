"""Clients over real HTTP that keep what they were told: what each asked, whether it got a 2xx, a refusal, or nothing.

A client whose request got no answer does one of the two things real ones do: it asks again with the same key until it is
answered, or it looks what stands there now and goes on.
"""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

ACCOUNTS = {"差旅": "660201", "招待": "660202", "广告": "660101"}
ORGS = ("FIN", "HR")  # whose budget the demo has released
SPENT = ("差旅", "招待")  # what they have a budget for
MONTHS = [f"2026-{n:02d}" for n in range(1, 13)]
Answer = httpx.Response | None  # None: the connection broke, or the server said 5xx


class Caller:
    """A signed-in user."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=20)
        answer = self.http.post("/api/v1/session", json={"login": login, "password": password})
        answer.raise_for_status()
        self.http.headers["x-csrf-token"] = answer.json()["csrf_token"]

    def call(self, method: str, path: str, **arguments: Any) -> Answer:
        """One attempt; None when its outcome is unknown."""
        try:
            answer = self.http.request(method, f"/api/v1{path}", **arguments)
        except httpx.HTTPError:
            return None
        return None if answer.status_code >= 500 else answer

    def surely(self, method: str, path: str, *, seconds: float = 90, **arguments: Any) -> Any:
        """The body of a 2xx, asked until there is an answer: for reads, and for writes with a key."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.call(method, path, **arguments)
            if answer is not None:
                assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:800]}"
                return answer.json()
            assert time.monotonic() < deadline, f"{method} {path}: no answer for {seconds} s"
            time.sleep(0.1)


@dataclass
class Attempt:
    """``outcome``: acknowledged (2xx), refused (4xx), unknown; ``body`` is the answer's."""

    key: str
    asked: Mapping[str, Any]
    outcome: str = "unknown"
    body: Any = None


@dataclass
class Client:
    """A loop in a thread: one request after the other until told to stop."""

    caller: Caller
    name: str
    rng: random.Random
    attempts: list[Attempt] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    fault: BaseException | None = None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def step(self) -> None:
        raise NotImplementedError

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.step()
        except BaseException as error:
            self.fault = error

    def attempt(self, asked: Mapping[str, Any], send: Callable[[str], Answer]) -> Attempt:
        """Sends under a fresh key; without an answer, half of the time again and again under the same key."""
        made = Attempt(f"{self.name}-{next(self.numbers)}", asked)
        self.attempts.append(made)
        answer = send(made.key)
        again = self.rng.random() < 0.5
        while answer is None and again and not self.stopping.is_set():
            time.sleep(0.1)
            answer = send(made.key)
        if answer is not None:
            made.outcome = "acknowledged" if answer.is_success else "refused"
            made.body = answer.json()
        return made

    def of(self, outcome: str) -> list[Attempt]:
        return [a for a in self.attempts if a.outcome == outcome]


@dataclass
class Saver(Client):
    """Changes three cells of its own organisation at a time, always to a number that was never there before."""

    version: int = 0
    org: str = ""
    known: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def cell(self, account: str, period: str) -> dict[str, Any]:
        return {"cube": "费用", "item": "金额", "members": {"org": self.org, "科目": account}, "period": period}

    def current(self, account: str, period: str) -> str | None:
        entries = self.history(account, period)
        return entries[-1]["after"] if entries else None

    def history(self, account: str, period: str) -> list[dict[str, Any]]:
        """Oldest first."""
        body = {"version": self.version, **self.cell(account, period)}
        return sorted(self.caller.surely("POST", "/plan/history", json=body)["entries"], key=lambda e: e["seq"])

    def step(self) -> None:
        period = self.rng.choice(MONTHS[:3])
        places = [(account, period) for account in ACCOUNTS]
        for place in places:
            if place not in self.known:
                self.known[place] = self.current(*place)
        value = f"{len(self.attempts) + 1}.{self.rng.randrange(100):02d}"
        edits = [{**self.cell(*p), "before": self.known[p], "after": value} for p in places]
        body = {"version": self.version, "base_seq": 0, "edits": edits, "mode": "all", "reason": "故障试验"}
        made = self.attempt(
            {"places": places, "value": value},
            lambda key: self.caller.call("POST", "/plan/save", json=body, headers={"idempotency-key": key}),
        )
        for place in places:
            if made.outcome == "acknowledged":
                self.known[place] = value
            else:
                self.known.pop(place, None)


@dataclass
class Requester(Client):
    """Asks to spend on two lines at once; small amounts, so most are granted."""

    def step(self) -> None:
        org = self.rng.choice(ORGS)
        period = self.rng.choice(MONTHS[3:])
        lines = [
            {
                "coordinate": {"org": org, "科目": account},
                "period": period,
                "amount": f"{self.rng.randrange(1, 90)}.00",
            }
            for account in self.rng.sample(SPENT, 2)
        ]

        def send(key: str) -> Answer:
            body = {"policy": "费用控制", "number": key, "key": key, "lines": lines}
            return self.caller.call("POST", "/spend/requests", json=body)

        self.attempt({"lines": lines}, send)
        time.sleep(0.02)


@dataclass
class Loader(Client):
    """Uploads a small file of vouchers and publishes it: two requests, each with its own outcome."""

    published: list[Attempt] = field(default_factory=list)

    def step(self) -> None:
        number = len(self.attempts) + 1
        file_name = f"{self.name}-{number}.csv"
        lines = [(self.rng.choice(ORGS), self.rng.choice(SPENT), self.rng.randrange(1, 90)) for _ in range(3)]
        period = self.rng.choice(MONTHS[3:6])
        text = "凭证号,日期,科目编码,部门编码,摘要,借方金额,贷方金额,申请单号\n" + "".join(
            f"{file_name}#{n},{period}-15,{ACCOUNTS[account]},{org},费用,{amount}.00,,\n"
            f"{file_name}#{n},{period}-15,1002,{org},付款,,{amount}.00,\n"
            for n, (org, account, amount) in enumerate(lines)
        )
        asked = {"file": file_name, "lines": [(org, account, period, amount) for org, account, amount in lines]}
        headers = {"content-type": "text/csv"}
        path = "/sources/总账/files"

        def send(_key: str) -> Answer:
            return self.caller.call(
                "POST", path, params={"file_name": file_name}, content=text.encode(), headers=headers
            )

        landed = self.attempt(asked, send)
        if landed.outcome == "acknowledged":
            batch = landed.body["id"]
            done = Attempt(file_name, asked | {"batch": batch})
            self.published.append(done)
            answer = self.caller.call("POST", f"/batches/{batch}/publish")
            while answer is None and self.rng.random() < 0.8 and not self.stopping.is_set():
                time.sleep(0.1)
                answer = self.caller.call("POST", f"/batches/{batch}/publish")
            if answer is not None:
                done.outcome = "acknowledged" if answer.is_success else "refused"
                done.body = answer.json()
        time.sleep(0.3)
