"""Why a number is what it is: the formula with its operands' values down to the inputs, cut by the permission predicate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.explain import Explanation, Operand
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, queries, scoped, versions
from bihuan.features.planning.replica import PlanState
from bihuan.features.planning.wire import StepOut
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader

STEPS_MAX = 400  # of one answer: a person reads a screen or two
CHILDREN_MAX = 60  # of one step; the engine ranks them by weight in the total
HIDDEN = StepOut(
    kind="hidden",
    cube="",
    item="",
    name="",
    members={},
    period="",
    v=None,
    s="BLANK",
    text="不在您的权限范围内",
    children=[],
)


def trace(
    reader: Reader,
    actor: Principal,
    *,
    version_id: int,
    item: ItemRef,
    members: Mapping[str, str],
    period: str,
    depth: int = 1,
    as_of: int | None = None,
) -> StepOut:
    """The cell and ``depth`` steps below it; the cell itself must lie wholly inside the actor's scope."""
    state = queries.state_for(reader, actor, version_id, as_of)
    found = state.model.item(item.cube, item.item)
    node = queries.locate(state.model, found, members)
    key = queries.period_key(state.model, found, period)
    queries.require_inside(reader, actor, state, item=found, node=node, key=key)
    tracer = _Tracer(state, versions.known(reader, version_id).code, actor)
    return tracer.step(found, tuple(node), key if found.grain else None, depth)


@dataclass
class _Tracer:
    state: PlanState
    version: str
    actor: Principal
    left: int = field(default=STEPS_MAX)

    def step(self, item: CompiledItem, members: tuple[int, ...], period: PeriodKey | None, depth: int) -> StepOut:
        """One cell, and below it what it is made of."""
        self.left -= 1
        told = self.state.sheet.explain(item.ref, members, period)
        operands = told.operands[:CHILDREN_MAX] if depth > 0 else ()
        return self._out(
            item, told, [self._operand(o, depth - 1) for o in operands], text=self._text(told), kind=_KINDS[told.how]
        )

    def _operand(self, operand: Operand, depth: int) -> StepOut:
        item = self.state.model.items[operand.item]
        if not self._may_see(item, operand):
            return HIDDEN
        if operand.version is None and depth >= 0 and self.left > 0:
            return self.step(item, operand.members, operand.period, depth)
        where = f"[版本: {operand.version}]" if operand.version else ""
        return self._out(item, operand, [], text=f"{operand.text}{where}", kind="input")

    def _text(self, told: Explanation) -> str:
        """The rule as written, and its words where every cell behind them may be seen."""
        rule = _rule_text(told)
        seen = told.words and all(self._may_see(self.state.model.items[o.item], o) for o in told.behind)
        return f"{rule}\n{told.words}" if seen else rule

    def _may_see(self, item: CompiledItem, operand: Operand) -> bool:
        version = self.version if operand.version is None else operand.version
        scope = scoped.scope_of(self.state.model, version, self.actor, item.ref)
        node = np.array([operand.members], np.int32).reshape(1, len(item.dims))
        key = operand.period or PeriodKey("base", 0)
        return bool(scoped.classify(self.state.model, scope, item, node, [key])[0, 0] == scoped.INSIDE)

    def _out(
        self, item: CompiledItem, told: Explanation | Operand, children: list[StepOut], *, text: str, kind: str
    ) -> StepOut:
        model = self.state.model
        codes = {d: model.dimensions[d].by_id[m].code for d, m in zip(item.dims, told.members, strict=True)}
        return StepOut.model_construct(
            kind=kind,
            cube=item.ref.cube,
            item=item.ref.item,
            name=item.definition.name,
            members=codes,
            period=model.calendar.code(told.period) if told.period is not None else "",
            v=cells.text(plain(item, told.value, told.state)),
            s=State(told.state).name,
            text=text,
            children=children,
        )


_KINDS = {"input": "input", "formula": "formula", "children": "total", "periods": "total"}


def _rule_text(told: Explanation) -> str:
    return told.text.strip() or {"children": "下级汇总", "periods": "各期汇总"}.get(told.how, "")


def plain(item: CompiledItem, value: float, state: int) -> Decimal | None:
    """The amount of an unscaled number; of a scaled item at its places, when the number lies on them."""
    if state != State.VALUE:
        return None
    scaled = value * 10.0 ** (item.scale or 0)
    if item.scale is not None and abs(scaled - round(scaled)) < 1e-6 * max(1.0, abs(scaled) * 1e-9):
        return cells.shown(item, float(round(scaled)), state)
    return Decimal(int(value)) if value.is_integer() else Decimal(repr(value))
