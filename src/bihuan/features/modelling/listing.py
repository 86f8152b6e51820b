"""What of a compiled model a reader may know of: items and members, cut by the predicate. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.features.access.scope import Scope
from bihuan.kernel.errors import NotFound
from bihuan.kernel.hierarchy import Edge
from bihuan.kernel.member import Dimension, Member


@dataclass(frozen=True, slots=True)
class Line:
    """A member in a tree; ``parent`` None at the top, ``leaf`` = values are kept on it."""

    id: int
    code: str
    name: str
    parent: str | None
    weight: float
    leaf: bool
    properties: Mapping[str, str]


def items(model: CompiledModel, cube: str, scope: Scope) -> list[CompiledItem]:
    """The items of a cube of which at least something is visible, in display order."""
    of_cube = [item for ref, item in model.items.items() if ref.cube == cube]
    return [item for item in of_cube if not scope.on(item=f"{cube}!{item.ref.item}").is_nothing]


def members(model: CompiledModel, dim: str, tree: str, scope: Scope) -> list[Line]:
    """The lines of a tree in display order, depth first; in the main tree members outside every edge stand at the top."""
    dimension = model.dimensions.get(dim)
    if dimension is None or (tree and tree not in dimension.trees):
        raise NotFound(f"no dimension {dim}{' with tree ' + tree if tree else ''}", dimension=dim, tree=tree)
    known = visible(dimension, tree, scope)
    return [_line(dimension, dimension.by_id[i], edge) for i, edge in _walk(dimension, tree) if i in known]


def _line(dimension: Dimension, member: Member, edge: Edge | None) -> Line:
    parent = dimension.by_id[edge.parent].code if edge else None
    weight = edge.weight if edge else 1.0
    return Line(member.id, member.code, member.name, parent, weight, dimension.is_leaf(member.id), member.properties)


def visible(dimension: Dimension, tree: str, scope: Scope) -> frozenset[int]:
    """Ids of the leaf members something is visible of, and of everything above them in the tree."""
    if not scope.limits(dimension.code):
        return frozenset(m.id for m in dimension.members) if not scope.is_nothing else frozenset()
    mask = scope.mask(dimension.code)
    up = dimension.trees[tree].parent_of() if tree in dimension.trees else {}
    out: set[int] = set()
    for leaf in dimension.leaves:
        node = leaf.id
        while mask[leaf.id] and node not in out:
            out.add(node)
            if node in up:
                node = up[node].parent
    return frozenset(out)


def _walk(dimension: Dimension, tree: str) -> Iterator[tuple[int, Edge | None]]:
    """Members with the edge they hang on, parents before children, siblings in display order."""
    edges = dimension.trees.get(tree)
    children = edges.children() if edges else {}
    stack: list[tuple[int, Edge | None]] = [(m.id, None) for m in reversed(dimension.tops(tree))]
    while stack:
        node, edge = stack.pop()
        yield node, edge
        stack.extend((e.child, e) for e in reversed(children.get(node, ())))
