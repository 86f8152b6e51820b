"""Other systems that call the API in their own name: service accounts, their tokens, signatures and rate.

An account is a user without a password; what it may do is its roles, cut to its scopes (patterns of actions). It proves itself
by a token (OAuth 2.0 client credentials, RFC 6749 4.4; an hour) or by signing each request:

    X-Bihuan-Client     the client id
    X-Bihuan-Timestamp  seconds since 1970, within five minutes of the server's clock
    X-Bihuan-Nonce      any text that was not used within that time
    X-Bihuan-Signature  hex HMAC-SHA256, key SHA-256("hmac:" + secret), over
                        METHOD \\n path with query \\n timestamp \\n nonce \\n hex SHA-256 of the content
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access import commands
from bihuan.features.access.commands import record
from bihuan.features.access.model import BadClient, NotSignedIn, Principal, TooManyCalls
from bihuan.features.access.queries import hash_of
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.store.unit_of_work import Reader, UnitOfWork

TOKEN_MINUTES = 60
CLOCK_SKEW = timedelta(minutes=5)
RATE_MAX = 100_000


@dataclass(frozen=True, slots=True)
class MadeAccount:
    """``secret`` is told once and stored nowhere."""

    client_id: str
    login: str
    secret: str


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and what it is good for."""

    token: str
    scopes: tuple[str, ...]
    seconds: int


def hmac_key(secret: str) -> bytes:
    """The key requests are signed with."""
    return hashlib.sha256(f"hmac:{secret}".encode()).digest()


def signature(key: bytes, *, method: str, target: str, timestamp: str, nonce: str, content: bytes) -> str:
    """What X-Bihuan-Signature must be."""
    said = "\n".join((method.upper(), target, timestamp, nonce, hashlib.sha256(content).hexdigest()))
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def add_account(
    uow: UnitOfWork,
    actor: Principal,
    *,
    name: str,
    scopes: Sequence[str],
    roles: Sequence[Mapping[str, Any]] = (),
    per_minute: int = 600,
    sandbox: bool = False,
) -> MadeAccount:
    """A new account with its user and roles."""
    actor.require("access.admin")
    if not scopes or not all(s.strip() for s in scopes):
        raise Invalid("写明这个系统可以做的操作 scopes，至少一项。", field="scopes")
    if not 1 <= per_minute <= RATE_MAX:
        raise Invalid(f"每分钟次数须在 1 到 {RATE_MAX} 之间。", field="per_minute", found=per_minute)
    client_id, secret = f"bh-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    login = f"svc:{client_id}"
    user_id = commands.add_user(uow, actor, login=login, name=name, password=None)
    commands.assign_roles(uow, actor, login=login, assignments=roles)
    uow.run(
        "access.service_insert",
        client_id=client_id,
        user_id=user_id,
        secret_hash=hash_of(secret),
        hmac_key=hmac_key(secret),
        scopes=sorted(set(scopes)),
        per_minute=per_minute,
        sandbox=sandbox,
    )
    told = {"name": name, "scopes": list(scopes), "per_minute": per_minute, "sandbox": sandbox}
    record(uow, actor, "service.add", ("service", client_id), None, told)
    return MadeAccount(client_id, login, secret)


def rotate(uow: UnitOfWork, actor: Principal, *, client_id: str) -> MadeAccount:
    """Another secret; the old one, its tokens and signatures end at once."""
    actor.require("access.admin")
    row, secret = account(uow, client_id), secrets.token_urlsafe(32)
    uow.run("access.service_secret", id=row["id"], secret_hash=hash_of(secret), hmac_key=hmac_key(secret))
    uow.run("access.service_tokens_end", account_id=row["id"])
    record(uow, actor, "service.rotate", ("service", client_id))
    return MadeAccount(client_id, row["login"], secret)


