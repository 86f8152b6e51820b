"""After fifty kills of the supervisor, PostgreSQL, web workers and the job process: nothing acknowledged is lost, nothing is
half there, the books agree, and a backup gives the same again."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.faults.clients import ACCOUNTS, MONTHS, ORGS, SPENT, Attempt, Loader, Requester, Saver
from tests.faults.conftest import KILLS, SHARES, Aftermath

pytestmark = pytest.mark.faults

POLICY = "费用控制"


def savers(aftermath: Aftermath) -> Iterator[Saver]:
    return (c for c in aftermath.clients if isinstance(c, Saver))


def requests(aftermath: Aftermath) -> list[Attempt]:
    return [a for c in aftermath.of(Requester) for a in c.attempts]


def loader(aftermath: Aftermath) -> Loader:
    return next(c for c in aftermath.clients if isinstance(c, Loader))


@pytest.fixture(scope="module")
def histories(aftermath: Aftermath) -> dict[tuple[str, str, str], dict[str, int]]:
    """For each edited cell: value -> the seq at which it was put there."""
    return {
        (saver.org, account, period): {e["after"]: e["seq"] for e in saver.history(account, period)}
        for saver in savers(aftermath)
        for account in ACCOUNTS
        for period in MONTHS[:3]
    }


def places_of(saver: Saver, attempt: Attempt, histories: dict[Any, dict[str, int]]) -> list[int | None]:
    """The seq under which each cell of a save got its value; None where it did not."""
    return [
        histories[saver.org, account, period].get(attempt.asked["value"]) for account, period in attempt.asked["places"]
    ]


def test_every_role_was_killed_and_the_service_came_back_each_time(aftermath: Aftermath) -> None:
    dozen = sum(SHARES.values())
    assert sum(aftermath.kills.values()) == KILLS >= 50
    assert all(aftermath.kills[role] >= KILLS // dozen * share for role, share in SHARES.items())
    for role, times in aftermath.downtime.items():
        print(f"{role}: up again after {sum(times) / len(times):.1f} s on average, {max(times):.1f} s at most")


def test_the_kills_met_real_work(aftermath: Aftermath) -> None:
    for client in aftermath.clients:
        counts = Counter(a.outcome for a in client.attempts)
        print(client.name, dict(counts))
        assert counts["acknowledged"] >= 20, client.name
    assert sum(len(c.of("unknown")) for c in aftermath.clients) >= 5, "no request was ever cut off"


def test_no_process_outlived_a_killed_supervisor(aftermath: Aftermath) -> None:
    assert aftermath.orphans == []


def test_every_acknowledged_save_is_read_back_whole_under_its_number(
    aftermath: Aftermath, histories: dict[Any, dict[str, int]]
) -> None:
    wrong = [
        (a.asked, a.body["seq"], places_of(s, a, histories))
        for s in savers(aftermath)
        for a in s.of("acknowledged")
        if places_of(s, a, histories) != [a.body["seq"]] * 3
    ]
    assert wrong == []


def test_every_unacknowledged_save_is_wholly_there_or_wholly_absent(
    aftermath: Aftermath, histories: dict[Any, dict[str, int]]
) -> None:
    for saver in savers(aftermath):
        for attempt in saver.of("unknown"):
            assert len(set(places_of(saver, attempt, histories))) == 1, attempt


def test_a_refused_save_left_nothing(aftermath: Aftermath, histories: dict[Any, dict[str, int]]) -> None:
    for saver in savers(aftermath):
        for attempt in saver.of("refused"):
            assert places_of(saver, attempt, histories) == [None] * 3, attempt


def test_the_log_of_a_version_has_no_gap(aftermath: Aftermath) -> None:
    for version, head, first, last, count in aftermath.sql(
        "SELECT h.version_id, h.seq, min(l.seq), max(l.seq), count(DISTINCT l.seq) FROM plan_head h"
        " JOIN plan_log l USING (version_id) GROUP BY 1, 2"
    ):
        assert (last, count) == (head, last - first + 1), f"version {version}"  # type: ignore[operator]


def test_every_acknowledged_request_is_read_back_with_its_lines_and_entries(aftermath: Aftermath) -> None:
    for attempt in [a for a in requests(aftermath) if a.outcome == "acknowledged"]:
        found = aftermath.admin.surely("GET", f"/spend/requests/{attempt.body['document_id']}")
        asked = {(line["coordinate"]["科目"], line["period"], line["amount"]) for line in attempt.asked["lines"]}
        assert {(x["coordinate"]["科目"], x["period"], x["amount"]) for x in found["lines"]} == asked
        held = sum(Decimal(e["amount"]) for e in found["entries"] if e["kind"] == "reserve")
        assert held == sum(Decimal(line["amount"]) for line in attempt.asked["lines"]), attempt.key


def test_every_other_request_is_wholly_there_or_wholly_absent(aftermath: Aftermath) -> None:
    rows = aftermath.sql(
        "SELECT d.number, (SELECT count(*) FROM document_line l WHERE l.document_id = d.id),"
        " (SELECT coalesce(sum(e.amount), 0) FROM ledger_entry e WHERE e.document_id = d.id AND e.kind = 'reserve'),"
        " (SELECT sum(l.amount) FROM document_line l WHERE l.document_id = d.id) FROM document d"
    )
    stored = {number: rest for number, *rest in rows}
    for attempt in requests(aftermath):
        if attempt.outcome == "refused":
            assert attempt.key not in stored
        elif attempt.key in stored:
            lines, reserved, asked = stored[attempt.key]
            assert (lines, reserved) == (2, asked), attempt.key
    assert len(stored) == len(rows), "a number was given twice"


def test_every_acknowledged_publication_counts_and_the_others_do_so_wholly_or_not_at_all(aftermath: Aftermath) -> None:
    states = {
        name: (state, rows)
        for name, state, rows in aftermath.sql(
            "SELECT b.file_name, b.state, (SELECT coalesce(sum(m.rows), 0) FROM warehouse_manifest m WHERE m.batch_id = b.id)"
            " FROM load_batch b"
        )
    }
    for attempt in loader(aftermath).published:
        state, rows = states[attempt.key]
        assert (attempt.outcome != "acknowledged") or state == "published", attempt
        assert bool(rows) == (state == "published"), (attempt, rows)


def test_actuals_in_the_plan_are_the_sum_of_the_published_files(aftermath: Aftermath) -> None:
    published = {n for (n,) in aftermath.sql("SELECT file_name FROM load_batch WHERE state = 'published'")}
    expected: Counter[tuple[str, str, str]] = Counter()
    for attempt in loader(aftermath).attempts:
        if attempt.asked["file"] in published:
            for org, account, period, amount in attempt.asked["lines"]:
                expected[org, account, period] += amount
    versions = aftermath.admin.surely("GET", "/plan/versions", params={"model": "starter"})["versions"]
    actual = next(v["id"] for v in versions if v["role"] == "实际" or v["code"] == "实际")
    found: Counter[tuple[str, str, str]] = Counter()
    for account in SPENT:
        body = {
            "version": actual, "cube": "费用", "items": ["金额"], "rows": {"dim": "org", "members": list(ORGS)},
            "fixed": {"科目": account}, "columns": MONTHS[3:6],
        }  # fmt: skip
        slice_ = aftermath.admin.surely("POST", "/plan/query", json=body)
        for row, cells in zip(slice_["rows"], slice_["cells"], strict=True):
            for column, cell in zip(slice_["columns"], cells, strict=True):
                if cell["v"] is not None:
                    found[row["members"]["org"], account, column["code"]] += Decimal(cell["v"])  # type: ignore[assignment]
    assert expected
    assert {k: Decimal(v) for k, v in found.items() if v} == {k: Decimal(v) for k, v in expected.items()}


def test_counters_are_the_ledger_and_the_ledger_is_the_plan(aftermath: Aftermath) -> None:
    assert aftermath.admin.surely("GET", "/control/reconcile", params={"policy": POLICY}) == []


def test_the_files_on_disk_are_those_the_manifest_names(aftermath: Aftermath) -> None:
    command = (
        "from bihuan.bootstrap import opened; from bihuan.settings import from_environment;"
        "from bihuan.jobs.registry import run_now\n"
        "with opened(from_environment()) as c: run_now(c, 'warehouse.sweep')"
    )
    env = {**aftermath.service.env, "BIHUAN_DATA": str(aftermath.service.data)}
    subprocess.run([sys.executable, "-c", command], env=env, check=True, timeout=120)
    named = {
        h + (".parquet" if kind == "parquet" else "")
        for h, kind in aftermath.sql("SELECT hash, kind FROM warehouse_file")
    }  # type: ignore[operator]
    assert {p.name for p in (aftermath.service.data / "warehouse").iterdir()} == named
    assert named


def test_a_backup_restored_elsewhere_has_the_same_digest(aftermath: Aftermath) -> None:
    again = Path(f"{aftermath.service.data}-again")
    file = Path(f"{aftermath.service.data}.bak")
    try:
        said = bihuan(aftermath, "backup", str(file), "--data", str(aftermath.service.data))
        bihuan(aftermath, "restore", str(file), "--data", str(again))
        digests = [bihuan(aftermath, "digest", "--data", str(d)).split()[-1] for d in (aftermath.service.data, again)]
        assert digests[0] == digests[1] == said.split()[-1]
    finally:
        subprocess.run(["rm", "-rf", str(again), str(file)], check=True)


def bihuan(aftermath: Aftermath, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bihuan", *arguments],
        env=aftermath.service.env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
