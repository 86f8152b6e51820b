"""Planning another text of a policy for a day, withdrawing it, and bringing it into force; each once.

Whoever writes under a policy holds its edition from reading it to the commit (`queries.policy`); an activation waits for all of
them and they for it, so the old text holds until the commit that replaces it and nothing falls between.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.control import queries
from bihuan.features.control.editions.recounting import recount
from bihuan.features.control.editions.replacing import Replacing, replacing
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import CannotActivate, NoSuchEdition
from bihuan.features.control.package import rule_json, to_json
from bihuan.features.control.policy import Policy
from bihuan.features.control.simulating.queries import read_draft
from bihuan.kernel.errors import Invalid
from bihuan.store.unit_of_work import Reader, UnitOfWork

TRAIL = "control.activate"


def plan(uow: UnitOfWork, actor: Principal, *, policy: str, text: str, starts_on: date | None, reason: str) -> int:
    """A text is to come into force on a business date, or at once (None); answers its id.

    It is read against the model as it stands, now and once more on its day.
    """
    in_force = queries.glance(uow, policy)
    _require_whole(actor, in_force.policy)
    if not reason.strip():
        raise Invalid("请写明改动的原因。", field="reason")
    if in_force.version_id is None:
        raise CannotActivate(f"控制方案“{policy}”还没有下达预算：直接应用模型包里的方案即可。", policy=policy)
    today = business_date(uow)
    day = starts_on or today
    if day < today:
        raise Invalid(f"启用日 {day} 早于业务日期 {today}，不能追溯。", field="starts_on")
    draft = read_draft(uow, in_force.policy.model, text)
    replacing(in_force.policy, draft)
    if _digest(draft)[1] == _digest(in_force.policy)[1]:
        raise CannotActivate("草稿和现行方案一样，没有可启用的改动。", policy=policy)
    said = {"policy_id": in_force.id, "text": text, "starts_on": day, "reason": reason.strip()}
    edition_id = uow.value("control.edition_plan", **said, author=actor.login, at=uow.now())
    if edition_id is None:
        raise CannotActivate("已有一版计划启用，先撤回它，或等它启用。", policy=policy)
    record(uow, actor, "control.plan_edition", ("policy", policy), None, {"starts_on": str(day)}, reason)
    if starts_on is None:
        activate(uow, actor, edition_id=edition_id, early=True)
    return int(edition_id)


def withdraw(uow: UnitOfWork, actor: Principal, *, edition_id: int, reason: str) -> None:
    """A planned text will not come into force."""
    head = _head(uow, edition_id)
    _require_whole(actor, queries.glance(uow, head["policy"]).policy)
    if not reason.strip():
        raise Invalid("请写明撤回的原因。", field="reason")
    if uow.value("control.edition_withdraw", id=edition_id, actor=actor.login, at=uow.now()) is None:
        raise CannotActivate(
            "这一版已经启用或撤回，不能再撤回；要退回旧规则，请启用写着旧规则的一版。", policy=head["policy"]
        )
    record(uow, actor, "control.withdraw_edition", ("policy", head["policy"]), None, {"edition": edition_id}, reason)


def activate(uow: UnitOfWork, actor: Principal, *, edition_id: int, early: bool = False) -> bool:
    """Brings a planned text into force; False where that was done, withdrawn, or its day has not come and not ``early``.

    One transaction: text, rules, balance rows and what counts in them. Takes the policy's turn before any other lock.
    """
    head = _head(uow, edition_id)
    _require_whole(actor, queries.glance(uow, head["policy"]).policy)
    take_turn(uow, head["policy_id"])
    row = uow.row("control.edition_lock", id=edition_id)
    assert row is not None, "editions are never removed"
    if row["status"] != "planned" or (not early and row["starts_on"] > business_date(uow)):
        return False
    draft = read_draft(uow, head["model"], row["text"])
    bring_in(uow, actor, policy_id=head["policy_id"], edition_id=edition_id, draft=draft, reason=row["reason"])
    return True


def take_turn(uow: UnitOfWork, policy_id: int) -> None:
    """Waits for everybody who writes under a policy, and keeps others out; before any other lock."""
    uow.run("control.edition_turn", id=policy_id)
    uow.run("control.edition_begin", id=policy_id)


def bring_in(uow: UnitOfWork, actor: Principal, *, policy_id: int, edition_id: int, draft: Policy, reason: str) -> None:
    """The text of a planned edition, as read, comes into force. The caller holds the policy's turn."""
    old = queries.policy_by_id(uow, policy_id)
    before = {r["id"]: old.balance(r) for r in uow.rows("control.buckets_all", policy_id=old.id)}
    _replace(uow, actor, old, draft, replacing(old.policy, draft), edition_id)
    moved = recount(uow, actor.login, old, queries.policy_by_id(uow, old.id), before)
    what = {"edition": old.edition + 1, "moved": moved}
    record(uow, actor, TRAIL, ("policy", old.policy.code), {"edition": old.edition}, what, reason)


def due(reader: Reader) -> Sequence[int]:
    """Planned texts whose day has come."""
    return [r["id"] for r in reader.rows("control.editions_due", today=business_date(reader))]


def failed(uow: UnitOfWork, *, edition_id: int, fault: str) -> bool:
    """Notes why a text could not come into force on its day; True where that is news. It is tried again."""
    return bool(uow.run("control.edition_fault", id=edition_id, fault=fault).rowcount)


def _replace(  # noqa: PLR0917
    uow: UnitOfWork, actor: Principal, old: PolicyInForce, draft: Policy, change: Replacing, edition_id: int
) -> None:
    content, digest = _digest(draft)
    at, edition = uow.now(), old.edition + 1
    for rule in change.retired:
        uow.run("control.rule_retire", id=old.rules[rule.code], retired=json.dumps(rule_json(rule), ensure_ascii=False))
    added = [{"policy_id": old.id, "code": r.code, "stages": list(r.stages)} for r in change.added]
    uow.run_many("control.rule_insert", added)
    uow.run("control.policy_replace", id=old.id, digest=digest, content=content, edition=edition)
    uow.run("control.edition_end", policy_id=old.id, actor=actor.login, at=at)
    uow.run("control.edition_start", id=edition_id, edition=edition, content=content, actor=actor.login, at=at)


def _require_whole(actor: Principal, policy: Policy) -> None:
    """A policy holds for everybody under it: who keeps a part of the company does not change it."""
    actor.require("control.policy", model=policy.model)
    for org, parent in policy.trees.parents.get("org", {}).items():
        if not parent:
            actor.require("control.policy", model=policy.model, org=org)


def _digest(policy: Policy) -> tuple[str, str]:
    content = json.dumps(to_json(policy), ensure_ascii=False, sort_keys=True)
    return content, hashlib.sha256(content.encode()).hexdigest()


def _head(reader: Reader, edition_id: int) -> RowMapping:
    row = reader.row("control.edition", id=edition_id)
    if row is None:
        raise NoSuchEdition(edition=edition_id)
    return row
