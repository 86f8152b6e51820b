"""Flow definitions as values, as text in a package, and as they are kept. Pure.

A file ``flows/*.yaml`` of a model package::

    code: 预算审批
    title: 部门预算审批
    subject: plan_unit      # what it is for, where a package has several
    nodes:
      - {code: 事业部, title: 事业部审批, role: division-head, due_days: 3, nobody: skip}
      - {code: 归口, title: 归口审批, holders: [hejing, gaoyuan], need: all}
      - {code: 总经理, title: CFO 批准, role: cfo, when: 金额 >= 10000000}
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from bihuan.features.modelling.plain_yaml import plain_yaml
from bihuan.features.process.condition import Condition, read_condition
from bihuan.kernel.errors import Invalid, Problem, ProblemsFound

Need = Literal["any", "all"]
Nobody = Literal["refuse", "skip"]
_FLOW_KEYS = {"code", "title", "subject", "nodes"}
_NODE_KEYS = {"code", "title", "holders", "role", "due_days", "need", "when", "nobody"}


@dataclass(frozen=True, slots=True)
class Node:
    """One step: named ``holders`` (logins), or whoever holds ``role`` for the subject's place and may approve there.

    ``need`` any: one of them decides; all: each must agree, and one who does not agree decides. ``when``: the step happens
    only if this holds for the subject (see `condition`). ``nobody``: with nobody to decide, the submission is refused or
    the step is passed over and written down. ``due_days``: how long a turn may take.
    """

    code: str
    title: str
    holders: tuple[str, ...] = ()
    role: str = ""
    due_days: int | None = None
    need: Need = "any"
    when: str = ""
    nobody: Nobody = "refuse"

    @property
    def condition(self) -> Condition | None:
        """``when`` parsed; None = always."""
        return read_condition(self.when) if self.when else None


@dataclass(frozen=True, slots=True)
class Flow:
    """Approval steps in order. ``subject``: the kind it is for, "" = any."""

    code: str
    title: str
    nodes: tuple[Node, ...]
    subject: str = ""

    def __post_init__(self) -> None:
        if not self.nodes:
            raise Invalid(f"审批流“{self.title}”没有节点。", flow=self.code)
        for node in self.nodes:
            if bool(node.holders) == bool(node.role):
                raise Invalid(f"节点“{node.title}”须指定人员或角色之一。", flow=self.code, node=node.code)

    def index(self, node: str) -> int | None:
        """Where a node stands, by its code."""
        return next((i for i, n in enumerate(self.nodes) if n.code == node), None)


def flow_json(flow: Flow) -> dict[str, Any]:
    """A flow as it is kept; what has its default is left out."""
    kind = {"subject": flow.subject} if flow.subject else {}
    return {"code": flow.code, "title": flow.title, **kind, "nodes": [_node_json(n) for n in flow.nodes]}


def _node_json(node: Node) -> dict[str, Any]:
    said = {"code": node.code, "title": node.title, "holders": list(node.holders), "role": node.role}
    more = {"need": (node.need, "any"), "when": (node.when, ""), "nobody": (node.nobody, "refuse")}
    return {**said, "due_days": node.due_days, **{k: v for k, (v, usual) in more.items() if v != usual}}


def flow_of(definition: Mapping[str, Any]) -> Flow:
    """The inverse of `flow_json`; keys that are absent take their defaults. Raises `ProblemsFound` like `read_flow`."""
    return read_flow(definition, file=str(definition.get("code") or "flow"))


def parse_flow(
    text: str, *, file: str, roles: Collection[str] | None = None, subjects: Collection[str] | None = None
) -> Flow:
    """A file of a package; scalars are read as text. ``subjects``: the kinds that ``subject`` may name, when they are known."""
    content = plain_yaml(text, file)
    if not isinstance(content, dict):
        raise ProblemsFound([Problem("bad_flow", file, found=type(content).__name__, expected="code, title, nodes")])
    kind = content.get("subject")
    if kind is not None and subjects is not None and kind not in subjects:
        expected = "、".join(sorted(subjects))
        raise ProblemsFound([Problem("bad_flow", file, found=f"subject: {kind}", expected=expected)])
    return read_flow(content, file=file, roles=roles)


def read_flow(content: Mapping[str, Any], *, file: str, roles: Collection[str] | None = None) -> Flow:
    """A parsed flow; every problem at once. ``roles``: the codes that exist, when they are known."""
    problems: list[Problem] = []

    def bad(where: str, found: object, expected: str) -> None:
        problems.append(Problem("bad_flow", file, found=f"{where}: {found}", expected=expected))

    for unknown in sorted(content.keys() - _FLOW_KEYS):
        bad("审批流", unknown, "、".join(sorted(_FLOW_KEYS)))
    code = str(content.get("code") or "")
    if not code:
        bad("code", "没有", "审批流代码")
    raw = content.get("nodes") or []
    if not isinstance(raw, list) or not raw or not all(isinstance(n, Mapping) for n in raw):
        bad("nodes", "没有节点" if not raw else "不是节点列表", "至少一个节点 {code, title, role 或 holders}")
        raise ProblemsFound(problems)
    nodes = [_node(n, i, bad, roles) for i, n in enumerate(raw, 1)]
    for name in ("code", "title"):
        said = [getattr(n, name) for n in nodes]
        for twice in sorted({s for s in said if said.count(s) > 1}):
            bad(f"nodes.{name}", twice, "每个节点不同")
    if problems:
        raise ProblemsFound(problems)
    return Flow(code, str(content.get("title") or code), tuple(nodes), str(content.get("subject") or ""))


def _node(raw: Mapping[str, Any], number: int, bad: Any, roles: Collection[str] | None) -> Node:
    code = str(raw.get("code") or raw.get("title") or "")
    where = f"节点 {code or number}"
    if not code:
        bad(where, "没有 code", "节点代码")
    for unknown in sorted(raw.keys() - _NODE_KEYS):
        bad(where, unknown, "、".join(sorted(_NODE_KEYS)))
    holders, role = raw.get("holders") or (), str(raw.get("role") or "")
    if isinstance(holders, str) or not all(isinstance(h, str) for h in holders):
        bad(f"{where} holders", holders, "账号列表，如 [linjing]")
        holders = ()
    elif bool(holders) == bool(role):
        bad(where, "role 和 holders 都有" if role else "role 和 holders 都没有", "role 或 holders 之一")
    if role and roles is not None and role not in roles:
        bad(f"{where} role", role, "、".join(sorted(roles)))
    need, nobody = raw.get("need") or "any", raw.get("nobody") or "refuse"
    if need not in get_args(Need):
        bad(f"{where} need", need, "any 或 all")
    if nobody not in get_args(Nobody):
        bad(f"{where} nobody", nobody, "refuse 或 skip")
    when = str(raw.get("when") or "")
    if when:
        try:
            read_condition(when)
        except Invalid as fault:
            bad(f"{where} when", when, str(fault))
    return Node(
        code,
        str(raw.get("title") or code),
        tuple(holders),
        role,
        _days(raw.get("due_days"), where, bad),
        cast(Need, need),
        when,
        cast(Nobody, nobody),
    )


def _days(said: object, where: str, bad: Any) -> int | None:
    if said in (None, ""):
        return None
    if not str(said).isdecimal() or not 0 < int(str(said)) <= 366:
        bad(f"{where} due_days", said, "1 到 366 的整数")
        return None
    return int(str(said))
