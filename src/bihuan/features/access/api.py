"""Routes of access: the session, users and roles, the action trail."""

from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from bihuan.features.access import commands, queries
from bihuan.features.access.http import COOKIE, Edge, RequestEdge, public, requires, signed_in
from bihuan.features.access.model import Principal
from bihuan.features.access.moment import Moment

router = APIRouter(prefix="/api/v1", tags=["access"])


class SignIn(BaseModel):
    login: str
    password: str


class SessionOut(BaseModel):
    """Who is signed in. ``actions`` are the action patterns held (allowed), for menus; the server decides again."""

    user_id: int
    login: str
    name: str
    roles: list[str]
    actions: list[str]
    csrf_token: str
    business_date: date


class BusinessDate(BaseModel):
    """The day the business stands at, and why it is moved."""

    day: date
    reason: str = ""


class PasswordChange(BaseModel):
    old: str
    new: str


class UserIn(BaseModel):
    login: str
    name: str
    password: str | None = None


class Assignment(BaseModel):
    role: str
    limits: dict[str, list[Any]] = {}
    until: Moment | None = None


class Assignments(BaseModel):
    roles: list[Assignment]
    reason: str = ""


class AssignmentOut(BaseModel):
    role: str
    limits: dict[str, list[Any]]
    until: str | None


class UserOut(BaseModel):
    id: int
    login: str
    name: str
    active: bool
    roles: list[AssignmentOut]


class RoleOut(BaseModel):
    code: str
    name: str
    note: str
    grants: list[dict[str, Any]]


class ActionOut(BaseModel):
    """One line of the trail. ``sealed`` = chained into the day's hash chain."""

    id: int
    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    before: Any
    after: Any
    reason: str
    request_id: str
    sealed: bool


def _session(edge: RequestEdge, actor: Principal, secret: str) -> SessionOut:
    with edge.read() as reader:
        today = queries.business_date(reader)
    held = sorted({g.action for g in actor.grants if g.effect == "allow"})
    return SessionOut(
        user_id=actor.user_id,
        login=actor.login,
        name=actor.name,
        roles=list(actor.roles),
        actions=held,
        csrf_token=queries.csrf_token(secret),
        business_date=today,
    )


@router.post("/session", **public())
def sign_in(edge: Edge, body: SignIn, response: Response) -> SessionOut:
    """Signs in; sets the session cookie and answers the token for unsafe requests."""
    agent = edge.request.headers.get("user-agent", "")
    opened = commands.sign_in(
        edge.gate.database, login=body.login, password=body.password, address=edge.address, agent=agent
    )
    secure = edge.request.url.scheme == "https"
    response.set_cookie(COOKIE, opened.secret, httponly=True, samesite="lax", secure=secure, expires=opened.expires_at)
    return _session(edge, edge.gate.actor(opened.secret), opened.secret)


@router.get("/session", **signed_in())
def whoami(edge: Edge) -> SessionOut:
    """Who is signed in, and the token for unsafe requests."""
    return _session(edge, edge.actor, edge.secret or "")


@router.delete("/session", status_code=204, **signed_in())
def sign_out(edge: Edge, response: Response) -> None:
    """Ends this session."""
    with edge.write() as uow:
        commands.sign_out(uow, edge.actor, edge.secret or "")
    response.delete_cookie(COOKIE)


@router.delete("/sessions", status_code=204, **signed_in())
def sign_out_everywhere(edge: Edge, response: Response) -> None:
    """Ends all of one's sessions, this one too."""
    with edge.write() as uow:
        commands.sign_out_everywhere(uow, edge.actor, user_id=edge.actor.user_id)
    response.delete_cookie(COOKIE)


@router.post("/password", status_code=204, **signed_in())
def change_password(edge: Edge, body: PasswordChange) -> None:
    """Changes one's own password; ends all other sessions."""
    with edge.write() as uow:
        commands.change_password(uow, edge.actor, old=body.old, new=body.new, secret=edge.secret or "")


@router.put("/business-date", status_code=204, **requires("setting.business_date"))
def set_business_date(edge: Edge, body: BusinessDate) -> None:
    """Moves the business date."""
    with edge.write() as uow:
        commands.set_business_date(uow, edge.actor, body.day, reason=body.reason)


@router.get("/users", **requires("access.read"))
def users(edge: Edge) -> list[UserOut]:
    """All users and their roles."""
    with edge.read() as reader:
        return [UserOut.model_validate(dict(r)) for r in queries.users(reader, edge.actor)]


@router.post("/users", status_code=201, **requires("access.admin"))
def add_user(edge: Edge, body: UserIn) -> dict[str, int]:
    """Adds a user without roles."""
    with edge.write() as uow:
        user_id = commands.add_user(uow, edge.actor, login=body.login, name=body.name, password=body.password)
    return {"id": user_id}


@router.put("/users/{login}/roles", status_code=204, **requires("access.admin"))
def assign_roles(edge: Edge, login: str, body: Assignments) -> None:
    """Replaces a user's roles."""
    with edge.write() as uow:
        commands.assign_roles(
            uow, edge.actor, login=login, assignments=[a.model_dump() for a in body.roles], reason=body.reason
        )


@router.get("/roles", **requires("access.read"))
def roles(edge: Edge) -> list[RoleOut]:
    """All roles and what they grant."""
    with edge.read() as reader:
        return [RoleOut.model_validate(dict(r)) for r in queries.roles(reader, edge.actor)]


@router.get("/actions", **requires("audit.read"))
def actions(
    edge: Edge,
    *,
    kind: str | None = None,
    subject: str | None = None,
    actor: str | None = None,
    before: int | None = None,
    limit: int = Query(100, ge=1, le=1000),
) -> list[ActionOut]:
    """The action trail, newest first; page with ``before`` = the last id seen."""
    with edge.read() as reader:
        rows = queries.actions(reader, edge.actor, kind=kind, subject=subject, by=actor, before_id=before, limit=limit)
    return [ActionOut.model_validate({**r, "sealed": r["position"] is not None}) for r in rows]
