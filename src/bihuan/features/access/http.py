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
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.encoders import jsonable_encoder

from bihuan.features.access import queries
from bihuan.features.access.model import BadCsrfToken, KeyReused, NotSignedIn, Principal
from bihuan.features.access.scope import Flat
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

    @property
    def request_id(self) -> str:
        return str(self.request.scope.get("request_id", ""))

    @property
    def secret(self) -> str | None:
        return self.request.cookies.get(COOKIE)

    @property
    def address(self) -> str:
        return self.request.client.host if self.request.client else ""

    @cached_property
    def actor(self) -> Principal:
        """Who asks; refuses the anonymous, and unsafe requests without the session's token."""
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
    return RequestEdge(request, request.app.state.gate)


Edge = Annotated[RequestEdge, Depends(_edge)]


def requires(action: str) -> dict[str, Any]:
    """Marks a route: signed in, and holding ``action`` somewhere. The command asks again, with the coordinate."""

    def check(edge: Edge) -> None:
        edge.actor.require(action)

    return {"dependencies": [Depends(check)], "openapi_extra": {"x-action": action}}


def signed_in() -> dict[str, Any]:
    """Marks a route about oneself: any signed-in user."""

    def check(edge: Edge) -> None:
        _ = edge.actor

    return {"dependencies": [Depends(check)], "openapi_extra": {"x-action": "signed-in"}}


def public() -> dict[str, Any]:
    """Marks a route that anybody may call."""
    return {"openapi_extra": {"x-action": "public"}}
