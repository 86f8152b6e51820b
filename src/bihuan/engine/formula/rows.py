"""How many rows a formula fills where nothing tells which: then every valid leaf member, up to a stated limit."""

from collections.abc import Mapping
from math import prod

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula import bound
from bihuan.engine.formula.bound import Node
from bihuan.engine.formula.graph import children
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.formula.syntax import Syntax
from bihuan.kernel.member import Dimension

FILL_LIMIT = 1_000_000  # rows


def check_rows(item: CompiledItem, node: Node, dimensions: Mapping[str, Dimension], at: Syntax) -> None:
    """Refuse a formula that would fill too many rows, with the estimate."""
    free = [dim for dim in item.dims if dim not in carried(node, dimensions)]
    rows = prod(len(dimensions[dim].leaves) for dim in free)
    if free and rows > FILL_LIMIT:
        names = "、".join(free)
        message = f"公式没有说明在“{names}”的哪些成员上有数，要填满 {rows:,} 行；引用一个有这些维度的指标"
        raise FormulaFault(
            "too_many_rows", at.start, at.end, message, found=f"{rows:,} 行", expected=f"最多 {FILL_LIMIT:,} 行"
        )


def carried(node: Node, dimensions: Mapping[str, Dimension]) -> frozenset[str]:
    """The dimensions whose rows follow from the items the expression reads."""
    if isinstance(node, bound.Read):
        pinned = {pin.dim for pin in node.pins}
        return frozenset(dim for dim in node.dims if dim not in pinned and not _is_role(node, dim))
    below = frozenset[str]().union(*(carried(child, dimensions) for child in children(node)))
    if isinstance(node, bound.Aggregate):
        if node.by is not None and node.by[0] in below:
            below |= {dimensions[node.by[0]].references[node.by[1]]}
        return below & set(node.dims)
    return below


def _is_role(node: bound.Read, dim: str) -> bool:
    """A role dimension that came in as the period to read at: it creates no rows."""
    return node.period is not None and node.period.kind == "role" and node.period.value == dim
