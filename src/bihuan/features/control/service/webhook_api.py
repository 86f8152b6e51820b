"""Routes of webhooks."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from bihuan.features.access.http import Edge, requires
from bihuan.features.control.service import webhooks

router = APIRouter(prefix="/api/v1", tags=["webhooks"])


class WebhookIn(BaseModel):
    """``events``: threshold.crossed and threshold.cleared, at 80, 90 and 100 % of a row's limit."""

    url: str
    policy: str
    events: list[str] = list(webhooks.EVENTS)


class WebhookMadeOut(BaseModel):
    """``secret`` signs what is sent and is told this once."""

    id: int
    secret: str


class WebhookOut(BaseModel):
    id: int
    url: str
    policy: str
    events: list[str]
    owner: str
    active: bool
    created_at: datetime
    sent: int
    queued: int
    given_up: int


@router.get("/webhooks", **requires("control.webhook"))
def list_webhooks(edge: Edge) -> list[WebhookOut]:
    """Who is told, and how the deliveries went."""
    with edge.read() as reader:
        return [WebhookOut.model_validate(dict(w)) for w in webhooks.listed(reader, edge.actor)]


@router.post("/webhooks", status_code=201, **requires("control.webhook"))
def add_webhook(edge: Edge, body: WebhookIn) -> WebhookMadeOut:
    """Tells an address when a row of the policy crosses 80, 90 or 100 % of its limit, or comes back."""
    with edge.write() as uow:
        made = webhooks.add(uow, edge.actor, url=body.url, policy=body.policy, events=body.events)
    return WebhookMadeOut(id=made.id, secret=made.secret)


@router.delete("/webhooks/{webhook_id}", status_code=204, **requires("control.webhook"))
def remove_webhook(edge: Edge, webhook_id: int) -> None:
    """Stops telling an address."""
    with edge.write() as uow:
        webhooks.remove(uow, edge.actor, webhook_id=webhook_id)
