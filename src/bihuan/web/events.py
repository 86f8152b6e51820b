"""``GET /api/v1/events``: Server-Sent Events fed by LISTEN/NOTIFY, one listener per worker, cut by the predicate.

A subscriber that falls behind, and one whose listener lost its connection, is told ``reset``: it reads again instead of
trusting a gap. The session is asked again at every heartbeat, so a revoked one goes silent within that time.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import psycopg
import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from bihuan.features.access.http import Edge, Gate, signed_in
from bihuan.features.access.live import CHANNEL, Event, hears, parse
from bihuan.features.access.model import NotSignedIn, Principal

log = structlog.get_logger()
router = APIRouter(prefix="/api/v1", tags=["web"])
HEARTBEAT_SECONDS = 15.0
BACKLOG_MAX = 500
RESET = Event("reset", "")


@dataclass
class Hub:
    """The worker's listener and its subscribers."""

    database_url: str
    subscribers: set[asyncio.Queue[Event]] = field(default_factory=set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listens while the application runs."""
        task = asyncio.create_task(self._listen())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self.database_url, autocommit=True) as conn:
                    await conn.execute(f"LISTEN {CHANNEL}")
                    self.publish(RESET)  # whatever came while nobody listened is unknown
                    async for notice in conn.notifies():
                        self.publish(parse(notice.payload))
            except psycopg.Error as error:
                log.warning("listener lost its connection", error=str(error))
                await asyncio.sleep(1)

    def publish(self, event: Event) -> None:
        """Hands an event to every subscriber; one that is too far behind loses its backlog and is told so."""
        for queue in self.subscribers:
            if queue.qsize() >= BACKLOG_MAX:
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(RESET)
            queue.put_nowait(event)

    @asynccontextmanager
    async def subscription(self) -> AsyncIterator[asyncio.Queue[Event]]:
        """A queue that receives what is published from now on."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self.subscribers.add(queue)
        try:
            yield queue
        finally:
            self.subscribers.discard(queue)


@router.get("/events", response_class=StreamingResponse, **signed_in())
async def live(request: Request, edge: Edge) -> StreamingResponse:
    """The stream of what changes, as far as the reader may know: ``event: <topic>``, ``data: {model, where, data}``."""
    actor, secret = edge.actor, edge.secret or ""  # the route's check has read the actor already
    stream = _stream(request.app.state.hub, edge.gate, actor, secret)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _stream(hub: Hub, gate: Gate, actor: Principal, secret: str) -> AsyncIterator[str]:
    async with hub.subscription() as queue:
        yield "retry: 2000\n: ready\n\n"
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                try:
                    actor = await run_in_threadpool(gate.actor, secret)
                except NotSignedIn:
                    yield "event: signed_out\ndata: {}\n\n"
                    return
                yield ": alive\n\n"
                continue
            if event is RESET or await run_in_threadpool(hears, actor, event):
                yield _frame(event)


def _frame(event: Event) -> str:
    body = {"model": event.model, "where": dict(event.where), "data": dict(event.data)}
    return f"event: {event.topic}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n"
