"""Housekeeping of access forgets what has expired and nothing else."""

from datetime import timedelta

from bihuan.bootstrap import Container
from bihuan.features.access import commands
from bihuan.features.access.model import system
from bihuan.jobs import trail
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database, utc_now


def test_what_has_expired_is_forgotten_and_the_trail_is_chained(database: Database, tmp_path: object) -> None:
    container = Container(Settings(data=tmp_path), database)  # type: ignore[arg-type] # not used here
    long_ago = Database(database.engine, lambda: utc_now() - timedelta(days=60))
    sessions = []
    for clock in (long_ago, database):
        with clock.writing() as uow:
            user_id = commands.add_user(uow, system(), login=f"u{len(sessions)}", name="u", password=None)
            sessions.append(commands.open_session(uow, user_id).secret)
            uow.run("access.insert_attempt", now=uow.now(), login="u", address="")
            uow.run("access.claim_key", user_id=user_id, key="k", request_hash=b"", now=uow.now())
    trail.sweep(container)
    trail.seal(container)
    with database.engine.connect() as conn:
        left = [
            conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("session", "sign_in_attempt", "idempotency_key")
        ]
        unchained = conn.exec_driver_sql(
            "SELECT count(*) FROM action_entry WHERE id NOT IN (SELECT entry_id FROM action_chain)"
        ).scalar()
    assert (left, unchained) == ([1, 1, 1], 0)
