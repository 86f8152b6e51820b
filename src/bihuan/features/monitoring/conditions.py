"""Conditions over named measures, in the one expression language: read, typed and computed by the engine itself.

A condition is compiled as the only formula of a small table whose rows are the places to judge and whose entered items are
the measures; so names, units, blanks and errors mean here what they mean in every formula. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

import numpy as np

from bihuan.engine.compile import compile_model
from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import (
    CalendarDefinition,
    CubeDefinition,
    DimensionDefinition,
    ItemDefinition,
    MemberDefinition,
    ModelDefinition,
    Place,
)
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.formula.parse import parse_expression
from bihuan.engine.formula.syntax import Infix, Invocation, Prefix, Reference, Syntax
from bihuan.engine.panel import Panel
from bihuan.engine.sheet import Sheet
from bihuan.kernel.errors import Problem, ProblemsFound
from bihuan.kernel.state import State

MONEY, RATE, PERIODS, DAYS = "元", "%", "期", "天"

# what a condition may name: unit and meaning; docs/reference/alerts.md repeats the table
MEASURES: Mapping[str, tuple[str, str]] = {
    "预算": (MONEY, "现行预算：下达加调整"),
    "原预算": (MONEY, "下达时的预算"),
    "调整": (MONEY, "下达后的调剂、追加、追减"),
    "执行": (MONEY, "已入账"),
    "占用": (MONEY, "合同等已承诺、未入账"),
    "预占": (MONEY, "申请中、未承诺"),
    "可用": (MONEY, "预算 − 执行 − 占用 − 预占"),
    "超出": (MONEY, "执行 + 占用 + 预占 − 预算，没有超出时为空"),
    "差异": (MONEY, "执行 − 预算"),
    "差异率": (RATE, "差异 ÷ |预算|"),
    "不利差异": (MONEY, "对这个指标不利的差异，有利时为负"),
    "不利差异率": (RATE, "不利差异 ÷ |预算|"),
    "执行率": (RATE, "执行 ÷ 预算"),
    "含占用执行率": (RATE, "(执行 + 占用 + 预占) ÷ 预算"),
    "时间进度": (RATE, "span: year 时为财年已过的期数占比，否则 100%"),
    "已过期数": (PERIODS, "财年到本期为止的期数"),
    "剩余期数": (PERIODS, "财年本期之后的期数"),
    "月均执行": ("元/期", "执行 ÷ 已过期数；只在 span: year 时有"),
    "最久预占天数": (DAYS, "仍未释放的申请中最早一笔到今天的天数"),
}
_TABLE, _RESULT, _ROW = "预警", "成立", "行"


def check(when: str, *, file: str = "", line: int = 0, column: int = 0) -> None:
    """Refuses with `ProblemsFound` a condition that cannot be read, names what there is not, or is no condition."""
    compile_model(_definition(when, 1, Place(file, line, column)))
    for part in _parts(parse_expression(when)):
        across = isinstance(part, Invocation) and (part.over or part.where is not None)
        if across or (isinstance(part, Reference) and part.name == _ROW):
            message = "预警条件只看一处的数；各处之间不能比较"
            raise ProblemsFound([Problem("bad_alert", file, line, found=when[part.start : part.end], message=message)])


def holds(when: str, rows: Sequence[Mapping[str, Decimal | None]]) -> list[bool]:
    """For each row of measures whether the condition is true; blank, not applicable or an error is not."""
    if not rows:
        return []
    model = _compiled(when, len(rows))
    inputs = {
        ItemRef(_TABLE, name): _panel([row.get(name) for row in rows], unit) for name, (unit, _) in MEASURES.items()
    }
    panel = Sheet.build(model, inputs).leaves(ItemRef(_TABLE, _RESULT))
    out = [False] * len(rows)
    for code, value, state in zip(panel.codes, panel.values[:, 0], panel.states[:, 0], strict=True):
        out[int(code)] = bool(state == State.VALUE and value)
    return out


def _parts(at: Syntax) -> Iterator[Syntax]:
    """A parsed expression and everything in it."""
    yield at
    match at:
        case Prefix():
            yield from _parts(at.operand)
        case Infix():
            yield from (*_parts(at.left), *_parts(at.right))
        case Invocation():
            for arg in at.args:
                yield from _parts(arg)


@lru_cache(maxsize=64)
def _compiled(when: str, rows: int) -> CompiledModel:
    return compile_model(_definition(when, rows, Place("alert")))


def _definition(when: str, rows: int, place: Place) -> ModelDefinition:
    members = tuple(MemberDefinition(str(i), str(i)) for i in range(rows))
    measures = tuple(
        ItemDefinition(name, name, unit=unit, scale=2 if unit == MONEY else None)
        for name, (unit, _) in MEASURES.items()
    )
    result = ItemDefinition(_RESULT, _RESULT, type="boolean")
    # the line break keeps positions in the condition's own text
    formula = f"{_RESULT} =\n  " + when.replace("\n", "\n  ")
    shifted = Place(place.file, max(0, place.line - 1), place.column)
    cube = CubeDefinition(_TABLE, _TABLE, (_ROW,), (), (*measures, result), formula, shifted, place)
    return ModelDefinition(
        name=_TABLE,
        title=_TABLE,
        calendar=CalendarDefinition("year", "2000", "2000"),
        currency=MONEY,
        units={MONEY: "", PERIODS: "", DAYS: ""},
        roles={},
        versions=(),
        languages=("zh",),
        dimensions=(DimensionDefinition(_ROW, _ROW, members, {}),),
        cubes=(cube,),
    )


def _panel(values: Sequence[Decimal | None], unit: str) -> Panel:
    factor = 100 if unit == MONEY else 1
    n = len(values)
    numbers = np.array([[0.0 if v is None else float(v * factor)] for v in values])
    states = np.array([[State.BLANK if v is None else State.VALUE] for v in values], np.uint8)
    return Panel((n,), np.arange(n, dtype=np.int64), numbers.reshape(n, 1), states.reshape(n, 1))
