"""A large forecast is done by the job process, with its progress told; a refusal is kept with the run."""

import pytest
from fastapi.testclient import TestClient
from tests.integration.forecast.conftest import Call

from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.forecast import commands
from bihuan.jobs import forecast as job
from bihuan.jobs.registry import run_now

CODE = "/forecasts/费用预测"


def test_a_large_run_waits_for_the_job_process_and_is_then_done(
    call: Call, app: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "INLINE_MAX", 0)
    monkeypatch.setattr(job, "EVERY_S", 0.0)
    status, run = call("yusuan", "POST", f"{CODE}/runs", {"model": "starter"})
    assert (status, run["state"], run["version"]) == (200, "queued", None)
    assert call("yusuan", "POST", f"{CODE}/runs", {"model": "starter"})[0] == 409  # one at a time
    run_now(app.container, commands.JOB, {"run": run["id"], "login": "yusuan"})  # type: ignore[attr-defined]
    done = call("yusuan", "GET", f"/forecasts/runs/{run['id']}")[1]
    assert (done["state"], done["switchover"], done["author"]) == ("done", "2026-10", "yusuan")
    assert 0 < done["done"] <= done["total"]
    # run again from the start, as after a kill: nothing happens twice
    run_now(app.container, commands.JOB, {"run": run["id"], "login": "yusuan"})  # type: ignore[attr-defined]
    assert call("yusuan", "GET", f"/forecasts/runs/{run['id']}")[1] == done


def test_who_lost_the_right_meanwhile_is_refused_and_the_run_says_so(
    call: Call, app: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "INLINE_MAX", 0)
    run = call("cfo", "POST", f"{CODE}/runs", {"model": "starter"})[1]
    with app.container.database.writing() as uow:  # type: ignore[attr-defined]
        access.assign_roles(uow, system(), login="cfo", assignments=[{"role": "auditor"}])
    run_now(app.container, commands.JOB, {"run": run["id"], "login": "cfo"})  # type: ignore[attr-defined]
    failed = call("yusuan", "GET", f"/forecasts/runs/{run['id']}")[1]
    assert failed["state"] == "failed"
    assert failed["problem"]
