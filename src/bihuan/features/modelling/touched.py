"""How many stored cells each change of a package touches; moves and new parents, which a list of texts does not show. Pure.

A cell is *touched* when, after the change, it is shown no more, is read otherwise, or counts into another total. One cell
may be touched by several changes (a member closed, its cube given another dimension), so counts are not to be added up.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.modelling.model import Change
from bihuan.kernel.errors import Problem
from bihuan.kernel.member import OWN, Dimension
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class Stored:
    """Cells of one item that are not blank, over the open versions: in all, by member id of each dimension, by period code."""

    cells: int = 0
    members: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    periods: Mapping[str, int] = field(default_factory=dict)


StoredCells = Mapping[ItemRef, Stored]


class CellCounter(Protocol):
    """The later feature that keeps cells, asked what is stored for a model."""

    def __call__(self, reader: Reader, model_id: int) -> StoredCells: ...


class FilledItems(Protocol):
    """The same feature, asked only which items have a cell: cheaper than counting them."""

    def __call__(self, reader: Reader, model_id: int) -> Collection[ItemRef]: ...


counters: list[CellCounter] = []  # filled by bootstrap, once per process; empty = nobody knows, counts stay None
filled_by: list[FilledItems] = []  # filled beside it; empty = nobody knows what is filled


def touched(
    changes: Sequence[Change], old: CompiledModel, new: CompiledModel, stored: StoredCells | None
) -> tuple[Change, ...]:
    """The changes with moves and new parents among them, each with its count; None where cells play no part.

    ``stored`` None: nobody counted, every count stays None.
    """
    said = [*changes, *_new_parents(old, new)]
    counted = said if stored is None else [replace(c, cells=_cells(c, old, new, stored)) for c in said]
    return tuple(sorted([*counted, *_moves(old, new, stored)], key=lambda c: (c.what, c.code)))


def rescaled(old: CompiledModel, new: CompiledModel) -> dict[ItemRef, Problem]:
    """Items whose values would be kept with another number of decimals, and what to say where such an item has cells.

    A cell is kept as a whole number of the item's smallest unit: 12.30 at two decimals, read at none, is 1230.
    """
    out = {}
    for ref, was in old.items.items():
        now = new.items.get(ref)
        if now is not None and now.scale != was.scale:
            place, name = now.definition.place, now.definition.name
            out[ref] = Problem(
                "scale_of_stored",
                place.file,
                place.line,
                place.column,
                found=_scale(now.scale),
                expected=f"{_scale(was.scale)}；要换小数位数，新建一个指标，把数搬过去",
                message=f"“{name}”已有数，不能改小数位数",
            )
    return out


def _scale(scale: int | None) -> str:
    return "没有 scale" if scale is None else f"scale: {scale}"


def _moves(old: CompiledModel, new: CompiledModel, stored: StoredCells | None) -> Iterator[Change]:
    """Members that stand under another parent than before, as the trees stand today."""
    for code, name, was, now in _trees(old, new):
        before, after = _parents(was, name), _parents(now, name)
        for member in before.keys() & after.keys():
            if before[member] != after[member]:
                tree = f"{name}: " if name else ""
                leaves = was.trees[name].leaves_under(was.by_code[member].id)
                cells = None if stored is None else _on_members(code, leaves, stored)
                yield Change("move", "member", f"{code}:{member}", f"{tree}{before[member]} → {after[member]}", cells)


def _new_parents(old: CompiledModel, new: CompiledModel) -> Iterator[Change]:
    """Members that kept values themselves and have members below them now."""
    for code, was in old.dimensions.items():
        now = new.dimensions.get(code)
        for leaf in was.leaves if now is not None else ():
            member = now.by_code.get(leaf.code) if now is not None else None
            if now is not None and member is not None and not now.is_leaf(member.id):
                yield Change("parent", "member", f"{code}:{leaf.code}")


def _trees(old: CompiledModel, new: CompiledModel) -> Iterator[tuple[str, str, Dimension, Dimension]]:
    for code, was in old.dimensions.items():
        now = new.dimensions.get(code)
        for name in was.trees if now is not None else ():
            if now is not None and name in now.trees:
                yield code, name, was, now


def _parents(dimension: Dimension, tree: str) -> dict[str, str]:
    """Code of the child -> code of its parent, without the automatic leaves."""
    by_id, edges = dimension.by_id, dimension.trees[tree].parent_of()
    return {by_id[c].code: by_id[e.parent].code for c, e in edges.items() if by_id[c].own_of is None}


def _cells(change: Change, old: CompiledModel, new: CompiledModel, stored: StoredCells) -> int | None:
    match change.kind, change.what:
        case "add", _:
            return None
        case _, "member":
            return _of_member(change, old, stored)
        case _, "tree":
            return _of_tree(change.code, old, new, stored)
        case _, "item" | "cube" | "dimension":
            return _of_items(_reshaped(change, old, new), stored)
        case _, "formulas":
            return _of_items(_covered(change.code, old, new), stored)
        case _, "calendar":
            return _out_of_range(new, stored)
    return None


def _of_member(change: Change, old: CompiledModel, stored: StoredCells) -> int | None:
    dim, _, code = change.code.partition(":")
    dimension = old.dimensions[dim]
    if change.kind == "change":
        return None  # its name or properties; where it stands is said by a move
    member = dimension.by_code[code]
    own = dimension.by_code.get(code + OWN)
    return _on_members(dim, {member.id} | ({own.id} if own else set()), stored)


def _of_tree(code: str, old: CompiledModel, new: CompiledModel, stored: StoredCells) -> int:
    """Cells on the leaves below every member whose edge is another, gone or new: their totals are others."""
    dim, _, name = code.partition(".")
    was, now = old.dimensions[dim], new.dimensions[dim]
    before, after = _edges(was, name), _edges(now, name)
    leaves: set[int] = set()
    for child in before.keys() | after.keys():
        if before.get(child) != after.get(child) and child in was.by_code:
            member = was.by_code[child].id
            leaves |= was.trees[name].leaves_under(member).keys() if name in was.trees else {member}
    return _on_members(dim, leaves, stored)


def _edges(dimension: Dimension, tree: str) -> dict[str, set[tuple[object, ...]]]:
    out: dict[str, set[tuple[object, ...]]] = {}
    for edge in dimension.trees[tree].edges if tree in dimension.trees else ():
        said = (dimension.by_id[edge.parent].code, edge.weight, edge.valid_from, edge.valid_to)
        out.setdefault(dimension.by_id[edge.child].code, set()).add(said)
    return out


def _reshaped(change: Change, old: CompiledModel, new: CompiledModel) -> list[ItemRef]:
    """Items that are gone or keep their values in another shape, of those the change speaks of."""
    return [item.ref for item in old.items.values() if _speaks_of(change, item) and _other(item, new)]


def _speaks_of(change: Change, item: CompiledItem) -> bool:
    match change.what:
        case "item":
            return change.code == f"{item.ref.cube}!{item.ref.item}"
        case "cube":
            return change.code == item.ref.cube
    return change.code in item.dims


def _other(item: CompiledItem, new: CompiledModel) -> bool:
    now = new.items.get(item.ref)
    shape = (item.dims, item.grain, item.scale, item.type, item.unit)
    return now is None or shape != (now.dims, now.grain, now.scale, now.type, now.unit)


def _covered(cube: str, old: CompiledModel, new: CompiledModel) -> list[ItemRef]:
    """Items of the cube that were entered somewhere and are computed everywhere now."""
    found = [(item, new.items.get(item.ref)) for item in old.items.values() if item.ref.cube == cube]
    return [was.ref for was, now in found if now is not None and now.always_formula and not was.always_formula]


def _out_of_range(new: CompiledModel, stored: StoredCells) -> int:
    """Cells in periods that the axis has no more."""
    out = 0
    for ref, one in stored.items():
        item = new.items.get(ref)
        if item is not None and item.grain:
            known = frozenset(new.calendar.grain_codes(item.grain))
            out += sum(cells for code, cells in one.periods.items() if code not in known)
    return out


def _of_items(refs: Collection[ItemRef], stored: StoredCells) -> int:
    return sum(stored[ref].cells for ref in refs if ref in stored)


def _on_members(dim: str, members: Collection[int], stored: StoredCells) -> int:
    counts = [one.members[dim] for one in stored.values() if dim in one.members]
    return sum(of_dim.get(member, 0) for of_dim in counts for member in members)
