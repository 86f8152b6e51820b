"""The client: one method per operation of the ledger.

Every write is repeatable (a reservation by its number, the others by a key made once per call), so a lost answer is asked for
again until ``tries`` are used up. 429 waits as long as it says.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import TracebackType
from typing import Any
from uuid import uuid4

import httpx

from bihuan_sdk.errors import Refused, Unreachable
from bihuan_sdk.journal import Journal, Replayed
from bihuan_sdk.values import Balance, Check, Document, Held, Line, Money, Posted, Reversed, Voucher

API = "/api/v1"
EARLY_S = 60  # a token is renewed so long before it ends


class Ledger:
    """The ledger at ``url``, asked in the name of a service account.

    ``signed``: each request is signed (HMAC) instead of carrying a token. ``journal`` and ``open_kinds``: documents of these
    kinds may go on when nobody answers; all others then fail with `Unreachable`.
    """

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        client_secret: str,
        signed: bool = False,
        scope: str = "",
        timeout: float = 10,
        tries: int = 3,
        journal: Journal | None = None,
        open_kinds: Collection[str] = (),
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if open_kinds and journal is None:
            raise ValueError("open_kinds need a journal: what was not asked must be asked later")
        self._http = http or httpx.Client(base_url=url, timeout=timeout)
        self._client_id, self._secret, self._signed, self._scope = client_id, client_secret, signed, scope
        self._tries, self._sleep = tries, sleep
        self._journal, self._open = journal, frozenset(open_kinds)
        self._token, self._until = "", 0.0

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    # --- operations

    def check(self, policy: str, lines: Sequence[Line], *, kind: str = "") -> Check:
        """What `reserve` would answer now; holds nothing."""
        return Check.of(self._post("check", {"policy": policy, "kind": kind, "lines": [x.body() for x in lines]}))

    def reserve(
        self,
        policy: str,
        number: str,
        lines: Sequence[Line],
        *,
        kind: str = "用款申请",
        title: str = "",
        stage: str = "reserved",
        partial: bool = False,
        expires_at: datetime | None = None,
    ) -> Held:
        """Holds a new document, or refuses with the rules that say no; again with the same number changes nothing."""
        body = {
            "policy": policy,
            "number": number,
            "kind": kind,
            "title": title,
            "lines": [x.body() for x in lines],
            "stage": stage,
            "partial": partial,
            "expires_at": None if expires_at is None else expires_at.isoformat(),
        }
        try:
            return self._reserve(body)
        except Unreachable:
            if kind not in self._open or self._journal is None:
                raise
            self._journal.add(body)
            return Held(0, number, offline=True)

    def commit(
        self, policy: str, number: str, amounts: Mapping[int, Money] | None = None, *, kind: str | None = None
    ) -> Held:
        """Reserved becomes committed: all of it, or ``amounts`` by line."""
        said = None if amounts is None else {str(n): str(a) for n, a in amounts.items()}
        return Held.of(self._post("commit", {**_ref(policy, number, kind), "amounts": said}, keyed=True))

    def execute(self, policy: str, vouchers: Sequence[Voucher]) -> list[Posted]:
        """Books facts, each once by its key."""
        answer = self._post("execute", {"policy": policy, "vouchers": [v.body() for v in vouchers]}, keyed=True)
        return [Posted.of(p) for p in answer["vouchers"]]

    def release(
        self,
        policy: str,
        number: str,
        *,
        how: str = "release",
        lines: Sequence[int] | None = None,
        reason: str = "",
        kind: str | None = None,
    ) -> Decimal:
        """Gives back what a document holds (``how``: release, close, cancel); answers how much."""
        body = {**_ref(policy, number, kind), "how": how, "lines": lines and list(lines), "reason": reason}
        return Decimal(self._post("release", body, keyed=True)["released"])

    def reverse(self, policy: str, voucher: str, *, reason: str) -> Reversed:
        """Undoes what a voucher booked."""
        answer = self._post("reverse", {"policy": policy, "voucher": voucher, "reason": reason}, keyed=True)
        return Reversed(Decimal(answer["amount"]), Decimal(answer["restored"]), tuple(answer["documents"]))

    def amend(self, policy: str, number: str, lines: Sequence[Line], *, reason: str, kind: str | None = None) -> Held:
        """The document as it is to be: all its lines."""
        body = {**_ref(policy, number, kind), "lines": [x.body() for x in lines], "reason": reason}
        return Held.of(self._post("amend", body, keyed=True))

    def balances(self, policy: str, *, rule: str | None = None, window: str | None = None) -> list[Balance]:
        """Balance rows the account may see."""
        answer = self._post("query", {"policy": policy, "rule": rule, "window": window, "limit": 2000})
        return [Balance.of(b) for b in answer["balances"]]

    def document(self, policy: str, number: str, *, kind: str | None = None) -> Document:
        """Where a document stands."""
        return Document.of(self._post("query", _ref(policy, number, kind))["document"])

    def explain(self, policy: str, coordinate: Mapping[str, str], period: str) -> list[Mapping[str, Any]]:
        """The balance rows a place counts in, each with who used it."""
        body = {"policy": policy, "coordinate": dict(coordinate), "period": period}
        return list(self._post("explain", body)["rows"])

    def reserve_each(
        self, policy: str, documents: Mapping[str, Sequence[Line]], *, kind: str = "用款申请"
    ) -> dict[str, Held | Refused]:
        """Many documents by number in one call, each held or refused by itself."""
        operations = [
            {"op": "reserve", "body": {"policy": policy, "number": n, "kind": kind, "lines": [x.body() for x in lines]}}
            for n, lines in documents.items()
        ]
        answer = self._post("batch", {"operations": operations})
        out: dict[str, Held | Refused] = {}
        for number, result in zip(documents, answer["results"], strict=True):
            if result["status"] == "done":
                out[number] = Held.of(result["answer"])
            else:
                problem = result["problem"]
                out[number] = Refused(409, problem["code"], problem["detail"], problem["facts"] or {})
        return out

    def replay(self) -> list[Replayed]:
        """Asks for what waits in the journal; what is refused now was spent without budget, and is for people to settle."""
        return [] if self._journal is None else self._journal.replay(self._reserve)

    def open_sandbox(self, policy: str) -> str:
        """A fresh sandbox of the policy, for a sandbox account."""
        return str(self._post("sandbox", {"policy": policy})["policy"])

    # --- transport

    def _reserve(self, body: Mapping[str, Any]) -> Held:
        return Held.of(self._post("reserve", body))

    def _post(self, operation: str, body: Mapping[str, Any], *, keyed: bool = False) -> Any:
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = {"content-type": "application/json"} | ({"idempotency-key": uuid4().hex} if keyed else {})
        answer = self._tried(lambda: self._send(f"{API}/ledger/{operation}", content, headers))
        if answer.is_success:
            return answer.json()
        raise _refusal(answer)

    def _tried(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        said = ""
        for n in range(self._tries):
            try:
                answer = send()
            except httpx.TransportError as error:
                said = str(error) or type(error).__name__
            else:
                if answer.status_code == 429 and n + 1 < self._tries:
                    self._sleep(float(answer.headers.get("retry-after", "1")))
                    continue
                if answer.status_code == 401 and not self._signed and n == 0:
                    self._until = 0.0  # the token ended early: its secret was changed, or the server was restored
                    continue
                if answer.status_code < 500:
                    return answer
                said = f"HTTP {answer.status_code}"
            if n + 1 < self._tries:
                self._sleep(0.2 * 2**n)
        raise Unreachable(f"no answer from the ledger: {said}")

    def _send(self, path: str, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        proof = self._signature(path, content) if self._signed else {"authorization": f"Bearer {self._bearer()}"}
        return self._http.post(path, content=content, headers={**headers, **proof})

    def _signature(self, path: str, content: bytes) -> dict[str, str]:
        stamp, nonce = str(int(time.time())), uuid4().hex
        said = "\n".join(("POST", path, stamp, nonce, hashlib.sha256(content).hexdigest()))
        key = hashlib.sha256(f"hmac:{self._secret}".encode()).digest()
        return {
            "x-bihuan-client": self._client_id,
            "x-bihuan-timestamp": stamp,
            "x-bihuan-nonce": nonce,
            "x-bihuan-signature": hmac.new(key, said.encode(), hashlib.sha256).hexdigest(),
        }

    def _bearer(self) -> str:
        if time.monotonic() >= self._until:
            form = {"grant_type": "client_credentials", "scope": self._scope}
            auth = httpx.BasicAuth(self._client_id, self._secret)
            answer = self._http.post(f"{API}/oauth/token", data=form, auth=auth)
            if answer.status_code >= 500:
                raise httpx.TransportError(f"HTTP {answer.status_code}")
            if not answer.is_success:
                raise _refusal(answer)
            body = answer.json()
            self._token, self._until = body["access_token"], time.monotonic() + body["expires_in"] - EARLY_S
        return self._token


def _ref(policy: str, number: str, kind: str | None) -> dict[str, Any]:
    return {"policy": policy, "number": number, "kind": kind}


def _refusal(answer: httpx.Response) -> Refused:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    return Refused(
        answer.status_code, str(body.get("code", "refused")), str(body.get("detail", "")), body.get("facts") or {}
    )
