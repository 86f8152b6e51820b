"""Who may do what, as values: grants, the scope they make, the person who holds them. No I/O.

A *grant* allows or denies actions (a pattern such as ``plan.*``) in a box of the cube: for each dimension it limits, some
members. What a person may do is the union of the allowed boxes minus the union of the denied ones: **deny wins**.
A box that limits a dimension the thing asked about does not have does not match it; so a grant limited to one
organisation says nothing about a company-wide parameter.

Errors::

    NotSignedIn          no session, or it has ended
    BadCredentials       login or password wrong (never says which)
    TooManyAttempts      sign-in throttled, per account and per address
    BadClient            client credentials wrong, or a scope the account has not
    TooManyCalls         a service account called more often than its rate allows
    BadCsrfToken         an unsafe request without the session's token
    WeakPassword         the new password is too short or equals the login
    SamePerson           two actions that one person may not both do on one thing
    KeyReused            an Idempotency-Key came again with another request
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property

from bihuan.features.access.scope import Flat, Grant, Hierarchies, Limit, Scope
from bihuan.kernel.errors import BihuanError, Conflict, Forbidden, Invalid

__all__ = ["Flat", "Grant", "Hierarchies", "Limit", "Principal", "Scope"]

SESSION_IDLE_MINUTES = 8 * 60  # a working day: a form left open over lunch still saves
SESSION_HOURS = 7 * 24
ATTEMPT_WINDOW_MINUTES = 15
ATTEMPTS_PER_ACCOUNT = 10
ATTEMPTS_PER_ADDRESS = 60  # an office behind one address shares it
PASSWORD_LENGTH_MIN = 8


class NotSignedIn(BihuanError):
    """You are not signed in, or the session has ended."""

    code = "not_signed_in"


class BadCredentials(BihuanError):
    """Login or password is wrong."""

    code = "bad_credentials"


class TooManyAttempts(BihuanError):
    """Too many failed sign-ins; wait a while."""

    code = "too_many_attempts"


class BadClient(BihuanError):
    """The client id, its secret or the scope is wrong."""

    code = "bad_client"


class TooManyCalls(BihuanError):
    """The account has called more often this minute than it may."""

    code = "too_many_calls"


class BadCsrfToken(Forbidden):
    """The request lacks the session's X-CSRF-Token."""

    code = "bad_csrf_token"


class WeakPassword(Invalid):
    """The new password is too short, or equals the login."""

    code = "weak_password"


class SamePerson(Forbidden):
    """Somebody else must do this: you did the other half."""

    code = "same_person"


class KeyReused(Conflict):
    """This Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"


# Actions of which one person may not do both on one subject (segregation of duties).
SEPARATED: tuple[frozenset[str], ...] = (
    frozenset({"process.submit", "process.approve"}),
    frozenset({"control.request", "control.approve"}),
    frozenset({"control.policy", "control.approve"}),
)


# Actions on things that have no place in the plan: a ledger file, the trail, the people. Whoever is limited to a part of the
# company, or denied one, does not hold them at all, for what they show cannot be cut.
PLACELESS = ("access.*", "audit.*", "integration.*", "setting.*", "control.ledger.*")


def separated_from(action: str) -> frozenset[str]:
    """The actions whose doer may not do ``action`` on the same subject."""
    return frozenset().union(*(pair - {action} for pair in SEPARATED if action in pair))


@dataclass(frozen=True)
class Principal:
    """Somebody who acts: a signed-in user, or the system itself (``user_id`` 0).

    ``hierarchies`` gives the trees of a model by its code; bound by the edge, loaded only when a limited grant asks.
    """

    user_id: int
    login: str
    name: str
    roles: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    hierarchies: Callable[[str], Hierarchies] = field(default=lambda _model: Flat(), repr=False, compare=False)
    request_id: str = ""
    within: tuple[str, ...] | None = (
        None  # patterns of actions that a service account's token is cut to; None: a person
    )
    sandbox: str = ""  # the client id of an account that plays in a sandbox of its own

    @cached_property
    def _scopes(self) -> dict[tuple[str, str], Scope]:
        return {}

    def holds(self, action: str, model: str = "") -> bool:
        """True if the action is allowed somewhere (in that model) and not denied everywhere; the question of a route."""
        if any(fnmatchcase(action, pattern) for pattern in PLACELESS):
            grants = self._for(action)
            whole = any(g.effect == "allow" and not g.limits and not g.totals for g in grants)
            return whole and not any(g.effect == "deny" for g in grants)  # a deny of one model is a part denied too
        grants = self._for(action)
        if model:
            grants = tuple(g.without("model") for g in grants if g.names("model", model))
        denied = any(g.effect == "deny" and not g.limits for g in grants)
        return not denied and any(g.effect == "allow" for g in grants)

    def may(self, action: str, *, model: str = "", **coordinate: str) -> bool:
        """True if the action is allowed on the whole of ``coordinate`` (dimension -> member code, a parent = all below it).

        ``item`` is written ``cube!item``. Without a coordinate: the action is held somewhere (in that model).
        """
        if not coordinate:
            return self.holds(action, model)
        return self.scope(action, model).covers(coordinate)

    def require(self, action: str, *, model: str = "", **coordinate: str) -> None:
        """Refuses with `Forbidden` what `may` says no to."""
        if not self.may(action, model=model, **coordinate):
            raise Forbidden(action=action, **({"model": model} if model else {}), **coordinate)

    def scope(self, action: str, model: str = "") -> Scope:
        """What part of a model's cells the action is allowed on; compiled once per principal."""
        key = (action, model)
        if key not in self._scopes:
            grants = tuple(g.without("model") for g in self._for(action) if g.names("model", model))
            limited = any(g.limits.keys() - {"version", "item"} for g in grants)
            self._scopes[key] = Scope(grants, self.hierarchies(model) if limited else Flat())
        return self._scopes[key]

    def _for(self, action: str) -> tuple[Grant, ...]:
        if self.within is not None and not any(fnmatchcase(action, scope) for scope in self.within):
            return ()
        return tuple(g for g in self.grants if fnmatchcase(action, g.action))


def system(name: str = "bihuan", request_id: str = "") -> Principal:
    """The installation acting by itself: jobs, migrations, the operator's command line."""
    return Principal(0, name, name, ("system",), (Grant("*"),), request_id=request_id)


def require_other_person(actor: Principal, others: Sequence[int], action: str) -> None:
    """Refuses when the actor is one of ``others``, the people who did the half separated from ``action``."""
    if actor.user_id in others:
        raise SamePerson(action=action, separated_from=sorted(separated_from(action)), person=actor.name)


def narrow(grant: Grant, assignment: Mapping[str, Sequence[Limit]]) -> Grant:
    """A role's grant as held through an assignment limited to ``assignment``. A deny is never narrowed."""
    if grant.effect == "deny":
        return grant
    return replace(
        grant, limits={**grant.limits, **{d: (*grant.limits.get(d, ()), tuple(m)) for d, m in assignment.items()}}
    )


def is_idle(last_seen: datetime, expires: datetime, now: datetime) -> bool:
    """True if the session has ended by lack of use or by age."""
    return now >= expires or (now - last_seen).total_seconds() >= SESSION_IDLE_MINUTES * 60


def check_password(login: str, password: str) -> None:
    """Length over composition rules (NIST SP 800-63B 3.1.1)."""
    if len(password) < PASSWORD_LENGTH_MIN or password.lower() == login.lower():
        raise WeakPassword(length_min=PASSWORD_LENGTH_MIN)
