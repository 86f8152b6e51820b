"""Compile a model definition: names, types, units, dimensions and order are settled here, and every problem is reported."""

from collections.abc import Mapping

from bihuan.engine.compiled import CompiledItem, CompiledModel, Component, GraphNode, Total
from bihuan.engine.definition import ModelDefinition

__all__ = ["CompiledItem", "CompiledModel", "Component", "GraphNode", "Total", "compile_model"]


def compile_model(definition: ModelDefinition, ids: Mapping[str, Mapping[str, int]] | None = None) -> CompiledModel:
    """The compiled model; ``ids`` gives each member's stable id, else ids count from 0 in file order.

    Raises `ProblemsFound` with everything that is wrong.
    """
    raise NotImplementedError
