"""The bound expression: what a formula means once names, types, units and dimensions are known.

Made by `bind`, read by `graph` (dependencies), `evaluate` (blocks of rows), the naive evaluator in the tests and `trace`.
Every node knows its source span, its type, its unit and the non-time dimensions its value varies over (``dims``, in the
model's dimension order) and whether it varies over time (``timed``). Nothing here holds numbers of cells.

A formula is evaluated at a *grain*: "base" (leaf periods) or the name of a calendar grouping ("quarter", "year"), when the
item's ``time: formula`` is computed on total columns. A `Read` at a coarse grain means the operand's total column there.
"""

from dataclasses import dataclass
from typing import Literal

Operator = Literal["+", "-", "*", "/", "^", "&", "=", "<>", "<", ">", "<=", ">=", "AND", "OR"]
Grain = str  # "base" or a grouping's name


TYPE_NAMES = {
    "number": "数",
    "text": "文本",
    "boolean": "条件",
    "date": "日期",
    "period": "期间",
    "member": "成员",
}
# (found, wanted) -> how one becomes the other, for messages
TO_OTHER_TYPE = {
    ("数", "条件"): "；写成比较，如 x > 0",
    ("条件", "数"): "；条件变成数写 IF(条件, 1, 0)",
    ("文本", "数"): "；文本变成数写 VALUE(文本)",
    ("数", "文本"): "；数变成文本写 TEXT(x, d)",
    ("文本", "日期"): "；指标写 type: date，属性在 model.yaml 的 properties 里写 date",
    ("日期", "数"): "；天数写 日期 - 日期",
}


@dataclass(frozen=True, slots=True, order=True)
class ItemRef:
    """An item of a cube, by codes."""

    cube: str
    item: str


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of the formula's text, and the line it stands on (from 1)."""

    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """``type``: number text boolean date period member. ``unit``: sorted (name, power) pairs; None = unchecked."""

    span: Span
    type: str = "number"
    unit: tuple[tuple[str, int], ...] | None = ()
    dims: tuple[str, ...] = ()
    timed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Node):
    """A literal. Type "period": the axis index as a float; type "member": the member's code; type "date": ISO text."""

    value: float | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PinMember:
    """Read at one member (a leaf or a parent: then its weighted roll-up)."""

    dim: str
    member: str
    tree: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinLookup:
    """Read at the member that ``by`` gives: another dimension's current member, the parent of its own, a property, an item of
    type member."""

    dim: str
    by: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPeriod:
    """Read at a period: a code, first/last of the plan, the annual column ("year"), or the row's own period of a role dimension."""

    kind: Literal["code", "first", "last", "grouping", "role"]
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Node):
    """The value of an item. Dimensions of the item that are not pinned are aligned by name with the reader's."""

    item: ItemRef
    pins: tuple[PinMember | PinLookup, ...] = ()
    period: PinPeriod | None = None
    version: str | None = None  # a version role, or None = the version the formula runs in


@dataclass(frozen=True, slots=True, kw_only=True)
class Current(Node):
    """The current member of a dimension, or the current period (dim = "period" or a role dimension)."""

    dim: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Above(Node):
    """The parent of the current member of a dimension, in its main tree and as of each period; none at the top."""

    dim: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Property(Node):
    """A property of the current member of ``dim``."""

    dim: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Within(Node):
    """True where the current member of ``dim`` is ``member`` or stands below it in the tree (edges without an end).

    What a selector ``[dim: member]`` at the left of a rule means, and ``dim = "member"`` in an expression.
    """

    dim: str
    member: str
    tree: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    op: Literal["-", "+", "NOT"]
    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    op: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function of cells: IF IFS SWITCH IFERROR IFBLANK ISBLANK ROUND… MIN MAX ABS MOD PERIODNO PERIODS …

    IF, IFS, SWITCH, IFERROR, IFBLANK are lazy per cell: an error in a branch not taken does not count.
    ``function`` is always the English name of `functions.FUNCTIONS`; AND, OR, NOT written as functions are `Binary`/`Unary`.
    Types: period - period and period ± number stay `Binary` with the operands' types telling.
    """

    function: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift(Node):
    """PREV NEXT LAG LEAD YEAR_AGO: ``operand`` on the whole axis, moved by ``offset`` leaf periods (negative = earlier).

    ``years`` counts whole fiscal years instead. ``default`` is used only where the target is off the axis, or off-plan and
    blank. At a coarse grain the offset counts that grain's periods.
    """

    operand: Node
    offset: int = 0
    years: int = 0
    default: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Node):
    """YTD QTD CUM ROLLING OPENING CLOSING over time."""

    function: Literal["YTD", "QTD", "CUM", "ROLLING", "OPENING", "CLOSING"]
    operand: Node
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Node):
    """SUM AVERAGE MIN MAX COUNT of ``operand`` OVER leaf members of ``over`` (may hold "period": plan periods only).

    ``by`` is (dimension, property): the dimension is replaced by the one the property refers to. NPV and IRR are over
    "period" alone; ``rate`` is NPV's, the same in every period.
    """

    function: Literal["SUM", "AVERAGE", "MIN", "MAX", "COUNT", "NPV", "IRR", "XNPV", "XIRR"]
    operand: Node
    over: tuple[str, ...] = ()
    by: tuple[str, str] | None = None
    where: Node | None = None
    rate: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(Node):
    """SHARE(pool BY driver OVER dim): pool × driver / SUM(driver OVER dim), last digit by largest remainder.

    ALLOCATE(pool, method BY driver OVER dim, to): ``method`` is not ""; the driver says how much each member of ``over`` serves
    each of ``to``, whose members bear the same codes.
    """

    pool: Node
    driver: Node
    over: str
    to: str = ""
    method: Literal["", "direct", "step", "reciprocal"] = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line ``item[region] = expression``. First matching rule wins; cells that none matches are inputs.

    ``region`` is a boolean expression or None (everywhere). ``text`` is the source as written.
    """

    item: ItemRef
    region: Node | None
    expression: Node
    text: str
    line: int
