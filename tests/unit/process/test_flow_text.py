"""A flow as text: what is right is read and written back the same; everything wrong is said at once."""

import pytest

from bihuan.features.process.flow import Flow, Node, flow_json, flow_of, parse_flow
from bihuan.features.process.revisions import flows_of
from bihuan.kernel.errors import ProblemsFound

ROLES = ("approver", "cfo", "division-head")
RIGHT = """
code: 预算审批
title: 部门预算审批
subject: plan_unit
nodes:
  - {code: 事业部, title: 事业部审批, role: division-head, due_days: 3, nobody: skip}
  - {code: 归口, title: 归口审批, holders: [he, gao], need: all}
  - {code: 总经理, title: CFO 批准, role: cfo, when: 金额 >= 10000000}
"""


def test_a_flow_is_read_with_every_key_and_written_back_the_same() -> None:
    flow = parse_flow(RIGHT, file="flows/预算审批.yaml", roles=ROLES)
    assert flow == Flow(
        "预算审批",
        "部门预算审批",
        (
            Node("事业部", "事业部审批", role="division-head", due_days=3, nobody="skip"),
            Node("归口", "归口审批", ("he", "gao"), need="all"),
            Node("总经理", "CFO 批准", role="cfo", when="金额 >= 10000000"),
        ),
        "plan_unit",
    )
    assert flow_of(flow_json(flow)) == flow


def test_a_definition_kept_before_the_newer_keys_reads_with_their_usual_values() -> None:
    kept = {
        "code": "a",
        "title": "A",
        "nodes": [{"code": "x", "title": "X", "holders": [], "role": "cfo", "due_days": None}],
    }
    assert flow_of(kept).nodes == (Node("x", "X", role="cfo"),)


WRONG = """
code: 坏流
colour: red
nodes:
  - {code: 甲, role: approver, holders: [he]}
  - {code: 乙, due_days: soon}
  - {code: 乙, role: nobody-knows, need: most, nobody: pray, when: 金额 >=}
  - {title: 丁, role: cfo, when: "SUM(金额) > 1", color: blue}
"""


def test_every_problem_is_told_at_once_with_file_found_and_expected() -> None:
    with pytest.raises(ProblemsFound) as caught:
        parse_flow(WRONG, file="flows/坏流.yaml", roles=ROLES)
    problems = caught.value.problems
    assert {p.file for p in problems} == {"flows/坏流.yaml"}
    assert all(p.found and p.expected for p in problems)
    said = "\n".join(p.found for p in problems)
    for part in (
        "colour",
        "节点 甲: role 和 holders 都有",
        "节点 乙: role 和 holders 都没有",
        "due_days: soon",
        "role: nobody-knows",
        "need: most",
        "nobody: pray",
        "when: 金额 >=",
        "when: SUM(金额) > 1",
        "color",
        "nodes.code: 乙",
    ):
        assert part in said, part


@pytest.mark.parametrize("text", ["- 1", "code: a", "code: a\nnodes: []", "code: a\nnodes: 甲", "{"])
def test_what_is_no_flow_is_refused(text: str) -> None:
    with pytest.raises(ProblemsFound):
        parse_flow(text, file="flows/a.yaml")


def test_a_package_tells_the_problems_of_all_its_flows_and_a_code_used_twice() -> None:
    files = {"flows/a.yaml": RIGHT, "flows/b.yaml": RIGHT, "flows/c.yaml": "code: c", "cubes/x.yaml": "not a flow"}
    with pytest.raises(ProblemsFound) as caught:
        flows_of(files, ROLES)
    assert [p.file for p in caught.value.problems] == ["flows/b.yaml", "flows/c.yaml"]
    assert [f.code for f in flows_of({"flows/a.yaml": RIGHT}, ROLES)] == ["预算审批"]


def test_a_flow_may_say_what_it_is_for_and_only_what_there_is() -> None:
    assert parse_flow(RIGHT, file="f", subjects=("document", "plan_unit")).code == "预算审批"
    with pytest.raises(ProblemsFound) as caught:
        parse_flow(RIGHT, file="f", subjects=("document",))
    (problem,) = caught.value.problems
    assert (problem.found, problem.expected) == ("subject: plan_unit", "document")
