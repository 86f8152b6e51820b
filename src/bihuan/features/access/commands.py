"""Commands of access: sign in and out, users and roles, the action trail, separation of duties."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bihuan.features.access import model, queries
from bihuan.features.access.model import BadCredentials, Principal, TooManyAttempts
from bihuan.features.access.passwords import hash_password, verify_password
from bihuan.kernel.errors import Conflict, Invalid, NotFound
from bihuan.store.unit_of_work import Database, Reader, UnitOfWork


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An open session; ``secret`` goes into the cookie and is stored nowhere."""

    user_id: int
    secret: str
    expires_at: datetime


def sign_in(database: Database, *, login: str, password: str, address: str = "", agent: str = "") -> SignedIn:
    """Opens a session, or refuses with `BadCredentials` or `TooManyAttempts`.

    Three short transactions instead of the edge's one: a refused attempt must stay counted, and no connection waits
    while Argon2 works. The attempt counts as failed before the password is looked at, so parallel guesses are counted too.
    """
    with database.writing() as uow:
        attempt = _count_attempt(uow, login, address)
        user = uow.row("access.user_by_login", login=login)
    if attempt is None:
        raise TooManyAttempts(minutes=model.ATTEMPT_WINDOW_MINUTES)
    fits = verify_password(password, user["password_hash"] if user else None)
    if user is None or not fits or not user["active"]:
        raise BadCredentials
    with database.writing() as uow:
        uow.run("access.attempt_ok", id=attempt, login=login, address=address)
        actor = Principal(user["id"], user["login"], user["name"])
        record(uow, actor, "session.open", ("user", user["id"]), after={"address": address})
        return open_session(uow, user["id"], address=address, agent=agent)


def _count_attempt(uow: UnitOfWork, login: str, address: str) -> int | None:
    now = uow.now()
    uow.run("access.lock_attempts", login=login)
    since = now - timedelta(minutes=model.ATTEMPT_WINDOW_MINUTES)
    failed = uow.row("access.failed_attempts", login=login, address=address, since=since)
    assert failed is not None, "an aggregate has one row"
    if failed["by_login"] >= model.ATTEMPTS_PER_ACCOUNT or failed["by_address"] >= model.ATTEMPTS_PER_ADDRESS:
        return None
    return int(uow.value("access.insert_attempt", now=now, login=login, address=address))


def open_session(uow: UnitOfWork, user_id: int, *, address: str = "", agent: str = "") -> SignedIn:
    """A new server-side session."""
    secret, expires = secrets.token_urlsafe(32), uow.now() + timedelta(hours=model.SESSION_HOURS)
    uow.run(
        "access.insert_session",
        id_hash=queries.hash_of(secret),
        user_id=user_id,
        now=uow.now(),
        expires_at=expires,
        address=address,
        agent=agent[:200],
    )
    return SignedIn(user_id, secret, expires)


def sign_out(uow: UnitOfWork, actor: Principal, secret: str) -> None:
    """Ends this session."""
    uow.run("access.revoke_session", id_hash=queries.hash_of(secret), now=uow.now())
    record(uow, actor, "session.close", ("user", actor.user_id))


def sign_out_everywhere(uow: UnitOfWork, actor: Principal, *, user_id: int, but: str | None = None) -> None:
    """Ends all sessions of a user, one's own or, for an administrator, anybody's."""
    if user_id != actor.user_id:
        actor.require("access.admin")
    kept = queries.hash_of(but) if but else None
    uow.run("access.revoke_sessions", user_id=user_id, now=uow.now(), but=kept)
    record(uow, actor, "session.close_all", ("user", user_id))


def change_password(uow: UnitOfWork, actor: Principal, *, old: str, new: str, secret: str) -> None:
    """Replaces one's own password and ends all other sessions."""
    user = uow.row("access.user_by_id", id=actor.user_id)
    if user is None or not verify_password(old, user["password_hash"]):
        raise BadCredentials
    _set_password(uow, actor, user["id"], user["login"], new)
    sign_out_everywhere(uow, actor, user_id=actor.user_id, but=secret)


def set_password(uow: UnitOfWork, actor: Principal, *, login: str, new: str) -> None:
    """An administrator gives a user a new password; all sessions of the user end."""
    actor.require("access.admin")
    user = _user(uow, login)
    _set_password(uow, actor, user["id"], login, new)
    sign_out_everywhere(uow, actor, user_id=user["id"])


def _set_password(uow: UnitOfWork, actor: Principal, user_id: int, login: str, new: str) -> None:
    model.check_password(login, new)
    uow.run("access.set_password", id=user_id, password_hash=hash_password(new))
    record(uow, actor, "user.password", ("user", user_id))


def add_user(uow: UnitOfWork, actor: Principal, *, login: str, name: str, password: str | None) -> int:
    """Adds a user without any role."""
    actor.require("access.admin")
    if not login.strip():
        raise Invalid("login is empty", field="login")
    if password is not None:
        model.check_password(login, password)
    user_id = uow.value(
        "access.insert_user", login=login, name=name, password_hash=hash_password(password) if password else None
    )
    if user_id is None:
        raise Conflict("there is a user with this login", login=login)
    record(uow, actor, "user.add", ("user", user_id), after={"login": login, "name": name})
    return int(user_id)


def set_active(uow: UnitOfWork, actor: Principal, *, login: str, active: bool) -> None:
    """Lets a user in or out; out ends the sessions."""
    actor.require("access.admin")
    user = _user(uow, login)
    uow.run("access.set_active", id=user["id"], active=active)
    if not active:
        sign_out_everywhere(uow, actor, user_id=user["id"])
    record(uow, actor, "user.active", ("user", user["id"]), before={"active": user["active"]}, after={"active": active})


