"""The leaf cells below a total: which there are, which of them an amount may go to, and why the others stay as they are."""

from collections import Counter
from collections.abc import Collection, Mapping
from decimal import Decimal
from itertools import product

import numpy as np

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.spread import LARGEST
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, editing, holds, versions
from bihuan.features.planning.editing import Flags, Trial
from bihuan.features.planning.replica import PlanState
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.kernel.state import State
from bihuan.store.blocks import ChangedCells
from bihuan.store.unit_of_work import Reader

MOST = 500_000  # cells below one total
Members = Mapping[str, str]
Held = Collection[tuple[Members, str]]  # members and period of nodes; all cells below them are held
HELD = "保持不动"


def spreadable(model: CompiledModel, ref: ItemRef) -> CompiledItem:
    """The item, when totals of it are plain sums of leaf cells that people enter."""
    item = model.items.get(ref)
    if item is None:
        raise NotFound(f"模型里没有指标 {cells.code_of(ref)}", item=cells.code_of(ref))
    name = item.definition.name
    if item.type != "number" or item.scale is None:
        raise Invalid(f"{name} 没有规定小数位（scale），不能分到下级", item=cells.code_of(item.ref))
    if item.total.kind != "sum" or item.time.kind != "sum":
        raise Invalid(f"{name} 的合计不是下级相加，不能从合计往下分", item=cells.code_of(item.ref))
    return item


def below(model: CompiledModel, item: CompiledItem, members: Members, period: str) -> ChangedCells:
    """Every leaf cell below the node, with nothing in it yet: row by row, each with its periods in order."""
    leaves = [leaves_of(model, dim, members.get(dim, "")) for dim in item.dims]
    if extra := members.keys() - set(item.dims):
        raise Invalid(f"指标 {item.definition.name} 没有维度 {sorted(extra)[0]}", dimension=sorted(extra)[0])
    periods = _periods(model, item, period)
    count = int(np.prod([len(one) for one in leaves], dtype=np.int64)) * len(periods)
    if count > MOST:
        raise Invalid(f"下面有 {count:,} 个单元格，一次最多分 {MOST:,} 个；请从低一级填", cells=count)
    keys = np.array(list(product(*leaves)), np.int32).reshape(count // max(len(periods), 1), len(item.dims))
    at = np.tile(np.arange(len(periods), dtype=np.int32), len(keys))
    nothing, blank = np.zeros(count), np.zeros(count, np.uint8)
    rows = np.repeat(keys, len(periods), axis=0)
    return ChangedCells(
        (cells.code_of(item.ref),), periods, np.zeros(count, np.int32), rows, at, nothing, blank, nothing, blank
    )


def leaves_of(model: CompiledModel, dim: str, code: str) -> list[int]:
    """Ids of the leaves that add up to a member with weight 1."""
    dimension = model.dimensions[dim]
    member = dimension.find(code)
    if member is None:
        raise NotFound(f"{dimension.name} 里没有成员 {code or '（空）'}", dimension=dim)
    tree = dimension.trees.get("")
    under = tree.leaves_under(member.id) if tree else {member.id: 1.0}
    if any(weight != 1.0 for weight in under.values()):
        raise Invalid(f"{member.name} 的下级不是简单相加（有权重），不能往下分", dimension=dim)
    return list(under)


def _periods(model: CompiledModel, item: CompiledItem, code: str) -> tuple[str, ...]:
    """The item's own columns in a period or a group of periods."""
    axis = cells.axis(model, item)
    if code in axis:
        return (code,)
    key = model.calendar.find(code)
    if key is None or not item.grain or key.grain == "base":
        raise NotFound(f"期间 {code or '（空）'} 不在 {item.definition.name} 的期间范围内", period=code)
    group = model.calendar.groups(key.grain)[key.index]
    inside = [j for j, leaves in enumerate(editing.leaf_periods(model, item)) if group.start <= leaves[0] < group.stop]
    if not group.whole:
        raise Invalid(f"{code} 没有全在时间轴上，不能往下分", period=code)
    return tuple(axis[j] for j in inside)


def free(
    reader: Reader, actor: Principal, state: PlanState, every: ChangedCells, held: Held = ()
) -> tuple[Flags, Counter[str]]:
    """The cells that take a part, and how many do not for which reason."""
    version = versions.known(reader, state.version_id)
    trial = Trial(every, np.arange(len(every)))
    trial = editing.refuse_formulas(state, trial)
    trial = editing.refuse_out_of_scope(state, version.code, actor, trial)
    trial = editing.refuse_locked(state.model, versions.locks(reader, version.id), trial)
    kept = Counter(result.message for result in trial.refused)
    takes = np.zeros(len(every), np.bool_)
    takes[trial.source] = True
    if held := (*held, *holds.held(reader, actor, version.id, cells.ref_of(every.items[0]))):
        stays = takes & _held(state.model, every, held)
        takes &= ~stays
        kept[HELD] += int(stays.sum())
    return takes, +kept


def _held(model: CompiledModel, every: ChangedCells, held: Held) -> Flags:
    """Which cells are below one of the nodes; a node that is no longer in the model holds nothing."""
    item = model.items[cells.ref_of(every.items[0])]  # all below one total are of one item
    out = np.zeros(len(every), np.bool_)
    for members, period in held:
        here = np.isin(every.period, _columns(model, item, every.periods, period))
        for j, dim in enumerate(item.dims):
            here &= np.isin(every.members[:, j], _leaves_held(model, dim, members.get(dim, "")))
        out |= here
    return out


def _columns(model: CompiledModel, item: CompiledItem, periods: tuple[str, ...], code: str) -> list[int]:
    try:
        inside = set(_periods(model, item, code))
    except (NotFound, Invalid):
        return []
    return [n for n, period in enumerate(periods) if period in inside]


def _leaves_held(model: CompiledModel, dim: str, code: str) -> list[int]:
    member = model.dimensions[dim].find(code)
    tree = model.dimensions[dim].trees.get("")
    if member is None:
        return []
    return list(tree.leaves_under(member.id)) if tree else [member.id]


def may(
    model: CompiledModel, version: str, actor: Principal, item: CompiledItem, every: ChangedCells, *, action: str
) -> Flags:
    """Which of the cells are in the actor's scope of an action."""
    out = np.zeros(len(every), np.bool_)
    for _, at, members, column in editing.by_item(model, every):
        out[at] = editing.may(action, model, version, actor, item, members=members, column=column)
    return out


def typed(item: CompiledItem, amount: Decimal) -> float:
    """The amount in units of the item's last decimal; more decimals than the item keeps are refused, not rounded."""
    scaled = amount.scaleb(item.scale or 0)
    if scaled != scaled.to_integral_value():
        raise Invalid(f"{item.definition.name} 最多 {item.scale} 位小数", amount=cells.text(amount))
    if abs(scaled) >= LARGEST:
        raise Invalid("数值太大", amount=cells.text(amount))
    return float(scaled)


def amount(item: CompiledItem, value: float) -> Decimal:
    """A whole number of last decimals in the item's unit."""
    found = cells.shown(item, value, int(State.VALUE))
    assert found is not None, "a value is shown"
    return found
