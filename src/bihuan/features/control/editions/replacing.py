"""What another text of a policy changes for its ledger, and what it may not change. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bihuan.features.control.model import CannotActivate
from bihuan.features.control.policy import Policy, Rule


@dataclass(frozen=True, slots=True)
class Replacing:
    """Rules by code. ``retired``: of the old text, whose rows are counted no longer; ``added``: of the new, whose rows are opened.

    A rule that counts otherwise than before is both. What counts as before keeps its rows, whatever its limits are now.
    """

    retired: tuple[Rule, ...]
    added: tuple[Rule, ...]


def replacing(old: Policy, new: Policy) -> Replacing:
    """The rules that leave and those that come; refuses what an activation cannot change."""
    if faults := list(_faults(old, new)):
        raise CannotActivate("；".join(faults) + "。", policy=old.code)
    was, now = ({rule.code: rule for rule in policy.rules} for policy in (old, new))
    retired = [rule for code, rule in was.items() if code not in now or not counts_alike(rule, now[code])]
    added = [rule for code, rule in now.items() if code not in was or not counts_alike(was[code], rule)]
    return Replacing(tuple(retired), tuple(added))


def counts_alike(one: Rule, other: Rule) -> bool:
    """True where two texts of a rule put the same amounts on the same balance rows."""
    return _counting(one) == _counting(other)


def _counting(rule: Rule) -> tuple[object, ...]:
    where = {d: set(m) for d, m in rule.where.items()}
    return dict(rule.by), where, rule.pools, rule.window, rule.extent, set(rule.stages), rule.linked is None


def _faults(old: Policy, new: Policy) -> Iterator[str]:
    if new.code != old.code:
        yield f"编码是“{new.code}”，这个方案是“{old.code}”：改编码等于另建方案，请为新版本另建"
    if new.model != old.model:
        yield f"预算模型是“{new.model}”，这个方案属于“{old.model}”：另一个模型请另建方案"
    if set(new.items) != set(old.items):
        changed = "、".join(sorted(set(new.items) ^ set(old.items)))
        yield f"受控指标变了（{changed}）：预算按指标释放，指标不能在启用时增减，请在下一个版本另建方案"
    if new.issue != old.issue:
        yield "分期下达变了：未到期的预算按释放时的办法扣着，请在下一个版本改"