def set_active(uow: UnitOfWork, actor: Principal, *, client_id: str, active: bool) -> None:
    """Lets an account in or out; out ends its tokens."""
    actor.require("access.admin")
    row = account(uow, client_id)
    uow.run("access.service_active", id=row["id"], active=active)
    if not active:
        uow.run("access.service_tokens_end", account_id=row["id"])
    record(uow, actor, "service.active", ("service", client_id), {"active": row["active"]}, {"active": active})


def account(reader: Reader, client_id: str) -> RowMapping:
    """One account, or `NotFound`."""
    row = reader.row("access.service_by_client", client_id=client_id)
    if row is None:
        raise NotFound("没有这个服务账号", client=client_id)
    return row


def grant_token(uow: UnitOfWork, *, client_id: str, secret: str, scope: str = "") -> Token:
    """A token for client credentials; ``scope``: some of the account's, separated by spaces, "" all of them."""
    row = uow.row("access.service_by_client", client_id=client_id)
    stored = bytes(row["secret_hash"]) if row else b"\0" * 32
    if not hmac.compare_digest(stored, hash_of(secret)) or row is None or not row["active"]:
        raise BadClient
    asked = tuple(dict.fromkeys(scope.split())) or tuple(row["scopes"])
    if beyond := [s for s in asked if not any(fnmatchcase(s, held) for held in row["scopes"])]:
        raise BadClient(f"账号没有申请的范围 {'、'.join(beyond)}。", scope=beyond)
    token = secrets.token_urlsafe(32)
    count_call(uow, row)
    uow.run(
        "access.service_token_insert",
        id_hash=hash_of(token),
        account_id=row["id"],
        scopes=list(asked),
        expires_at=uow.now() + timedelta(minutes=TOKEN_MINUTES),
        now=uow.now(),
    )
    return Token(token, asked, TOKEN_MINUTES * 60)


def by_token(uow: UnitOfWork, token: str) -> RowMapping:
    """The account of a bearer token with the token's scopes, its call counted; `NotSignedIn` for none."""
    row = uow.row("access.service_by_token", id_hash=hash_of(token), now=uow.now())
    if row is None:
        raise NotSignedIn
    count_call(uow, row)
    return row


def by_signature(
    uow: UnitOfWork, *, headers: Mapping[str, str], method: str, target: str, content: bytes
) -> RowMapping:
    """The account that signed a request, its call counted; a signature is good once."""
    row = uow.row("access.service_by_client", client_id=headers.get("x-bihuan-client", ""))
    stamp, nonce = headers.get("x-bihuan-timestamp", ""), headers.get("x-bihuan-nonce", "")
    said = headers.get("x-bihuan-signature", "")
    key = bytes(row["hmac_key"]) if row else b"\0" * 32
    wanted = signature(key, method=method, target=target, timestamp=stamp, nonce=nonce, content=content)
    if row is None or not row["active"] or not nonce or not hmac.compare_digest(wanted, said):
        raise NotSignedIn
    if not stamp.isdecimal() or abs(uow.now().timestamp() - int(stamp)) > CLOCK_SKEW.total_seconds():
        raise NotSignedIn("签名的时间与服务器相差超过五分钟。")
    seen = hashlib.sha256(f"{row['id']}\n{nonce}".encode()).digest()
    if uow.value("access.service_signature_take", signature=seen, now=uow.now()) is None:
        raise NotSignedIn("这个签名已经用过。")
    count_call(uow, row)
    return row


def count_call(uow: UnitOfWork, row: RowMapping) -> None:
    """Counts a call of this minute; refuses those beyond the account's rate."""
    now = uow.now()
    minute = now.replace(second=0, microsecond=0)
    calls = uow.value("access.service_call", account_id=row["id"], minute=minute)
    if calls > row["per_minute"]:
        raise TooManyCalls(retry_after=_until_next(now), per_minute=row["per_minute"])


def _until_next(now: datetime) -> int:
    return 60 - now.second


def accounts(reader: Reader, actor: Principal) -> Sequence[RowMapping]:
    """All accounts, without anything secret."""
    actor.require("access.read")
    return reader.rows("access.services")
