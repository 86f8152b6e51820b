"""A compiled model's hierarchies as the permission predicate needs them: leaf ids under any member, in any tree."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledModel
from bihuan.kernel.member import OWN, Dimension, Member

_NONE = np.zeros(0, np.int32)


class ModelTrees:
    """Implements `access.scope.Hierarchies`. Trees are taken as they stand without an end (today's organisation)."""

    def __init__(self, model: CompiledModel) -> None:
        self._model = model
        self._leaves: dict[tuple[str, str, str], NDArray[np.int32]] = {}

    def size(self, dim: str) -> int:
        if dim == "period":
            return self._model.calendar.size
        return 1 + max((m.id for m in self._members(dim)), default=-1)

    def leaves(self, dim: str, member: str, tree: str = "") -> NDArray[np.int32]:
        key = (dim, member, tree)
        if key not in self._leaves:
            self._leaves[key] = self._period(member) if dim == "period" else self._under(dim, member, tree)
        return self._leaves[key]

    def every(self, dim: str) -> NDArray[np.int32]:
        if dim == "period":
            return np.arange(self._model.calendar.size, dtype=np.int32)
        dimension = self._dimensions.get(dim)
        return _NONE if dimension is None else np.array([m.id for m in dimension.leaves], np.int32)

    def own(self, dim: str, member: str) -> NDArray[np.int32]:
        dimension = self._dimensions.get(dim)
        if dim == "period" or dimension is None:
            return self.leaves(dim, member)
        found = dimension.by_code.get(member)
        if found is not None and not dimension.is_leaf(found.id):
            found = dimension.by_code.get(member + OWN)
        return _NONE if found is None else np.array([found.id], np.int32)

    @cached_property
    def _dimensions(self) -> Mapping[str, Dimension]:
        return self._model.dimensions

    def _members(self, dim: str) -> tuple[Member, ...]:
        return self._dimensions[dim].members if dim in self._dimensions else ()

    def _under(self, dim: str, code: str, tree: str) -> NDArray[np.int32]:
        dimension = self._dimensions.get(dim)
        found = dimension.by_code.get(code) if dimension else None
        if dimension is None or found is None:
            return _NONE
        if tree not in dimension.trees:
            return np.array([found.id], np.int32) if dimension.is_leaf(found.id) else _NONE
        under = dimension.trees[tree].leaves_under(found.id)
        return np.array(sorted(i for i in under if dimension.is_leaf(i)), np.int32)

    def _period(self, code: str) -> NDArray[np.int32]:
        calendar = self._model.calendar
        key = calendar.find(code)
        if key is None:
            return _NONE
        if key.grain == "base":
            return np.array([key.index], np.int32)
        group = calendar.groups(key.grain)[key.index]
        return np.arange(group.start, group.stop, dtype=np.int32)
