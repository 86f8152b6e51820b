"""Dependencies of items at grains with their time offsets, and an order in which everything can be computed.

A set of items that need each other is legal when all its inner offsets point to earlier periods (or none), or all to later
ones, and what they need of each other within one period has no circle. Then it is solved period by period. Where every
circle of it goes through an item that allows repetition (``iterate``), it is solved by that. Everything else is refused with
the path of the circle.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from bihuan.engine.compiled import CompiledItem, Component, Direction, GraphNode
from bihuan.engine.definition import Iteration
from bihuan.engine.formula import bound
from bihuan.engine.formula.bound import ItemRef, Node
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.member import Dimension

_ALL = (-inf, inf)
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Need:
    """A node is needed at offsets [low, high] from the period that needs it; ``note`` says why it is all of them."""

    node: GraphNode
    low: float
    high: float
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """A refused cycle, its nodes in order, the first again at the end."""

    path: tuple[GraphNode, ...]
    reason: str


class Dependencies:
    """What each node needs, found by walking bound expressions."""

    def __init__(
        self, items: Mapping[ItemRef, CompiledItem], dimensions: Mapping[str, Dimension], calendar: Calendar
    ) -> None:
        self.items, self.dimensions, self.calendar = items, dimensions, calendar
        self.rank = {grain: i for i, grain in enumerate(calendar.grains)}
        self._rolled: set[ItemRef] = set()

    def roots(self) -> Iterator[GraphNode]:
        """Every formula item at its own grain, and every total column that is a formula of its own."""
        for ref, item in self.items.items():
            if item.rules:
                yield GraphNode(ref, item.grain)
            if item.grain and item.time.kind in {"formula", "expression"}:
                for grain in self.calendar.grains[self.rank[item.grain] + 1 :]:
                    yield GraphNode(ref, grain)

    def needs(self, node: GraphNode) -> list[Need]:
        """The nodes one node reads."""
        item = self.items[node.item]
        if node.grain == item.grain:
            return self._of_rules(item, node.grain)
        if item.time.kind == "none":
            return []
        if item.time.kind == "formula":
            return self._of_rules(item, node.grain)
        if item.time.kind == "expression":
            if item.time.expression is None:
                return []  # it was refused
            return list(self._walk(item.time.expression, node.grain, (0, 0)))
        return [Need(GraphNode(node.item, item.grain), *_ALL)]

    def _of_rules(self, item: CompiledItem, grain: str) -> list[Need]:
        out: list[Need] = []
        for rule in item.rules:
            if rule.region is not None:
                out += self._walk(rule.region, grain, (0, 0))
            out += self._walk(rule.expression, grain, (0, 0))
        return out

    def _walk(self, node: Node, grain: str, at: Interval) -> Iterator[Need]:
        match node:
            case bound.Read():
                yield from self._read(node, grain, at)
            case bound.Shift():
                step = node.offset or node.years * self._year(grain)
                yield from self._walk(node.operand, grain, (at[0] + step, at[1] + step))
                if node.default is not None:
                    yield from self._walk(node.default, grain, at)
            case bound.Window(function="OPENING"):
                yield from self._walk(node.operand, grain, (-inf, at[1] - 1))
            case bound.Window(function="CLOSING"):
                yield from self._walk(node.operand, grain, _ALL)
            case bound.Window():
                yield from self._walk(node.operand, grain, (-inf, at[1]))
            case bound.Aggregate() if "period" in node.over:
                yield from self._walk(node.operand, grain or "base", _ALL)
                if node.where is not None:
                    yield from self._walk(node.where, grain or "base", _ALL)
                if node.rate is not None:
                    yield from self._walk(node.rate, grain, at)
            case _:
                for child in children(node):
                    yield from self._walk(child, grain, at)

    def _year(self, grain: str) -> int:
        return self.calendar.grain_per_year(grain, self.calendar.years[0]) if grain else 1

    def _read(self, node: bound.Read, grain: str, at: Interval) -> Iterator[Need]:
        item = self.items[node.item]
        low, high = at
        target = item.grain
        if item.grain and grain and self.rank[grain] > self.rank[item.grain]:
            target = grain
        if item.grain and target != grain:
            low, high = _ALL  # another level: which of its periods is asked for is not an offset
        if node.period is not None:
            low, high = _ALL
            if node.period.kind == "grouping":
                target = node.period.value
            elif node.period.kind == "code":
                key = self.calendar.find(node.period.value)
                assert key is not None
                target = max(key.grain, item.grain, key=self.rank.__getitem__)
        yield Need(GraphNode(node.item, target), low, high, node.version)
        for pin in node.pins:
            if isinstance(pin, bound.PinLookup):
                yield from self._walk(pin.by, grain, at)
        rolled = any(self._is_parent(pin) for pin in node.pins)
        if rolled and item.total.expression is not None:
            yield from self._walk(item.total.expression, target, (low, high))
        elif rolled and item.total.kind == "formula" and node.item not in self._rolled:
            self._rolled.add(node.item)  # it may read its own total: then it needs itself, which was said above
            needed = self._of_rules(item, target)
            self._rolled.discard(node.item)
            for need in needed:
                yield Need(need.node, need.low + low, need.high + high, need.version)

    def _is_parent(self, pin: bound.PinMember | bound.PinLookup) -> bool:
        if isinstance(pin, bound.PinLookup):
            return isinstance(pin.by, bound.Above)
        dimension = self.dimensions[pin.dim]
        return not dimension.is_leaf(dimension.by_code[pin.member].id)


def children(node: Node) -> Sequence[Node]:
    """The direct operands of a bound node, in reading order."""
    match node:
        case bound.Unary():
            return (node.operand,)
        case bound.Binary():
            return (node.left, node.right)
        case bound.Call():
            return node.args
        case bound.Shift():
            return (node.operand,) if node.default is None else (node.operand, node.default)
        case bound.Window():
            return (node.operand,)
        case bound.Aggregate():
            return tuple(part for part in (node.operand, node.where, node.rate) if part is not None)
        case bound.Share():
            return (node.pool, node.driver)
        case bound.Read():
            return tuple(pin.by for pin in node.pins if isinstance(pin, bound.PinLookup))
    return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def arrange(dependencies: Dependencies) -> tuple[tuple[Component, ...], list[Circle]]:
    """Components in an order in which each needs only earlier ones, and the circles that cannot be solved."""
    edges: dict[GraphNode, list[Need]] = {}
    waiting = list(dependencies.roots())
    while waiting:
        node = waiting.pop()
        if node in edges:
            continue
        edges[node] = dependencies.needs(node)
        waiting += [need.node for need in edges[node]]
    components, circles = [], []
    for nodes in _connected(sorted(edges), lambda node: [need.node for need in edges[node]]):
        solved = _solve(nodes, edges)
        if isinstance(solved, Circle):
            solved = _repeated(nodes, edges, dependencies.items) or solved
        if isinstance(solved, Circle):
            circles.append(solved)
        elif any(_computed(dependencies.items[node.item], node) for node in nodes):
            components.append(solved)
    return tuple(components), circles


def _computed(item: CompiledItem, node: GraphNode) -> bool:
    return bool(item.rules) or node.grain != item.grain


def _solve(nodes: list[GraphNode], edges: Mapping[GraphNode, list[Need]]) -> Component | Circle:
    inside = set(nodes)
    inner = {node: [need for need in edges[node] if need.node in inside] for node in nodes}
    needs = [need for found in inner.values() for need in found]
    if not needs:
        return Component((nodes[0],))
    for need in needs:
        if need.version is not None:
            return Circle(_path(nodes, inner), f"经由版本 {need.version} 绕回自己")
    forward = all(need.high <= 0 for need in needs)
    backward = all(need.low >= 0 for need in needs)
    if not forward and not backward:
        spread = any(need.low == -inf and need.high == inf for need in needs)
        reason = "经过全年（合计列、OVER 期间或 CLOSING），每一期都要别的期" if spread else "既要以前的期，又要以后的期"
        return Circle(_path(nodes, inner), reason)
    now = {node: [need.node for need in inner[node] if need.low <= 0 <= need.high] for node in nodes}
    order = []
    for group in _connected(nodes, now.__getitem__):
        if len(group) > 1 or group[0] in now[group[0]]:
            return Circle(_path(group, inner, lambda n: n.low <= 0 <= n.high), "在同一期里互相需要")
        order.append(group[0])
    direction: Direction = "forward" if forward else "backward"
    return Component(tuple(order), direction)


def _repeated(
    nodes: list[GraphNode], edges: Mapping[GraphNode, list[Need]], items: Mapping[ItemRef, CompiledItem]
) -> Component | Circle | None:
    """The set solved by repetition, where every circle in it goes through an item that says so; None where none says so.

    In a round, nodes come after what they read of it; what they read of an item that says so is of the round before.
    """
    asked = {node: said for node in nodes if (said := items[node.item].definition.iterate) is not None}
    inside = set(nodes)
    if not asked or any(need.version is not None for node in nodes for need in edges[node] if need.node in inside):
        return None
    order: list[GraphNode] = []
    for group in _connected(
        nodes, lambda node: [n.node for n in edges[node] if n.node in inside and n.node not in asked]
    ):
        solved = _solve(group, {node: [n for n in edges[node] if n.node not in asked] for node in group})
        if isinstance(solved, Circle):
            return solved
        order += solved.nodes
    rounds = Iteration(min(said.tolerance for said in asked.values()), max(said.most for said in asked.values()))
    return Component(tuple(order), "repeated", rounds)


def _path(
    nodes: Sequence[GraphNode], inner: Mapping[GraphNode, list[Need]], counts: Callable[[Need], bool] = bool
) -> tuple[GraphNode, ...]:
    """A circle through the set, shortest from the first node in file order."""
    inside = set(nodes)
    start = min(nodes)
    before: dict[GraphNode, GraphNode] = {}
    queue = [start]
    for node in queue:
        for need in inner[node]:
            if not counts(need) or need.node not in inside:
                continue
            if need.node == start:
                back = [node]
                while back[-1] != start:
                    back.append(before[back[-1]])
                return (*reversed(back), start)
            if need.node not in before:
                before[need.node] = node
                queue.append(need.node)
    raise AssertionError("a strongly connected set has a circle through each of its nodes")


def _connected(nodes: Sequence[GraphNode], below: Callable[[GraphNode], Sequence[GraphNode]]) -> list[list[GraphNode]]:
    """Strongly connected components, needed ones first (Tarjan, without recursion)."""
    known = set(nodes)
    number: dict[GraphNode, int] = {}
    low: dict[GraphNode, int] = {}
    stack: list[GraphNode] = []
    standing: set[GraphNode] = set()
    out: list[list[GraphNode]] = []
    for root in nodes:
        if root in number:
            continue
        number[root] = low[root] = len(number)
        stack.append(root)
        standing.add(root)
        work = [(root, iter(below(root)))]
        while work:
            node, rest = work[-1]
            for child in rest:
                if child not in known:
                    continue
                if child not in number:
                    number[child] = low[child] = len(number)
                    stack.append(child)
                    standing.add(child)
                    work.append((child, iter(below(child))))
                    break
                if child in standing:
                    low[node] = min(low[node], number[child])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    at = stack.index(node)
                    out.append(stack[at:])
                    standing.difference_update(stack[at:])
                    del stack[at:]
    return out
