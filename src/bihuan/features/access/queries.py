"""Reads of access: who a cookie belongs to, what a user may do, the action trail and its proof."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.model import NotSignedIn, Principal, is_idle, narrow
from bihuan.features.access.scope import Flat, Grant, Hierarchies, Limit
from bihuan.store.unit_of_work import Reader

Trees = Callable[[str], Hierarchies]


def hash_of(secret: str) -> bytes:
    """What is stored of a session cookie."""
    return hashlib.sha256(secret.encode()).digest()


def csrf_token(secret: str) -> str:
    """The token an unsafe request must repeat in X-CSRF-Token; follows from the cookie, which scripts cannot read."""
    return hashlib.sha256(f"csrf:{secret}".encode()).hexdigest()


def parse_limits(limits: Mapping[str, Any]) -> dict[str, tuple[Limit, ...]]:
    """``{"org": ["D01", {"member": "D02", "only": true}]}`` -> limits; a bare string is the member and all below."""
    return {
        dim: tuple(Limit(m) if isinstance(m, str) else Limit(**m) for m in members) for dim, members in limits.items()
    }


@dataclass(frozen=True, slots=True)
class Held:
    """A user's roles and grants at one ``access_seq``; immutable, so it may be cached by that number."""

    roles: tuple[tuple[str, datetime | None], ...]
    grants: tuple[Grant, ...]


def held(reader: Reader, user_id: int, role: str | None = None) -> Held:
    """Everything the user's assignments give, also those that have ended (the caller knows the time).

    With a ``role`` what other roles allow is left out; what they deny stays denied.
    """
    rows = reader.rows("access.grants", user_id=user_id)
    if role is not None:
        rows = [r for r in rows if r["role"] == role or r["effect"] == "deny"]
    return Held(
        tuple(dict.fromkeys((r["role"], r["until"]) for r in rows)),
        tuple(_grant(r) for r in rows if r["action"] is not None),
    )


def _grant(row: RowMapping) -> Grant:
    own = {dim: (members,) for dim, members in parse_limits(row["limits"]).items()}
    grant = Grant(row["action"], row["effect"], own, row["totals"], row["until"])
    return narrow(grant, parse_limits(row["assigned"]))


def principal(
    user: Mapping[str, Any], what: Held, now: datetime, trees: Trees = lambda _: Flat(), request_id: str = ""
) -> Principal:
    """The person who acts, with what is in force now."""
    return Principal(
        user_id=user["id"],
        login=user["login"],
        name=user["name"],
        roles=tuple(dict.fromkeys(code for code, until in what.roles if until is None or now < until)),
        grants=tuple(g for g in what.grants if g.until is None or now < g.until),
        hierarchies=trees,
        request_id=request_id,
    )


def principal_of(
    reader: Reader, login: str, trees: Trees = lambda _: Flat(), *, role: str | None = None
) -> Principal | None:
    """The principal of a login, for jobs and the command line acting on behalf of a user.

    ``role``: only what that role allows where it is assigned, less everything that is denied.
    """
    user = reader.row("access.user_by_login", login=login)
    return None if user is None else principal(dict(user), held(reader, user["id"], role), reader.now(), trees)


def names_of(reader: Reader, logins: Collection[str]) -> dict[str, str]:
    """Login -> the person's name; a login that nobody has stands for itself."""
    found = {r["login"]: r["name"] for r in reader.rows("access.names", logins=sorted(set(logins)))}
    return {login: found.get(login, login) for login in logins}


def session(reader: Reader, secret: str) -> RowMapping:
    """The session row of a cookie, or `NotSignedIn`."""
    row = reader.row("access.session", id_hash=hash_of(secret))
    if row is None or is_idle(row["last_seen_at"], row["expires_at"], reader.now()):
        raise NotSignedIn
    return row


def users(reader: Reader, actor: Principal) -> Sequence[RowMapping]:
    """All users and their roles."""
    actor.require("access.read")
    return reader.rows("access.users")


def roles(reader: Reader, actor: Principal) -> Sequence[RowMapping]:
    """All roles and their grants."""
    actor.require("access.read")
    return reader.rows("access.roles")


def actions(
    reader: Reader,
    actor: Principal,
    *,
    kind: str | None = None,
    subject: str | None = None,
    by: str | None = None,
    action: str | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> Sequence[RowMapping]:
    """The action trail, newest first."""
    actor.require("audit.read")
    return reader.rows(
        "access.actions", kind=kind, subject=subject, actor=by, action=action, before_id=before_id, limit=limit
    )


def link(previous: bytes, entry: Mapping[str, Any]) -> bytes:
    """The chain's hash of an entry after ``previous`` (empty at the start of a day)."""
    at = entry["at"].astimezone(UTC).isoformat()
    names = ("actor_id", "actor", "action", "subject_kind", "subject_id", "before", "after", "reason", "request_id")
    text = json.dumps([entry["id"], at, *(entry[n] for n in names)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(previous + text.encode()).digest()


def verify_trail(reader: Reader) -> list[str]:
    """Recomputes every chain; one sentence per fault, empty when history is as it was written."""
    faults: list[str] = []
    heads: dict[date, tuple[int, bytes]] = {}
    for row in reader.rows("access.chain"):
        position, previous = heads.get(row["day"], (0, b""))
        if row["position"] != position + 1:
            faults.append(f"{row['day']}: link {position + 1} is missing")
        if row["hash"] != link(previous, dict(row)):
            faults.append(f"{row['day']}: entry {row['id']} was changed")
        heads[row["day"]] = (row["position"], row["hash"])
    for digest in reader.rows("access.digests"):
        if heads.get(digest["day"], (0, b"")) != (digest["entries"], digest["hash"]):
            faults.append(f"{digest['day']}: the day's digest does not fit its chain")
    return faults


def business_date(reader: Reader) -> date:
    """The day the business stands at: a setting, advanced by the administrator; until it is set, today."""
    said = reader.value("access.setting", name="business_date")
    return date.fromisoformat(said) if said else reader.now().astimezone().date()
