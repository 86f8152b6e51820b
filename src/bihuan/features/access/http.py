"""What every route depends on: who asks, how to read and write, which action the route needs.

    @router.get("/cells", **requires("plan.read"))
    def cells(edge: Edge) -> …:
        with edge.read() as reader:
            return queries.cells(reader, edge.actor, …)

Routes are sync ``def`` and open the transaction inside, so it is committed before the answer leaves. A route without
`requires`, `signed_in` or `public` is refused by a test. Unsafe methods need the session's X-CSRF-Token.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.encoders import jsonable_encoder

from bihuan.features.access import queries, service_accounts
from bihuan.features.access.model import BadCsrfToken, KeyReused, NotSignedIn, Principal
from bihuan.features.access.scope import Flat
from bihuan.kernel.errors import Forbidden
from bihuan.store.unit_of_work import Database, Reader, UnitOfWork

COOKIE = "bihuan_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass
class Gate:
    """One per process, at ``app.state.gate``: the database, the trees of models, what users hold by ``access_seq``."""

    database: Database
    trees: queries.Trees = field(default=lambda _: Flat())
    _held: dict[tuple[int, int], queries.Held] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def actor(self, secret: str | None, request_id: str = "") -> Principal:
        """The principal of a session cookie, or `NotSignedIn`. One query, two when the grants are not known yet."""
        if not secret:
            raise NotSignedIn
        with self.database.reading() as reader:
            row = queries.session(reader, secret)
            key, now = (row["user_id"], row["access_seq"]), reader.now()
            held = self._held.get(key) or self._keep(key, queries.held(reader, row["user_id"]))
        if now - row["last_seen_at"] > timedelta(minutes=1):
            with self.database.writing() as uow:
                uow.run("access.touch_session", id_hash=queries.hash_of(secret), now=now)
        user = {"id": row["user_id"], "login": row["login"], "name": row["name"]}
        return queries.principal(user, held, now, self.trees, request_id)

    def service(self, request: Request, content: bytes, request_id: str = "") -> Principal:
        """The principal of a service account, by its token or its signature; the call is counted, in a transaction of its own."""
        bearer = request.headers.get("authorization", "")
        with self.database.writing() as uow:
            if bearer[:7].lower() == "bearer ":
                row = service_accounts.by_token(uow, bearer[7:].strip())
            else:
                target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                row = service_accounts.by_signature(
                    uow, headers=request.headers, method=request.method, target=target, content=content
                )
            key, now = (row["user_id"], row["access_seq"]), uow.now()
            held = self._held.get(key) or self._keep(key, queries.held(uow, row["user_id"]))
        user = {"id": row["user_id"], "login": row["login"], "name": row["name"]}
        made = queries.principal(user, held, now, self.trees, request_id)
        return replace(made, within=tuple(row["scopes"]), sandbox=row["client_id"] if row["sandbox"] else "")

    def _keep(self, key: tuple[int, int], held: queries.Held) -> queries.Held:
        with self._lock:
            if len(self._held) > 2000:
                self._held.clear()
            self._held[key] = held
        return held


@dataclass
class RequestEdge:
    """The edge of one request."""

    request: Request
    gate: Gate
    content: bytes = b""  # of a signed request

    @property
    def request_id(self) -> str:
        return str(self.request.scope.get("request_id", ""))

    @property
    def secret(self) -> str | None:
        return self.request.cookies.get(COOKIE)

    @property
    def address(self) -> str:
        return self.request.client.host if self.request.client else ""

    @property
    def by_service(self) -> bool:
        """True when another system calls: no cookie counts then, and no token of a page is asked for."""
        headers = self.request.headers
        return headers.get("authorization", "")[:7].lower() == "bearer " or "x-bihuan-signature" in headers

    @cached_property
    def actor(self) -> Principal:
        """Who asks; refuses the anonymous, and unsafe requests without the session's token."""
        if self.by_service:
            return self.gate.service(self.request, self.content, self.request_id)
        actor = self.gate.actor(self.secret, self.request_id)
        if self.request.method not in SAFE:
            assert self.secret is not None, "the gate refuses the anonymous"
            if self.request.headers.get("x-csrf-token") != queries.csrf_token(self.secret):
                raise BadCsrfToken
        return actor

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A read-only transaction."""
        with self.gate.database.reading() as reader:
            yield reader

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """The request's one transaction, committed on leaving without an exception."""
        with self.gate.database.writing() as uow:
            yield uow

    def once(self, uow: UnitOfWork, body: Any, act: Callable[[], Any]) -> Any:
        """Does ``act`` once per Idempotency-Key of this user; a repeat gets the first answer. Same transaction as ``act``.

        ``body`` is what was asked; the same key with another body is `KeyReused`. Without the header: just acts.
        Answers with plain JSON values, the second time as the first.
        """
        key = self.request.headers.get("idempotency-key")
        if not key:
            return act()
        asked = json.dumps([self.request.method, self.request.url.path, jsonable_encoder(body)], sort_keys=True)
        digest, user_id = hashlib.sha256(asked.encode()).digest(), self.actor.user_id
        if uow.value("access.claim_key", user_id=user_id, key=key, request_hash=digest, now=uow.now()) is None:
            first = uow.row("access.key_answer", user_id=user_id, key=key)
            if first is None or bytes(first["request_hash"]) != digest:
                raise KeyReused(key=key)
            return first["body"]
        answer = jsonable_encoder(act())
        uow.run("access.keep_answer", user_id=user_id, key=key, status=200, body=json.dumps(answer))
        return answer


async def _edge(request: Request) -> RequestEdge:  # async: no thread is needed to make it
    content = await request.body() if "x-bihuan-signature" in request.headers else b""
    return RequestEdge(request, request.app.state.gate, content)


Edge = Annotated[RequestEdge, Depends(_edge)]


def requires(action: str, *, sandbox: bool = False) -> dict[str, Any]:
    """Marks a route: signed in, and holding ``action`` somewhere. The command asks again, with the coordinate.

    ``sandbox``: a sandbox account may call it, for it then touches the sandbox only.
    """

    def check(edge: Edge) -> None:
        edge.actor.require(action)
        if edge.actor.sandbox and not sandbox:
            raise Forbidden("沙箱账号只能调用 /ledger 的接口。", action=action)

    return {"dependencies": [Depends(check)], "openapi_extra": {"x-action": action}}


def signed_in(*, sandbox: bool = False) -> dict[str, Any]:
    """Marks a route about oneself, or one that asks for more itself: any signed-in user."""

    def check(edge: Edge) -> None:
        if edge.actor.sandbox and not sandbox:
            raise Forbidden("沙箱账号只能调用 /ledger 的接口。")

    return {"dependencies": [Depends(check)], "openapi_extra": {"x-action": "signed-in"}}


def public() -> dict[str, Any]:
    """Marks a route that anybody may call."""
    return {"openapi_extra": {"x-action": "public"}}
