"""``bihuan model check`` reads everything that an apply reads: also what stands beside the model."""

import shutil
from pathlib import Path

import pytest

from bihuan.cli import main

MODELS = Path(__file__).parents[3] / "models"


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("forms/10部门费用.yaml", ("items: [金额]", "items: [金饿]"), "是不是“金额”"),
        ("checks/费用.yaml", ("kind: 强制", "kind: 强迫"), "强制、核实、提示"),
        ("cycles/2027年度预算.yaml", ("cycle:", "cicle:"), "cicle"),
        ("flows/部门预算审批.yaml", ("code:", "cod:"), "cod"),
        ("policies/集团费用控制.yaml", ("window: cumulative", "window: cumulated"), "cumulated"),
        ("alerts/费用预警.yaml", ("item:", "itme:"), "费用预警.yaml:4: 写的是 累计超预算 : itme；应为"),
        ("sources/集团总账.yaml", ("model: qiming", "model: 别家"), "别家"),
        (
            "alerts/费用预警.yaml",
            ("item:", "itme:"),
            "费用预警.yaml:2: 写的是 累计超预算 item: 没有写；应为 预算表!指标",
        ),
        ("alerts/费用预警.yaml", ("费用!金额", "费用!金饿"), "费用预警.yaml:4: "),
        ("alerts/费用预警.yaml", ("费用!金额", "费用!金饿"), "是不是“费用!金额”"),
        (
            "forecasts/费用预测.yaml",
            ("method: auto", "method: 自动"),
            "费用预测.yaml:9: 写的是 method: 自动；应为 auto、",
        ),
        ("forecasts/费用预测.yaml", ("费用!金额", "费用!金饿"), "费用预测.yaml:4: "),
    ],
)
def test_a_wrong_text_beside_the_model_is_reported_with_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, change: tuple[str, str], says: str
) -> None:
    folder = tmp_path / "qiming"
    shutil.copytree(MODELS / "qiming", folder)
    path = folder / file
    text = path.read_text("utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change, 1), "utf-8")
    assert main(["model", "check", str(folder)]) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith(file)]
    assert any(says in line for line in told), told


def test_shipped_packages_have_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    for folder in sorted(MODELS.iterdir()):
        assert main(["model", "check", str(folder)]) == 0, capsys.readouterr().out
