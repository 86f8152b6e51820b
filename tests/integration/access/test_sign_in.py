"""Throttling under real concurrency; sessions end by age and by lack of use."""

import threading
from collections import Counter
from datetime import timedelta

import pytest

from bihuan.features.access import commands, model, queries
from bihuan.features.access.http import Gate
from bihuan.features.access.model import BadCredentials, NotSignedIn, SamePerson, TooManyAttempts
from bihuan.kernel.errors import Conflict, Forbidden, NotFound
from bihuan.store.unit_of_work import Database, UnitOfWork, utc_now

PASSWORD = "correct horse"


def add(database: Database, login: str) -> int:
    with database.writing() as uow:
        return commands.add_user(uow, model.system(), login=login, name=login, password=PASSWORD)


def attempt(database: Database, login: str, password: str, address: str = "10.0.0.1") -> str:
    try:
        commands.sign_in(database, login=login, password=password, address=address)
    except (BadCredentials, TooManyAttempts) as error:
        return error.code
    return "in"


def test_thirty_guesses_at_once_are_counted_one_by_one(database: Database) -> None:
    add(database, "target")
    barrier, answers = threading.Barrier(15), Counter[str]()

    def guess(n: int) -> None:
        barrier.wait()
        for k in range(2):
            answers[attempt(database, "target", f"guess {n} {k}", address=f"10.1.0.{n}")] += 1

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(15)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert answers == {
        "bad_credentials": model.ATTEMPTS_PER_ACCOUNT,
        "too_many_attempts": 30 - model.ATTEMPTS_PER_ACCOUNT,
    }
    assert attempt(database, "target", PASSWORD) == "too_many_attempts", "the right password does not open it either"


def test_a_successful_sign_in_clears_the_accounts_own_failures(database: Database) -> None:
    add(database, "forgetful")
    for _ in range(model.ATTEMPTS_PER_ACCOUNT - 1):
        assert attempt(database, "forgetful", "wrong", "10.2.0.1") == "bad_credentials"
    assert attempt(database, "forgetful", PASSWORD, "10.2.0.1") == "in"
    assert attempt(database, "forgetful", "wrong", "10.2.0.1") == "bad_credentials"
    assert attempt(database, "forgetful", PASSWORD, "10.2.0.1") == "in"


def test_one_address_cannot_try_many_accounts(database: Database) -> None:
    with database.writing() as uow:
        for n in range(model.ATTEMPTS_PER_ADDRESS):
            uow.run("access.insert_attempt", now=uow.now(), login=f"u{n}", address="10.3.0.1")
    assert attempt(database, "u999", "x", "10.3.0.1") == "too_many_attempts"
    assert attempt(database, "u999", "x", "10.3.0.2") == "bad_credentials"


@pytest.mark.parametrize(
    ("unused", "age", "alive"),
    [
        (timedelta(minutes=1), timedelta(minutes=2), True),
        (timedelta(minutes=model.SESSION_IDLE_MINUTES - 1), timedelta(hours=9), True),
        (timedelta(minutes=model.SESSION_IDLE_MINUTES), timedelta(hours=9), False),
        (timedelta(minutes=1), timedelta(hours=model.SESSION_HOURS), False),
    ],
)
def test_a_session_ends_by_lack_of_use_and_by_age(
    uow: UnitOfWork, unused: timedelta, age: timedelta, alive: bool
) -> None:
    now = utc_now()
    user_id = commands.add_user(uow, model.system(), login="idle", name="i", password=None)
    uow.now = lambda: now - age
    opened = commands.open_session(uow, user_id)
    uow.run("access.touch_session", id_hash=queries.hash_of(opened.secret), now=now - unused)
    uow.now = lambda: now
    if alive:
        assert queries.session(uow, opened.secret)["login"] == "idle"
    else:
        with pytest.raises(NotSignedIn):
            queries.session(uow, opened.secret)


def test_a_user_put_out_is_out_at_once(database: Database) -> None:
    add(database, "leaver")
    opened = commands.sign_in(database, login="leaver", password=PASSWORD)
    gate = Gate(database)
    assert gate.actor(opened.secret).login == "leaver"
    with database.writing() as uow:
        commands.set_active(uow, model.system(), login="leaver", active=False)
    with pytest.raises(NotSignedIn):
        gate.actor(opened.secret)
    assert attempt(database, "leaver", PASSWORD, "10.4.0.1") == "bad_credentials"


def test_a_role_held_until_a_day_stops_on_that_day_without_any_change(database: Database) -> None:
    add(database, "temporary")
    end = utc_now() + timedelta(hours=1)
    with database.writing() as uow:
        commands.define_role(uow, model.system(), code="t", name="t", grants=[{"action": "plan.read"}])
        commands.assign_roles(uow, model.system(), login="temporary", assignments=[{"role": "t", "until": end}])
        opened = commands.open_session(uow, uow.value("access.user_by_login", login="temporary"))
    now = utc_now()
    gate = Gate(Database(database.engine, lambda: now))
    assert gate.actor(opened.secret).holds("plan.read")
    now = end
    assert not gate.actor(opened.secret).holds("plan.read")
    assert gate.actor(opened.secret).roles == ()


def test_an_assignments_limits_narrow_what_is_allowed_and_never_what_is_denied(uow: UnitOfWork) -> None:
    system = model.system()
    commands.add_user(uow, system, login="limited", name="l", password=None)
    grants = [{"action": "plan.read"}, {"action": "plan.read", "effect": "deny", "limits": {"科目": ["薪酬"]}}]
    commands.define_role(uow, system, code="r", name="r", grants=grants)
    commands.assign_roles(uow, system, login="limited", assignments=[{"role": "r", "limits": {"org": ["D1"]}}])
    actor = queries.principal_of(uow, "limited")
    assert actor is not None
    assert actor.may("plan.read", model="m", org="D1", 科目="差旅")
    assert not actor.may("plan.read", model="m", org="D2", 科目="差旅")
    assert not actor.may("plan.read", model="m", org="D1", 科目="薪酬")


def test_administration_is_asked_for_and_nobody_changes_their_own_roles(uow: UnitOfWork) -> None:
    system = model.system()
    commands.add_user(uow, system, login="admin", name="a", password=None)
    commands.define_role(uow, system, code="admins", name="a", grants=[{"action": "access.*"}])
    commands.assign_roles(uow, system, login="admin", assignments=[{"role": "admins"}])
    admin = queries.principal_of(uow, "admin")
    nobody = model.Principal(99, "x", "x")
    assert admin is not None
    with pytest.raises(SamePerson):
        commands.assign_roles(uow, admin, login="admin", assignments=[])
    with pytest.raises(Forbidden):
        commands.add_user(uow, nobody, login="y", name="y", password=None)
    with pytest.raises(Conflict):
        commands.add_user(uow, admin, login="admin", name="again", password=None)
    with pytest.raises(NotFound):
        commands.assign_roles(uow, system, login="admin", assignments=[{"role": "none such"}])