def define_role(
    uow: UnitOfWork, actor: Principal, *, code: str, name: str, grants: Sequence[Mapping[str, Any]], note: str = ""
) -> None:
    """Creates or replaces a role: ``grants`` of action, effect, limits, totals."""
    actor.require("access.admin")
    role_id = uow.value("access.upsert_role", code=code, name=name, note=note)
    uow.run("access.delete_grants", role_id=role_id)
    uow.run_many("access.insert_grant", [_grant_row(role_id, g) for g in grants])
    uow.run("access.bump_holders", role_id=role_id)
    record(uow, actor, "role.define", ("role", code), after={"name": name, "grants": [dict(g) for g in grants]})


def _grant_row(role_id: int, grant: Mapping[str, Any]) -> dict[str, object]:
    limits = grant.get("limits", {})
    queries.parse_limits(limits)
    return {
        "role_id": role_id,
        "action": grant["action"],
        "effect": grant.get("effect", "allow"),
        "limits": json.dumps(limits),
        "totals": grant.get("totals", False),
    }


def assign_roles(
    uow: UnitOfWork, actor: Principal, *, login: str, assignments: Sequence[Mapping[str, Any]], reason: str = ""
) -> None:
    """Replaces a user's roles: each ``{"role": code, "limits": {…}, "until": moment}``."""
    actor.require("access.admin")
    user = _user(uow, login)
    if user["id"] == actor.user_id:
        raise model.SamePerson("nobody changes their own roles", person=actor.name)
    before = [dict(r) for r in uow.rows("access.grants", user_id=user["id"])]
    uow.run("access.unassign_all", user_id=user["id"])
    for a in assignments:
        limits = a.get("limits", {})
        queries.parse_limits(limits)
        given = uow.value(
            "access.assign", user_id=user["id"], role=a["role"], limits=json.dumps(limits), until=a.get("until")
        )
        if given is None:
            raise NotFound("there is no such role", role=a["role"])
    uow.run("access.bump_user", user_id=user["id"])
    held = sorted({str(r["role"]) for r in before})
    after = [dict(a) for a in assignments]
    record(
        uow, actor, "user.roles", ("user", user["id"]), before={"roles": held}, after={"roles": after}, reason=reason
    )


def _user(reader: Reader, login: str) -> Any:
    user = reader.row("access.user_by_login", login=login)
    if user is None:
        raise NotFound("there is no such user", login=login)
    return user


def record(  # noqa: PLR0917 - read as a sentence: who, what, on what, before, after, why
    uow: UnitOfWork,
    actor: Principal,
    action: str,
    subject: tuple[str, object],
    before: object = None,
    after: object = None,
    reason: str = "",
) -> int:
    """Appends to the action trail; ``subject`` is (kind, id). Amounts in before / after become decimal strings."""
    kind, subject_id = subject
    return int(
        uow.value(
            "access.record",
            at=uow.now(),
            actor_id=actor.user_id,
            actor=actor.login,
            action=action,
            subject_kind=kind,
            subject_id=str(subject_id),
            before=_json(before),
            after=_json(after),
            reason=reason,
            request_id=actor.request_id,
        )
    )


def record_each(
    uow: UnitOfWork, actor: Principal, action: str, subjects: Sequence[tuple[str, object, object]], reason: str = ""
) -> None:
    """Appends an entry per (kind, id, after), in one statement."""
    rows = [{"k": kind, "s": str(subject), "a": after} for kind, subject, after in subjects]
    said = json.dumps(rows, ensure_ascii=False, default=_plain)
    who = {"actor_id": actor.user_id, "actor": actor.login, "request_id": actor.request_id}
    uow.run("access.record_each", at=uow.now(), action=action, rows=said, reason=reason, **who)


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)


def require_separate(reader: Reader, actor: Principal, action: str, subject: tuple[str, object]) -> None:
    """Refuses when the actor already did, on this subject, what is separated from ``action`` (read from the trail)."""
    kind, subject_id = subject
    separated = sorted(model.separated_from(action))
    if separated:
        doers = reader.rows("access.doers", kind=kind, id=str(subject_id), actions=separated)
        model.require_other_person(actor, [r["actor_id"] for r in doers], action)


def seal_trail(uow: UnitOfWork, *, limit: int = 10_000) -> int:
    """Chains the entries written since the last run, and closes the days before today; returns how many it chained.

    Chaining apart from writing keeps commands from waiting for each other on one chain's head. An entry that commits late
    is chained by the next run, on the day it was written.
    """
    uow.run("access.lock_chain")
    heads = {r["day"]: (r["position"], r["hash"]) for r in uow.rows("access.chain_heads")}
    closed = {r["day"] for r in uow.rows("access.digests")}
    links = []
    today = uow.now().astimezone(UTC).date()
    for entry in uow.rows("access.unsealed", limit=limit):
        day = entry["at"].astimezone(UTC).date()
        day = today if day in closed else day
        position, previous = heads.get(day, (0, b""))
        heads[day] = (position + 1, queries.link(previous, dict(entry)))
        links.append({"entry_id": entry["id"], "day": day, "position": position + 1, "hash": heads[day][1]})
    uow.run_many("access.insert_link", links)
    if len(links) < limit:
        for day, (position, head) in heads.items():
            if day < today and day not in closed:
                uow.run("access.insert_digest", day=day, entries=position, hash=head, at=uow.now())
    return len(links)


def set_business_date(uow: UnitOfWork, actor: Principal, day: date, *, reason: str = "") -> None:
    """Moves the business date, forward or back; the trail says who and why."""
    actor.require("setting.business_date")
    before = uow.value("access.set_setting", name="business_date", value=json.dumps(day.isoformat()))
    record(uow, actor, "setting.business_date", ("setting", "business_date"), before, day.isoformat(), reason)
