"""Which rules of a policy speak of a place, and why the others do not. Pure.

What matches is exactly what `Policy.touched` counts; here every rule of the policy has an answer, in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bihuan.features.control.policy import BucketKey, Coordinate, Policy, Rule, shown_key
from bihuan.features.control.windows import spoken

Why = Literal["matched", "elsewhere", "outside", "exempt"]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A rule's answer to a place. ``keys``: the balance rows it counts in, none unless it matches.

    ``why``: elsewhere, a member is not among those the rule is for; outside, none of its windows has the period; exempt, the
    place, or documents of this kind there, are not controlled at all. ``text``: the same in words, naming only the place itself.
    """

    rule: Rule
    why: Why
    text: str
    keys: tuple[BucketKey, ...] = ()

    @property
    def matched(self) -> bool:
        return self.why == "matched"


def weigh(policy: Policy, coordinate: Coordinate, period: str, kind: str = "") -> list[Weighed]:
    """Every rule of the policy, in its order. Raises `UnresolvableKey` for a place the policy does not know."""
    policy.calendar.year_of(period)
    exemption = policy.exemption(coordinate, kind)
    paths = {d: policy.trees.path(d, coordinate.get(d)) for d in sorted(policy.dimensions)}
    if exemption is not None:
        return [Weighed(rule, "exempt", f"免控“{exemption.title}”：这里不控制。") for rule in policy.rules]
    return [_weighed(policy, rule, paths, period) for rule in policy.rules]


def _weighed(policy: Policy, rule: Rule, paths: Mapping[str, tuple[str, ...]], period: str) -> Weighed:
    for dimension, members in rule.where.items():
        if not set(members) & set(paths[dimension]):
            return Weighed(rule, "elsewhere", f"{dimension} {paths[dimension][-1]} 不在这条规则管的范围之内。")
    windows = rule.windows(policy.calendar, period)
    if not windows:
        return Weighed(rule, "outside", f"期间 {period} 不在这条规则的期间之内。")
    key = rule.key(paths)
    filters = [f"{d} {paths[d][-1]} 在它管的范围之内" for d in rule.where]
    many = f"{len(windows)} 个窗口都要够，从 {spoken(windows[0])} 到 {spoken(windows[-1])}"
    parts = [*filters, f"按 {shown_key(key)} 合计", many if len(windows) > 1 else f"窗口 {spoken(windows[0])}"]
    return Weighed(rule, "matched", "；".join(parts) + "。", tuple(BucketKey(rule.code, key, w) for w in windows))
