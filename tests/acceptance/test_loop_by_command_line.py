"""The loop of the demo company walked by command line: approve, release, spend, refuse, load, prove, as the tutorial tells it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bihuan import cli
from bihuan.bootstrap import models_folder, opened
from bihuan.demo import load_small_demo
from bihuan.settings import Settings

VOUCHERS = """凭证号,日期,科目编码,部门编码,摘要,借方金额,贷方金额,申请单号
记-1,2026-01-15,660201,FIN,差旅报销,1180.00,,YK-2026-0001
记-1,2026-01-15,1002,FIN,付款,,1180.00,
记-2,2026-01-20,660202,FIN,客户招待,2600.00,,
记-2,2026-01-20,1002,FIN,付款,,2600.00,
记-3,2026-01-22,660299,FIN,不认识的科目,300.00,,
记-3,2026-01-22,1002,FIN,付款,,300.00,
"""


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder with the demo in it, its server stopped again: each command starts it for itself."""
    folder = Path(tempfile.mkdtemp(prefix="bihuan-loop-"))
    folder.chmod(0o755)  # the server's user must reach it
    with opened(Settings(data=folder)) as container:
        load_small_demo(container)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def bihuan(data: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("BIHUAN_DATA", str(data))
    return cli.main(words)


def test_the_loop_by_command_line(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def run(*words: str) -> tuple[int, str, str]:
        status = bihuan(data, monkeypatch, *words)
        out = capsys.readouterr()
        return status, out.out, out.err

    # 电机市场部: submitted by its owner, approved by another, released
    status, listed, _ = run("unit", "list", "starter/预算", "--as", "yusuan")
    unit = next(line.split()[0] for line in listed.splitlines() if " MM " in line)
    assert status == 0
    _, submitted, _ = run("unit", "submit", unit, "--flow", "预算审批", "--as", "bumen")
    task = submitted.split("待办 ")[1].split("：")[0]
    status, _, refused = run("unit", "decide", task, "approve", "--as", "bumen")
    assert status == 1
    assert refused
    status, _, refused = run("unit", "release", "starter/预算", "MM", "--policy", "费用控制", "--as", "yusuan")
    assert (status, "not approved yet" if not refused else "") == (1, "")
    assert run("unit", "decide", task, "approve", "--comment", "同意", "--as", "shenpi")[0] == 0
    status, released, _ = run("unit", "release", "starter/预算", "MM", "--policy", "费用控制", "--as", "yusuan")
    assert status == 0
    assert "已下达" in released

    # FIN, 差旅, January: approved 4,700.00, of which 1,200.00 is held by the demo's first request; 3,500.00 are left
    line = "org=FIN,科目=差旅,period=2026-01,amount={}"
    spend = ("--policy", "费用控制", "--as", "jingban")
    assert run("spend", "request", "YK-2", *spend, line.format("3500.01"))[0] == 1
    status, _, why = run("spend", "request", "YK-3", *spend, line.format("3500.01"))
    assert "可用 3,500.00 = 批复 4,700.00 + 调整 0.00 − 预占 1,200.00" in why
    assert "超出 0.01" in why
    assert run("spend", "request", "YK-4", *spend, line.format("3500.00"))[0] == 0

    # vouchers: one executes its request (20.00 of it stay held), one posts directly beyond its limit, one has an unknown account
    vouchers = tmp_path / "vouchers.csv"
    vouchers.write_text(VOUCHERS, encoding="gb18030")
    assert run("source", "apply", str(models_folder() / "starter" / "sources" / "总账.yaml"))[0] == 0
    status, loaded, _ = run("load", str(vouchers), "--source", "总账")
    assert status == 1, "a line was rejected, and the exit status says so"
    assert "UNMAPPED" in loaded
    _, balances, _ = run("spend", "balances", "--policy", "费用控制", "--window", "2026≤2026-01", "--as", "yusuan")
    travel = balances[balances.index("org FIN") :].splitlines()[1]
    assert "可用 0.00 = 批复 4,700.00 + 调整 0.00 − 预占 3,520.00 − 占用 0.00 − 执行 1,180.00" in travel
    _, balances, _ = run("spend", "balances", "--policy", "费用控制", "--window", "2026-01", "--as", "yusuan")
    entertainment = balances[balances.index("org FIN、科目 招待") :].splitlines()[1]
    assert "可用 -1,000.00 = 批复 1,600.00" in entertainment
    assert run("spend", "reconcile", "--policy", "费用控制", "--as", "yusuan")[0] == 0
