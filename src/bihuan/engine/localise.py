"""A model as one version sees it: what names the version's own role reads the version itself."""

from collections.abc import Collection
from dataclasses import fields, replace
from typing import Any

from bihuan.engine.compiled import CompiledItem, CompiledModel, Total
from bihuan.engine.formula.bound import Node, Read, Rule


def localised(model: CompiledModel, own: Collection[str]) -> CompiledModel:
    """``model`` where reads of the roles ``own`` are reads of the version the formula runs in; made once per set of roles.

    ``model`` may itself be a localised one: the answer is the original's for ``own``.
    """
    roles, known = frozenset(own), model.localised
    if roles not in known:
        original = known[frozenset()]
        made = replace(original, items={ref: _item(item, roles) for ref, item in original.items.items()})
        made.__dict__["localised"] = known  # one table for all: where a cached property keeps its value
        known[roles] = made
    return known[roles]


def _item(item: CompiledItem, own: frozenset[str]) -> CompiledItem:
    rules = tuple(_rule(rule, own) for rule in item.rules)
    return replace(item, rules=rules, time=_total(item.time, own), total=_total(item.total, own))


def _rule(rule: Rule, own: frozenset[str]) -> Rule:
    region = None if rule.region is None else _rewritten(rule.region, own)
    return replace(rule, region=region, expression=_rewritten(rule.expression, own))


def _total(total: Total, own: frozenset[str]) -> Total:
    return total if total.expression is None else replace(total, expression=_rewritten(total.expression, own))


def _rewritten(part: Any, own: frozenset[str]) -> Any:
    """A node, or a tuple or pin holding nodes, with its own reads made plain; the same object where nothing changes."""
    if isinstance(part, tuple):
        return tuple(_rewritten(one, own) for one in part)
    if not hasattr(part, "__dataclass_fields__"):
        return part
    changed = {}
    for field in fields(part):
        old = getattr(part, field.name)
        new = _rewritten(old, own) if isinstance(old, tuple | Node) or hasattr(old, "__dataclass_fields__") else old
        if new is not old and new != old:
            changed[field.name] = new
    if isinstance(part, Read) and part.version in own:
        changed["version"] = None
    return replace(part, **changed) if changed else part
