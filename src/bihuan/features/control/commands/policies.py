"""Writing a policy revision."""

import hashlib
import json

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.control import queries
from bihuan.features.control.from_model import policies_of
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import AlreadyReleased
from bihuan.features.control.package import to_json
from bihuan.features.control.policy import Policy
from bihuan.store.unit_of_work import UnitOfWork


def put_policy(uow: UnitOfWork, actor: Principal, policy: Policy) -> PolicyInForce:
    """Makes ``policy`` the revision in force; the same text again changes nothing.

    A released policy is not replaced here: its balance rows and documents were made under its rules, and another edition of it
    is activated (editions/).
    """
    actor.require("control.policy")
    uow.run("control.policy_lock", code=policy.code)
    content = json.dumps(to_json(policy), ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    old = uow.row("control.policy_in_force", code=policy.code)
    if old is not None and old["digest"] == digest:
        return queries.policy(uow, policy.code)
    if old is not None and old["version_id"] is not None:
        message = f"控制方案“{policy.code}”已下达预算，规则要按日期启用：在“控制模拟”里写好改动，再计划启用。"
        raise AlreadyReleased(message, policy=policy.code, version=old["version_id"])
    policy_id = uow.value("control.policy_insert", code=policy.code, digest=digest, content=content)
    uow.run_many(
        "control.rule_insert",
        [{"policy_id": policy_id, "code": r.code, "stages": list(r.stages)} for r in policy.rules],
    )
    uow.run("control.edition_origin", policy_id=policy_id, today=business_date(uow), author=actor.login, at=uow.now())
    record(uow, actor, "control.policy", ("policy", policy.code), old and old["digest"], digest)
    return queries.policy(uow, policy.code)


def apply_policies(uow: UnitOfWork, actor: Principal, *, model: str) -> list[PolicyInForce]:
    """Brings the policies of a model's applied package into force."""
    actor.require("control.policy", model=model)
    return [put_policy(uow, actor, policy) for policy in policies_of(uow, model)]
