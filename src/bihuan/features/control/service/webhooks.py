"""Webhooks: another system is told when a balance row crosses a share of its limit, or comes back below it.

A row is told once per crossing (`threshold_mark`), found every minute; telling is a delivery of its own, written in the same
transaction and sent later, again and again with growing pauses until it is taken (2xx) or given up. What is sent is signed:

    X-Bihuan-Event       threshold.crossed, threshold.cleared
    X-Bihuan-Delivery    the delivery's number: the same one may come twice
    X-Bihuan-Signature   hex HMAC-SHA256 of the content with the webhook's secret

The content holds what the webhook's owner may see of the row; a row the owner may not see is not told.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.availability import Balance
from bihuan.features.control.explaining import names_of, sight, terms
from bihuan.features.control.ledger import PolicyInForce
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.store.unit_of_work import Reader, UnitOfWork

PERCENTS = (80, 90, 100)
EVENTS = ("threshold.crossed", "threshold.cleared")
TRIES = 10
Send = Callable[[str, bytes, Mapping[str, str]], int]  # the answer's status; raises OSError when there is none


@dataclass(frozen=True, slots=True)
class MadeWebhook:
    """``secret`` is told once."""

    id: int
    secret: str


def add(uow: UnitOfWork, actor: Principal, *, url: str, policy: str, events: Sequence[str] = EVENTS) -> MadeWebhook:
    """Tells ``url`` of a policy's rows that the actor may see."""
    in_force = queries.policy(uow, policy)
    actor.require("control.webhook", model=in_force.policy.model)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > 2000:
        raise Invalid("地址须是完整的 http 或 https 网址。", field="url", found=url[:200])
    if unknown := set(events) - set(EVENTS):
        raise Invalid(f"没有事件“{sorted(unknown)[0]}”。", field="events", expected=list(EVENTS))
    secret = secrets.token_urlsafe(32)
    made = int(
        uow.value(
            "control.webhook_insert", url=url, secret=secret, policy=policy, events=list(events), owner=actor.login
        )
    )
    record(uow, actor, "control.webhook", ("webhook", made), None, {"url": url, "policy": policy})
    return MadeWebhook(made, secret)


def remove(uow: UnitOfWork, actor: Principal, *, webhook_id: int) -> None:
    """Stops telling; what was queued is not sent any more."""
    actor.require("control.webhook")
    if uow.value("control.webhook_stop", id=webhook_id) is None:
        raise NotFound("没有这个通知地址", webhook=webhook_id)
    record(uow, actor, "control.webhook_stop", ("webhook", webhook_id))


def listed(reader: Reader, actor: Principal) -> list[RowMapping]:
    """The webhooks there are, without their secrets, and how their deliveries went."""
    actor.require("control.webhook")
    return list(reader.rows("control.webhooks"))


def share(row: Balance) -> Decimal | None:
    """How much of its limit a row has consumed, in percent; None where nothing limits it or the limit is not positive."""
    limit = row.hard_limit
    if limit is None or limit <= 0:
        return None if limit is None or row.consumed <= 0 else Decimal(1000)
    return row.consumed * 100 / limit


def notice(uow: UnitOfWork, policy: PolicyInForce, owner: Callable[[str], Principal | None]) -> int:
    """Finds the rows that crossed a threshold or came back since last time, and queues what is to be told; how much."""
    uow.run("control.threshold_lock", id=policy.id)
    known = {(r["bucket_id"], r["percent"]) for r in uow.rows("control.threshold_marks", policy_id=policy.id)}
    rows = queries.balances(uow, policy, limit=queries.ALL)
    now = {(row.id, p) for row in rows if (s := share(row)) is not None for p in PERCENTS if s >= p}
    changed = {"threshold.crossed": now - known, "threshold.cleared": known - now}
    uow.run("control.threshold_set", rows=json.dumps([{"b": b, "p": p} for b, p in sorted(now - known)]))
    uow.run("control.threshold_clear", rows=json.dumps([{"b": b, "p": p} for b, p in sorted(known - now)]))
    by_id = {row.id: row for row in rows}
    queued: list[dict[str, Any]] = []
    for hook in uow.rows("control.webhooks_of", policy=policy.policy.code):
        actor = owner(hook["owner"])
        for event in hook["events"] if actor else ():
            for bucket, percent in sorted(changed[event]):
                if bucket in by_id and sight(actor, policy, by_id[bucket]) == "all":
                    body = _body(uow, policy, by_id[bucket], event, percent)
                    queued.append({"webhook_id": hook["id"], "event": event, "body": body})
    if queued:
        said = json.dumps(queued, ensure_ascii=False, default=lambda d: format(d, "f"))
        uow.run("control.delivery_insert", rows=said, now=uow.now())
    return len(queued)


def _body(reader: Reader, policy: PolicyInForce, row: Balance, event: str, percent: int) -> dict[str, Any]:
    told = terms(row, names_of(reader, policy.policy.model))
    used = share(row)
    return {
        "event": event,
        "policy": policy.policy.code,
        "percent": percent,
        "used_percent": None if used is None else used.quantize(Decimal("0.01")),
        "at": reader.now().isoformat(),
        "row": told,
    }


def due(reader: Reader, limit: int = 100) -> list[int]:
    """Deliveries whose time has come."""
    return [r["id"] for r in reader.rows("control.deliveries_due", now=reader.now(), limit=limit)]


def deliver(uow: UnitOfWork, delivery_id: int, send: Send) -> bool | None:
    """Sends one delivery, its row locked; True when it was taken, None when somebody else has it or it is done."""
    row = uow.row("control.delivery_lock", id=delivery_id)
    if row is None:
        return None
    content = json.dumps(row["body"], ensure_ascii=False).encode()
    headers = {
        "content-type": "application/json",
        "x-bihuan-event": row["event"],
        "x-bihuan-delivery": str(delivery_id),
        "x-bihuan-signature": hmac.new(row["secret"].encode(), content, hashlib.sha256).hexdigest(),
    }
    try:
        answer = str(send(row["url"], content, headers))
    except OSError as error:
        answer = f"{type(error).__name__}: {error}"[:500]
    taken = answer.isdecimal() and 200 <= int(answer) < 300
    tries = row["tries"] + 1
    status = "sent" if taken else "given_up" if tries >= TRIES else "queued"
    later = uow.now() + timedelta(seconds=30 * 2 ** min(tries, 10))
    uow.run("control.delivery_done", id=delivery_id, status=status, tries=tries, next_at=later, answer=answer)
    return taken
