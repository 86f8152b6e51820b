"""What a formula's operands alone do not tell, in words with values: gifts of an allocation, the circle that did not settle.

Amounts are exact; the cell itself may differ from them by the last digit that the largest remainders settle. Every cell that
the words speak of, or that follows from them, is listed beside them: who may not see all of these may not read the words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bihuan.engine.align import Rows, codes_in, spread
from bihuan.engine.allocate import Flags, Floats, Method
from bihuan.engine.compiled import CompiledItem, Component
from bihuan.engine.formula.bound import Grain, ItemRef, Node, Share
from bihuan.engine.formula.evaluate import Where
from bihuan.engine.formula.kernels import natural
from bihuan.engine.row_rules import departments, walk
from bihuan.kernel.state import State

if TYPE_CHECKING:
    from bihuan.engine.calculate import Calculation
    from bihuan.engine.explain import Operand

MOST_CELLS = 200  # of one allocation's table: more nobody reads
_NAMES: dict[Method, str] = {"direct": "直接", "step": "阶梯", "reciprocal": "交互"}
Listed = Callable[[Node, Where], "list[Operand]"]


@dataclass(frozen=True, slots=True)
class Gift:
    """What one service department hands out: its own and what it received, by ``weights`` [n] of those that may take."""

    giver: int
    amount: float
    weights: Floats


def gifts(own: Floats, used: Floats, method: Method) -> list[Gift]:
    """``own`` [n] and ``used`` [n, n] as in `allocate` -> gifts in the order of giving; none where the services are closed."""
    used = used * ~np.eye(len(own), dtype=bool)
    services: Flags = used.sum(axis=1) > 0.0
    if method == "reciprocal":
        part = used[services] / used[services].sum(axis=1, keepdims=True)
        try:
            gross = np.linalg.solve(np.eye(len(part)) - part[:, services].T, own[services])
        except np.linalg.LinAlgError:
            return []
        return [Gift(int(g), float(y), used[g]) for g, y in zip(np.flatnonzero(services), gross, strict=True)]
    held, open_, found = own.astype(np.float64).copy(), np.ones(len(own), bool), []
    if method == "direct":
        open_ = ~services
    for giver in np.flatnonzero(services):
        open_[giver] = False
        weights = np.where(open_, used[giver], 0.0)
        found.append(Gift(int(giver), float(held[giver]), weights))
        if weights.sum() > 0.0:
            held += held[giver] * weights / weights.sum()
    return found


def in_words(
    calc: "Calculation", item: CompiledItem, node: Node, where: Where, *, state: int, listed: Listed
) -> tuple[str, "tuple[Operand, ...]"]:
    """The words and the cells behind them; "" where the operands say it all. ``listed`` names the cells an expression reads."""
    if state == State.NO_CONVERGE:
        return _circle(calc, item, where.grain), ()
    for part in walk(node):
        if isinstance(part, Share) and part.method:
            return _allocation(calc, item, part, where, listed)
    return "", ()


def _allocation(
    calc: "Calculation", item: CompiledItem, node: Share, where: Where, listed: Listed
) -> tuple[str, "tuple[Operand, ...]"]:
    assert node.method, "a share has none"
    dimension, sizes = calc.model.dimensions[node.over], calc.spaces.sizes(node.dims)
    leaves = set(calc.spaces.leaves(node.over).tolist())
    members = [m for m in dimension.members if m.id in leaves]
    me = next((n for n, m in enumerate(members) if m.id == int(where.rows.columns[node.over][0])), None)
    both = tuple(d for d in calc.model.dimensions if d in {*node.dims, node.to})
    every = Rows(both, calc.spaces.sizes(both), spread(calc.spaces, calc.rules.of(node.driver), both).codes)
    there = np.ones(len(every), bool)
    for dim in set(node.dims) - {node.over}:
        there &= every.columns[dim] == int(where.rows.columns[dim][0])
    if me is None or len(members) + int(there.sum()) > MOST_CELLS:
        return "", ()
    rows = [codes_in(where.rows, node.dims, sizes, {node.over: m.id}) for m in members]
    amounts = [replace(where, rows=Rows(node.dims, sizes, code, nodes=True)) for code in rows]
    served = [
        replace(where, rows=Rows(both, every.sizes, every.codes[k : k + 1], nodes=True)) for k in np.flatnonzero(there)
    ]
    at = {m.id: n for n, m in enumerate(members)}
    own, used = np.array([_number(calc, node.pool, one) for one in amounts]), np.zeros((len(members), len(members)))
    to = departments(calc.spaces, node)
    for one in served:
        giver, taker = int(one.rows.columns[node.over][0]), int(to[one.rows.columns[node.to][0]])
        if giver in at and taker in at:
            used[at[giver], at[taker]] += _number(calc, node.driver, one)
    behind = [o for one in amounts for o in listed(node.pool, one)] + [
        o for one in served for o in listed(node.driver, one)
    ]
    names = [m.name for m in members]
    return _said(own, used, node.method, me, names, item.scale or 2), tuple(behind)


def _said(own: Floats, used: Floats, method: Method, me: int, names: list[str], decimals: int) -> str:  # noqa: PLR0917
    def money(x: float) -> str:
        return f"{x:,.{decimals}f}"

    given = gifts(own, used, method)
    head = f"{_NAMES[method]}分配："
    if not given and (used * ~np.eye(len(own), dtype=bool)).any():
        return head + "服务部门只互相服务，费用没有地方可去"
    if stuck := [g for g in given if g.amount != 0.0 and not g.weights.any()]:
        return head + "、".join(f"{names[g.giver]}有 {money(g.amount)} 却没有部门可以收" for g in stuck)
    parts = [f"自己 {money(own[me])}"]
    for gift in given:
        if gift.weights[me] == 0.0:
            continue
        whole = gift.weights.sum()
        received = gift.amount - own[gift.giver]
        note = f"（含收到的 {money(received)}）" if abs(received) >= 10.0**-decimals / 2 else ""
        share = gift.amount * gift.weights[me] / whole
        parts.append(
            f"{names[gift.giver]} {money(gift.amount)}{note} × {gift.weights[me]:,.10g} ÷ {whole:,.10g} = {money(share)}"
        )
    parts += [f"再全部分出 {money(g.amount)}" for g in given if g.giver == me]
    return head + "；".join(parts)


def _number(calc: "Calculation", node: Node, where: Where) -> float:
    """A plain number; 0 where it is blank or an error."""
    cells = calc.evaluator.evaluate(node, where)
    if int(np.broadcast_to(cells.states, (1, 1))[0, 0]) != State.VALUE:
        return 0.0
    return float(np.broadcast_to(natural(cells), (1, 1))[0, 0])


def _circle(calc: "Calculation", item: CompiledItem, grain: Grain) -> str:
    """Which circle did not settle, where the item is on one."""
    loop = calc.loops.get((item.ref, grain)) or calc.loops.get((item.ref, item.grain))
    if loop is None or loop.iteration is None:
        return ""
    names = " → ".join(calc.model.items[ref].definition.name for ref in _path(calc, loop, item.ref))
    return f"循环 {names} 算了 {loop.iteration.most} 轮，还有变动超过 {loop.iteration.tolerance:g} 的，没有收敛"


def _path(calc: "Calculation", loop: Component, start: ItemRef) -> Iterator[ItemRef]:
    """A shortest circle from the item back to itself, inside the loop; each reads the next."""
    inside = {n.item for n in loop.nodes}
    before: dict[ItemRef, ItemRef] = {}
    queue = [start]
    for ref in queue:
        for read in sorted(calc.model.reads.get(ref, frozenset()) & inside):
            if read == start:
                back = [ref]
                while back[-1] != start:
                    back.append(before[back[-1]])
                return iter((*reversed(back), start))
            if read not in before:
                before[read] = ref
                queue.append(read)
    return iter((start,))
