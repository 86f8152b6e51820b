"""The one table of what each operator and function does with blank, inapplicable and error operands.

The vector kernels are tested against it cell by cell, and `render` makes docs/reference/blank-and-errors.md from it.
Run ``python -m bihuan.engine.formula.operators`` to print the page.
"""

from dataclasses import dataclass

from bihuan.engine.states import Family
from bihuan.kernel.state import FIRST_ERROR, State


@dataclass(frozen=True, slots=True)
class Operator:
    """``arguments``: how many; None = any number. ``note`` is for the page, in Chinese."""

    name: str
    family: Family
    arguments: int | None
    note: str = ""
    domain: str = ""  # when a value alone gives an error
    domain_state: State | None = None


_ROWS = (
    Operator("+", Family.UNITE, 2, "空 + x = x；空 + 空 = 空"),
    Operator("-", Family.UNITE, 2, "x - 空 = x；空 - x = -x"),
    Operator("*", Family.MEET, 2, "空 * x = 空"),
    Operator("/", Family.MEET, 2, "x / 空 = 空；空 / 0 = 空", "除数为 0", State.DIV_BY_ZERO),
    Operator("^", Family.MEET, 2, "空 ^ x = 空", "负数开方等结果不是实数", State.BAD_NUMBER),
    Operator("=", Family.ALWAYS, 2, "空按 0（文本按空串）比较，用 ISBLANK 区分"),
    Operator("<>", Family.ALWAYS, 2),
    Operator("<", Family.ALWAYS, 2),
    Operator(">", Family.ALWAYS, 2),
    Operator("<=", Family.ALWAYS, 2),
    Operator(">=", Family.ALWAYS, 2),
    Operator("&", Family.ALWAYS, 2, "空按空串连接"),
    Operator("MIN", Family.UNITE, None, "参数中的空按 0 计；全空为空（与 Excel 不同）"),
    Operator("MAX", Family.UNITE, None, "参数中的空按 0 计；全空为空（与 Excel 不同）"),
    Operator("SUM", Family.UNITE, None, "参数中的空按 0 计；全空为空"),
    Operator("AVERAGE", Family.UNITE, None, "空不计入；全空为空"),
    Operator("COUNT", Family.UNITE, None, "不空的个数；全空为空"),
    Operator("ABS", Family.MEET, 1),
    Operator("INT", Family.MEET, 1, "不大于它的整数"),
    Operator("SIGN", Family.MEET, 1),
    Operator("EXP", Family.MEET, 1),
    Operator("SQRT", Family.MEET, 1, "", "负数", State.BAD_NUMBER),
    Operator("LN", Family.MEET, 1, "", "不大于 0", State.BAD_NUMBER),
    Operator("LOG10", Family.MEET, 1, "", "不大于 0", State.BAD_NUMBER),
    Operator("ROUND", Family.MEET, 2, "四舍五入，负数向远离零的方向"),
    Operator("ROUNDUP", Family.MEET, 2, "远离零"),
    Operator("ROUNDDOWN", Family.MEET, 2, "趋向零"),
    Operator("CEILING", Family.MEET, 2, "数轴上向上取整到倍数", "倍数为 0", State.DIV_BY_ZERO),
    Operator("FLOOR", Family.MEET, 2, "数轴上向下取整到倍数", "倍数为 0", State.DIV_BY_ZERO),
    Operator("MROUND", Family.MEET, 2, "最近的倍数", "倍数为 0", State.DIV_BY_ZERO),
    Operator("MOD", Family.MEET, 2, "余数与除数同号", "除数为 0", State.DIV_BY_ZERO),
)

OPERATORS = {row.name: row for row in _ROWS}

# Functions that choose per cell: an error in a branch not taken does not count. Checked case by case in the tests.
LAZY = {
    "AND": "遇到第一个 FALSE 即止，空为 FALSE",
    "OR": "遇到第一个 TRUE 即止，空为 FALSE",
    "NOT": "空为 FALSE，故 NOT 空 = TRUE",
    "IF": "条件为空按 FALSE；没有第三个参数时为空",
    "IFS": "第一个成立的条件；都不成立为空",
    "SWITCH": "第一个相等的值；都不等取最后的默认值，没有默认值为空",
    "IFERROR": "只接错误，不接空",
    "IFBLANK": "只接空，不接错误",
    "ISBLANK": "空为 TRUE；错误仍是错误",
    "ISERROR": "错误为 TRUE",
}

_SYMBOL = {State.BLANK: "空", State.VALUE: "值", State.NOT_APPLICABLE: "不适用", State.DIV_BY_ZERO: "错误甲",
           State.OVERFLOW: "错误乙"}  # fmt: skip
_SHOWN = (State.VALUE, State.BLANK, State.NOT_APPLICABLE, State.DIV_BY_ZERO)


def result_state(operator: Operator, operands: tuple[int, ...]) -> int:
    """The state of the result for ordinary values, by the rules themselves: the slow, plain way."""
    for state in operands:
        if state >= FIRST_ERROR:
            return state
    if operator.family is Family.ALWAYS:
        return State.VALUE
    if operator.family is Family.UNITE:
        return next((s for s in (State.VALUE, State.NOT_APPLICABLE) if s in operands), State.BLANK)
    return next((s for s in (State.NOT_APPLICABLE, State.BLANK) if s in operands), State.VALUE)


def render() -> str:
    """The reference page, in Chinese."""
    lines = [
        "# 空值与错误",
        "",
        "本页由 `bihuan.engine.formula.operators` 生成，请勿手改。",
        "",
        "单元格的状态是：值、空、不适用，或一种错误。空不是 0。错误会传给所有引用它的单元格；",
        "几个操作数都出错时，取最左边的那个。“错误甲”在左、“错误乙”在右时结果是“错误甲”。",
        "",
        "| 运算 | " + " | ".join(f"{_SYMBOL[a]}○{_SYMBOL[b]}" for a, b in _pairs()) + " | 单独出错 | 说明 |",
        "|---|" + "---|" * (len(_pairs()) + 2),
    ]
    for row in _ROWS:
        cells = [_SYMBOL[State(result_state(row, (a, b) if row.arguments != 1 else (a,)))] for a, b in _pairs()]
        domain = f"{row.domain}：{row.domain_state.name}" if row.domain_state else ""
        lines.append(f"| `{row.name}` | " + " | ".join(cells) + f" | {domain} | {row.note} |")
    lines += ["", "## 按单元格择路的函数", "", "没有走到的分支里的错误不算。", "", "| 函数 | 说明 |", "|---|---|"]
    lines += [f"| `{name}` | {note} |" for name, note in LAZY.items()]
    lines += ["", "## 汇总", "", "沿维度汇总(`OVER`、合计列、上级成员)跳过空与不适用；一个值也没有时为空；",
              "有错误时合计为该错误。超过 2⁵³ 个最小单位的金额为 `OVERFLOW`。"]  # fmt: skip
    lines += ["", "## 错误代码", "", "| 代码 | 数值 |", "|---|---|"]
    lines += [f"| `{state.name}` | {int(state)} |" for state in State]
    return "\n".join(lines) + "\n"


def _pairs() -> list[tuple[State, State]]:
    pairs = [(a, b) for a in _SHOWN[:3] for b in _SHOWN[:3]]
    return [*pairs, (State.VALUE, State.DIV_BY_ZERO), (State.DIV_BY_ZERO, State.OVERFLOW)]


if __name__ == "__main__":
    import sys

    sys.stdout.write(render())
