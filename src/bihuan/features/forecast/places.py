"""Nodes of a model as weights over leaves, and the rows of a table along one dimension."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.forecast.series import Floats
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.kernel.member import Dimension, Member


@dataclass(frozen=True, slots=True)
class Place:
    """A row: a member of the dimension it runs along, its depth and its parent's code."""

    member: Member
    level: int
    parent: str | None
    leaf: bool


def places(model: CompiledModel, dim: str, top: str, depth: int | None) -> list[Place]:
    """A member and those below it in the main tree, parents first; ``depth`` levels below it, None = all."""
    dimension = _dimension(model, dim)
    tree = dimension.trees.get("")
    children = tree.children() if tree else {}
    out: list[Place] = []

    def walk(member: Member, level: int, parent: str | None) -> None:
        below = children.get(member.id, ())
        out.append(Place(member, level, parent, not below))
        if depth is None or level < depth:
            for edge in below:
                walk(dimension.by_id[edge.child], level + 1, member.code)

    walk(_member(dimension, top), 0, None)
    return out


def complete(model: CompiledModel, ref: ItemRef, members: Mapping[str, str]) -> dict[str, str]:
    """A member for every dimension of the item: the named one, else the only top of the dimension's main tree."""
    item = model.item(ref.cube, ref.item)
    if extra := [dim for dim in members if dim not in item.dims]:
        raise Invalid(f"指标 {item.definition.name} 没有维度 {extra[0]}", dimension=extra[0])
    return {
        dim: _member(model.dimensions[dim], members[dim]).code if dim in members else top_of(model, dim)
        for dim in item.dims
    }


def top_of(model: CompiledModel, dim: str) -> str:
    """The code of the dimension's only top."""
    dimension = _dimension(model, dim)
    tops = dimension.tops()
    if len(tops) != 1:
        raise Invalid(f"请指定 {dimension.name} 的成员", dimension=dim)
    return tops[0].code


def node_weights(model: CompiledModel, ref: ItemRef, members: Mapping[str, str]) -> list[Floats]:
    """For each of the item's dimensions float64[ids]: what each leaf counts in the named member; the top where none is."""
    item, named = model.item(ref.cube, ref.item), complete(model, ref, members)
    out = []
    for dim in item.dims:
        dimension = model.dimensions[dim]
        weights = np.zeros(max(m.id for m in dimension.members) + 1)
        tree = dimension.trees.get("")
        member = _member(dimension, named[dim])
        for leaf, weight in (tree.leaves_under(member.id) if tree else {member.id: 1.0}).items():
            weights[leaf] = weight
        out.append(weights)
    return out


def weights_of(weights: Sequence[Floats], keys: np.ndarray) -> Floats:
    """float64[n]: what each series (leaf ids [n, dims]) counts in a node."""
    out = np.ones(len(keys))
    for d, weight in enumerate(weights):
        out *= weight[keys[:, d]]
    return out


def _dimension(model: CompiledModel, dim: str) -> Dimension:
    if dim not in model.dimensions:
        raise NotFound(f"没有维度 {dim}", dimension=dim)
    return model.dimensions[dim]


def _member(dimension: Dimension, code: str) -> Member:
    found = dimension.find(code)
    if found is None:
        raise NotFound(f"{dimension.name} 里没有成员 {code}", dimension=dimension.code, member=code)
    return found
