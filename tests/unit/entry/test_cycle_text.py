"""Reading cycles/*.yaml: what it says, and every mistake at once with place, found and expected."""

from datetime import date
from pathlib import Path

import pytest
from tests.integration.entry.season import CYCLE, PACKAGE
from tests.models import write

from bihuan.engine.compiled import CompiledModel
from bihuan.features.entry.cycle import carrier, from_json, to_json, unit_orgs
from bihuan.features.entry.cycle_text import read_templates
from bihuan.features.modelling.package import read_package
from bihuan.kernel.errors import ProblemsFound


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> CompiledModel:
    return read_package(write(Path(tmp_path_factory.mktemp("group")), PACKAGE)).model


def read(model: CompiledModel, text: str) -> object:
    return read_templates(model, {"cycles/x.yaml": text})


def test_a_template_says_version_units_rounds_targets_and_survives_being_kept(model: CompiledModel) -> None:
    (template,) = read_templates(model, {"cycles/x.yaml": CYCLE}).values()
    assert (template.version, template.role, template.rounds[0].code) == ("2027预算", "预算", "一上")
    assert template.targets is not None
    assert template.targets.keys == ("差旅费", "培训费")
    assert template.compare[0].year == 2026
    dated = template.dated(date(2026, 10, 31))
    assert [r.due for r in dated.rounds] == ["2026-11-15", "2026-12-15"]
    assert from_json(to_json(dated)) == dated


@pytest.mark.parametrize(
    ("units", "orgs"),
    [
        ("{level: 2}", ["A1", "A2", "B1", "B2"]),
        ("{level: 1}", ["A", "B"]),
        ("{level: 0}", ["G"]),
        ("{leaves: yes}", ["A1", "A2", "B1", "B2"]),
        ("{leaves: yes, own: yes}", ["G.本级", "A.本级", "A1", "A2", "B.本级", "B1", "B2"]),
        ("{where: {类型: 前台}}", ["A1", "B1"]),
        ("{where: {类型: [前台, 后台]}, under: B}", ["B1", "B2"]),
        ("{leaves: yes, except: [A2]}", ["A1", "B1", "B2"]),
    ],
)
def test_which_organisations_plan(model: CompiledModel, units: str, orgs: list[str]) -> None:
    (template,) = read_templates(model, {"cycles/x.yaml": CYCLE.replace("{level: 2}", units)}).values()
    assert unit_orgs(model, template.units) == orgs


def test_a_key_item_is_carried_by_itself_or_its_first_leaf(model: CompiledModel) -> None:
    assert [carrier(model, "科目", key) for key in ("培训费", "差旅费")] == ["培训费", "国内"]


@pytest.mark.parametrize(
    ("old", "new", "code", "found"),
    [
        ("fiscal_year: 2027", "fiscal_year: 2031", "unknown_year", "2031"),
        ("role: 预算", "role: 预测", "unknown_name", "预测"),
        ("{level: 2}", "{level: 7, under: Z}", "unknown_name", "Z"),
        ("{level: 2}", "{where: {职能: x}}", "unknown_name", "职能"),
        ("{level: 2}", "{}", "missing_key", ""),
        ("due: 2026-11-15", "due: 下周", "bad_value", "下周"),
        ("item: 目标!目标", "item: 目标!指标", "unknown_name", "目标!指标"),
        ("keys: [差旅费, 培训费]", "keys: [差旅费, 国内]", "bad_value", "一组值"),
        ("keys: [差旅费, 培训费]", "keys: [差旅]", "unknown_name", "差旅"),
        ("by: 科目", "by: 科木", "unknown_name", "科木"),
        ("title: 2027", "标题: 2027", "unknown_key", "标题"),
        ("version: {code: 2027预算, role: 预算}", "version: {role: 预算}", "missing_key", ""),
    ],
)
def test_a_mistake_is_named_with_its_place(model: CompiledModel, old: str, new: str, code: str, found: str) -> None:
    assert old in CYCLE
    with pytest.raises(ProblemsFound) as caught:
        read(model, CYCLE.replace(old, new, 1))
    problem = caught.value.problems[0]
    assert (problem.code, problem.file) == (code, "cycles/x.yaml")
    assert problem.line > 0
    assert found in problem.found


def test_all_mistakes_of_all_files_come_at_once(model: CompiledModel) -> None:
    bad = CYCLE.replace("item: 目标!目标", "item: x!y").replace("fiscal_year: 2027", "fiscal_year: 1999")
    with pytest.raises(ProblemsFound) as caught:
        read_templates(model, {"cycles/a.yaml": bad, "cycles/b.yaml": "[", "cubes/c.yaml": "not: read"})
    assert {p.file for p in caught.value.problems} == {"cycles/a.yaml", "cycles/b.yaml"}
    assert len(caught.value.problems) >= 3
