"""The roles a fresh installation has. An assignment limits them further, such as to one organisation and all below it.

``*.read`` is every read action; what approves ends in ``.approve``. tests/contract/permission_matrix.csv says what each may call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Role:
    """A role's code, its name on screen, what it is for, and its grants."""

    code: str
    name: str
    note: str
    allow: Sequence[str]
    deny: Sequence[str] = ()
    scoped: bool = False  # meant to be assigned within limits, such as one's own department

    @property
    def grants(self) -> list[Mapping[str, Any]]:
        """As `access.commands.define_role` takes them."""
        effects = [("allow", a) for a in self.allow] + [("deny", a) for a in self.deny]
        return [{"action": a, "effect": effect, "limits": {}, "totals": False} for effect, a in effects]


_READS = (
    "model.read",
    "plan.read",
    "process.read",
    "entry.read",
    "control.read",
    "forecast.read",
    "monitoring.read",
    "analysis.read",
)
_TALK = ("collaboration.read", "collaboration.comment")  # on what one may see

ROLES: tuple[Role, ...] = (
    Role(
        "budget-admin",
        "预算管理员",
        "管理模型、版本、填报、控制方案和数据装载；不审批，不管账号",
        ("model.*", "plan.*", "process.*", "entry.*", "control.*", "integration.*", "forecast.*", "monitoring.*", "analysis.*",
         "access.read", "setting.*", *_TALK),
        ("*.approve",),
    ),
    Role(
        "department-owner",
        "部门预算负责人",
        "编制和提交本部门预算，为本部门申请用款，查看执行，说明偏差并提出办法",
        (*_READS, *_TALK, "plan.write", "process.submit", "entry.write", "entry.target", "control.request",
         "control.transfer", "monitoring.explain", "monitoring.decide"),
        scoped=True,
    ),
    Role(
        "division-head",
        "事业部负责人",
        "审批本事业部的预算和用款，同意从本事业部调出，说明偏差",
        (*_READS, *_TALK, "process.approve", "entry.target", "control.approve", "control.transfer", "monitoring.explain",
         "monitoring.decide", "monitoring.approve"),
        scoped=True,
    ),
    Role(
        "approver",
        "审批人",
        "审批预算、超预算申请和偏差的处理办法",
        (*_READS, *_TALK, "process.approve", "control.approve", "monitoring.approve"),
    ),
    Role(
        "requester",
        "经办人",
        "提出用款申请，查看自己部门的余额",
        ("model.read", "control.read", "control.request", *_TALK),
        scoped=True,
    ),
    Role(
        "cfo",
        "CFO",
        "看全部，审批，建情景和快照，发布预算",
        ("*.read", "plan.branch", "plan.snapshot", "process.approve", "control.approve", "control.release", "forecast.*",
         "monitoring.*", "analysis.*", "collaboration.comment"),
        ("access.read",),
    ),
    Role(
        "it",
        "IT",
        "管账号、角色、数据接口；装载的凭证入控制台账；看不到预算数字",
        ("access.*", "integration.*", "control.execute", "model.read", "audit.read"),
    ),
    Role("auditor", "审计", "看全部，什么都不能改", ("*.read", "model.export")),
)  # fmt: skip
