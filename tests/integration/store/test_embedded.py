"""The server of our own: whole or not at all, one starter and many users, another user for root, a new major version."""

import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bihuan.store.embedded import ServerTrouble, find_all, find_binaries, lease
from bihuan.store.embedded.account import reachable, reachable_binaries, server_account, server_place
from bihuan.store.embedded.binaries import Binaries
from bihuan.store.embedded.cluster import external, stop_leftover
from bihuan.store.embedded.upgrade import Plan, plan

FAST = {"fsync": "off"}
OLD = [b for b in find_all({}) if b.major < find_binaries({}).major and b.major >= 15]


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder any user can walk to, as /tmp is."""
    folder = Path("/tmp") / f"bihuan-embedded-{uuid.uuid4().hex[:8]}"
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_whoever_comes_first_starts_the_server_and_others_attach(data: Path) -> None:
    code = (
        "import sys, time, psycopg; from pathlib import Path; from bihuan.store.embedded import lease\n"
        "with lease(Path(sys.argv[1]), settings={'fsync': 'off'}) as urls:\n"
        "    with psycopg.connect(urls.app) as c:\n"
        "        print(c.execute('select pg_postmaster_start_time()').fetchone()[0], flush=True)\n"
        "    time.sleep(float(sys.argv[2]))\n"
        "    psycopg.connect(urls.app).close()"  # still there for the others when the first one is done
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(data), str(wait)], stdout=subprocess.PIPE, text=True)
        for wait in (0.2, 0.6, 1.0)
    ]
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert len(set(said)) <= 2, said  # one server; a latecomer may have had to start it again


def test_a_killed_server_comes_back_with_every_committed_row(data: Path) -> None:
    with lease(data) as urls:
        with psycopg.connect(urls.owner, autocommit=True) as conn:
            conn.execute("CREATE TABLE kept (n int)")
            conn.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        pid = int((next((data / "postgres").glob("[0-9]*")) / "postmaster.pid").read_text().split("\n")[0])
        os.kill(pid, signal.SIGKILL)
    with lease(data) as urls, psycopg.connect(urls.owner) as conn:
        assert conn.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_server_whose_starter_was_killed_is_ended_by_the_kernel_or_by_the_next_start(data: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from bihuan.store.embedded import lease\n"
        "with lease(Path(sys.argv[1]), settings={'fsync': 'off'}): print('up', flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code, str(data)], stdout=subprocess.PIPE)
    assert starter.stdout
    assert starter.stdout.readline() == b"up\n"
    starter.kill()
    starter.wait()
    with lease(data, settings=FAST) as urls, psycopg.connect(urls.app) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_a_lock_file_of_somebody_else_is_not_believed(data: Path) -> None:
    data.mkdir()
    lock = data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{data}\n")  # our own id, re-used since
    stop_leftover(data)
    assert not lock.exists()


def test_only_we_can_read_the_passwords_and_the_server_wants_one(data: Path) -> None:
    with lease(data, settings=FAST) as urls:
        assert (data / "postgres.json").stat().st_mode & 0o077 == 0
        secrets = json.loads((data / "postgres.json").read_text())
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(urls.owner.replace(secrets["owner_password"], "guess"))
        with psycopg.connect(urls.app) as conn:
            row = conn.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
            assert row == (False, False)


def test_text_sorts_and_folds_as_unicode_whatever_the_machine(data: Path) -> None:
    with lease(data, settings=FAST) as urls, psycopg.connect(urls.app) as conn:
        assert conn.execute("SELECT upper('é费'), length('预算')").fetchone() == ("É费", 2)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user")
def test_root_gets_a_place_and_programs_that_the_servers_user_can_reach(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shared = Path("/tmp") / f"bihuan-shared-{uuid.uuid4().hex[:8]}"
    try:
        account = server_account({})
        place = server_place(closed / "data", account, shared)
        assert place.parent == shared
        assert server_place(closed / "data", account, shared) == place
        assert server_place(closed / "other", account, shared) != place
        found = find_binaries({})
        package = found.bindir.parents[1]
        for folder in (package, package.with_name(f"{package.name}.libs")):  # as an installation under /root has them
            shutil.copytree(folder, closed / folder.name)
        out_of_reach = Binaries(closed / found.bindir.relative_to(package.parent), found.version)
        moved = reachable_binaries(out_of_reach, place, account)
        assert reachable(moved.bindir)
        done = subprocess.run([moved.program("postgres"), "--version"], user="nobody", capture_output=True, text=True)
        assert find_binaries({}).version in done.stdout
    finally:
        subprocess.run(["rm", "-rf", str(shared)], check=True)


@pytest.mark.parametrize(
    ("present", "major", "expected"),
    [
        ((), 18, Plan(initialise=True)),
        ((18,), 18, Plan()),
        ((15,), 18, Plan(upgrade_from=15)),
        ((15, 16), 18, Plan(upgrade_from=16)),
        ((15, 18), 18, Plan(retire=(15,))),  # the switch was interrupted after the new folder got its name
    ],
)
def test_what_is_to_be_done_follows_from_the_folders(
    tmp_path: Path, present: tuple[int, ...], major: int, expected: Plan
) -> None:
    for number in present:
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "PG_VERSION").write_text(f"{number}\n")
    (tmp_path / "init-halfway").mkdir()
    (tmp_path / "old-14-20250101T000000").mkdir()
    assert plan(tmp_path, major) == expected


def test_a_cluster_newer_than_the_programs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "18").mkdir()
    (tmp_path / "18" / "PG_VERSION").write_text("18\n")
    with pytest.raises(ServerTrouble, match="PostgreSQL 18"):
        plan(tmp_path, 15)


@pytest.mark.skipif(not OLD, reason="needs an older PostgreSQL in /usr/lib/postgresql")
def test_a_start_with_a_new_major_version_carries_the_data_over_and_keeps_the_old(data: Path) -> None:
    old = {"BIHUAN_PG_BINDIR": str(OLD[0].bindir)}
    with lease(data, environ=old, settings=FAST) as urls, psycopg.connect(urls.owner, autocommit=True) as conn:
        conn.execute("CREATE TABLE 预算 (项目 text, 金额 numeric(18, 2))")
        conn.execute("INSERT INTO 预算 SELECT '科目' || n, n * 1.01 FROM generate_series(1, 500) AS n")
        conn.execute("GRANT SELECT ON 预算 TO bihuan_app")
    with lease(data, environ={}, settings=FAST) as urls, psycopg.connect(urls.app) as conn:
        assert conn.info.server_version // 10000 == find_binaries({}).major
        row = conn.execute("SELECT count(*), sum(金额)::text FROM 预算").fetchone()
        assert row == (500, "126502.50")  # 1.01 × 500 × 501 / 2
    names = [f.name for f in (data / "postgres").iterdir() if not f.name.startswith("programs")]
    assert sorted(n.split("-2")[0] for n in names) == [str(find_binaries({}).major), f"old-{OLD[0].major}"]


def test_an_external_server_is_used_as_the_applications_role() -> None:
    urls = external("postgresql://owner:p@db/bihuan?sslmode=require")
    assert urls.app == "postgresql://owner:p@db/bihuan?sslmode=require&options=-c%20role%3Dbihuan_app"
    assert external("postgresql://owner@db/x", "postgresql://app@db/x").app == "postgresql://app@db/x"


def test_named_programs_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ServerTrouble, match="BIHUAN_PG_BINDIR"):
        find_binaries({"BIHUAN_PG_BINDIR": str(tmp_path)})
