"""Routes of service accounts: their administration, and the token endpoint of OAuth 2.0 client credentials."""

import base64
import binascii
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qs, unquote

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from bihuan.features.access import service_accounts
from bihuan.features.access.api import Assignment
from bihuan.features.access.http import Edge, public, requires
from bihuan.features.access.model import BadClient

router = APIRouter(prefix="/api/v1", tags=["service"])
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string"},
                        "scope": {"type": "string"},
                    },
                },
                "example": {"grant_type": "client_credentials", "client_id": "bh-…", "client_secret": "…"},
            }
        },
    }
}


class ServiceAccountIn(BaseModel):
    """``scopes``: patterns of actions, such as control.request; the account does what its roles and these both allow."""

    name: str = Field(min_length=1, examples=["费控系统"])
    scopes: list[str] = Field(min_length=1, examples=[["control.request", "control.read"]])
    roles: list[Assignment] = []
    per_minute: int = Field(600, ge=1, le=service_accounts.RATE_MAX)
    sandbox: bool = False


class ServiceSecretOut(BaseModel):
    """``client_secret`` is told this once."""

    client_id: str
    login: str
    client_secret: str


class ServiceAccountOut(BaseModel):
    client_id: str
    login: str
    name: str
    scopes: list[str]
    per_minute: int
    sandbox: bool
    active: bool
    created_at: datetime
    last_used_at: datetime | None


class ActiveIn(BaseModel):
    active: bool


class TokenOut(BaseModel):
    access_token: str
    token_type: str
    expires_in: int
    scope: str


@router.get("/service-accounts", **requires("access.read"))
def accounts(edge: Edge) -> list[ServiceAccountOut]:
    """The other systems that may call, without their secrets."""
    with edge.read() as reader:
        found = service_accounts.accounts(reader, edge.actor)
        return [ServiceAccountOut.model_validate(dict(r)) for r in found]


@router.post("/service-accounts", status_code=201, **requires("access.admin"))
def add_account(edge: Edge, body: ServiceAccountIn) -> ServiceSecretOut:
    """Adds an account; its secret is in this answer and nowhere else."""
    with edge.write() as uow:
        made = service_accounts.add_account(
            uow,
            edge.actor,
            name=body.name,
            scopes=body.scopes,
            roles=[r.model_dump() for r in body.roles],
            per_minute=body.per_minute,
            sandbox=body.sandbox,
        )
    return ServiceSecretOut(client_id=made.client_id, login=made.login, client_secret=made.secret)


@router.post("/service-accounts/{client_id}/secret", **requires("access.admin"))
def rotate(edge: Edge, client_id: str) -> ServiceSecretOut:
    """Another secret; the old one ends at once, and every token with it."""
    with edge.write() as uow:
        made = service_accounts.rotate(uow, edge.actor, client_id=client_id)
    return ServiceSecretOut(client_id=made.client_id, login=made.login, client_secret=made.secret)


@router.put("/service-accounts/{client_id}/active", status_code=204, **requires("access.admin"))
def set_active(edge: Edge, client_id: str, body: ActiveIn) -> None:
    """Lets an account in or out."""
    with edge.write() as uow:
        service_accounts.set_active(uow, edge.actor, client_id=client_id, active=body.active)


async def _form(request: Request) -> dict[str, str]:
    content = (await request.body()).decode("utf-8", "replace")
    return {name: values[-1] for name, values in parse_qs(content).items()}


@router.post("/oauth/token", openapi_extra={**public()["openapi_extra"], **_FORM})
def token(edge: Edge, form: Annotated[dict[str, str], Depends(_form)], response: Response) -> TokenOut:
    """OAuth 2.0 client credentials: a bearer token for an hour. The client names itself in the form or by Basic."""
    if form.get("grant_type") != "client_credentials":
        raise BadClient("grant_type 须为 client_credentials。", found=form.get("grant_type"))
    client, secret = _basic(edge.request.headers.get("authorization", ""))
    client, secret = client or form.get("client_id", ""), secret or form.get("client_secret", "")
    with edge.write() as uow:
        given = service_accounts.grant_token(uow, client_id=client, secret=secret, scope=form.get("scope", ""))
    response.headers["cache-control"] = "no-store"
    scope = " ".join(given.scopes)
    return TokenOut(access_token=given.token, token_type="Bearer", expires_in=given.seconds, scope=scope)  # noqa: S106


def _basic(header: str) -> tuple[str, str]:
    if not header.lower().startswith("basic "):
        return "", ""
    try:
        said = base64.b64decode(header[6:], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client, _, secret = said.partition(":")
    return unquote(client), unquote(secret)
