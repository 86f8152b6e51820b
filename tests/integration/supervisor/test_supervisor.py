"""The service comes up, survives the death of each part, and leaves nothing behind."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.support.service import Service, wait_until

from bihuan.store.embedded.process import ProcessId


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    held = Service()
    try:
        yield held.start()
    finally:
        held.remove()


@pytest.mark.parametrize("role", ["web", "jobs", "postgres"])
def test_a_killed_child_is_started_again(service: Service, role: str) -> None:
    killed = service.kill(role)
    wait_until(lambda: killed not in service.running().values(), 20, f"{role} replaced\n{service.said()}")
    wait_until(service.healthy, 20, f"healthy again after {role}\n{service.said()}")


def test_a_second_supervisor_is_refused_and_names_the_first(service: Service) -> None:
    command = [sys.executable, "-m", "bihuan", "serve", "--data", str(service.data), "--port", "1"]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert f"已在运行：{service.url}" in second.stderr


def test_a_command_line_run_uses_the_running_server(service: Service) -> None:
    command = [sys.executable, "-m", "bihuan", "migrate", "--data", str(service.data)]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    assert service.healthy()


def test_a_taken_port_is_named(service: Service) -> None:
    other = service.data.with_name(service.data.name + "-other")
    command = [sys.executable, "-m", "bihuan", "serve", "--data", str(other), "--port", str(service.port)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (second.returncode, f":{service.port} 不能用" in second.stderr) == (1, True)
    subprocess.run(["rm", "-rf", str(other)], check=True)


def test_killing_the_supervisor_ends_every_child_and_the_next_start_is_quick(service: Service) -> None:
    service.kill("supervisor")
    wait_until(lambda: not service.left(), 10, "no orphan left")
    service.start(ready_s=40)
    assert service.healthy()


def test_ctrl_c_stops_everything_in_order(service: Service) -> None:
    assert service.stop(signal.SIGINT) == 0
    assert service.left() == []
    assert "正在停止" in service.said()
    assert not (service.data / "run.json").exists()


def test_a_reused_process_id_is_not_the_same_process() -> None:
    child = subprocess.Popen(["sleep", "30"])
    now = ProcessId.of(child.pid)
    assert now.alive()
    assert not ProcessId(child.pid, now.started - 1).alive()
    assert now.stop((signal.SIGTERM, 5))  # a zombie counts as gone
    child.wait()
