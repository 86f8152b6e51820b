"""The formulas of a model as a reader may know of them: the text of each item, what it reads, what reads it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.scope import Scope
from bihuan.features.modelling import listing


@dataclass(frozen=True, slots=True)
class ItemFormulas:
    """``texts`` in the order they are tried; empty for an item that is only entered.

    ``hidden``: a formula reads something the reader may not know of: then no text is told, as it would name it.
    """

    ref: ItemRef
    texts: tuple[str, ...]
    hidden: bool
    reads: tuple[ItemRef, ...]
    read_by: tuple[ItemRef, ...]


def formulas(model: CompiledModel, scope: Scope) -> list[ItemFormulas]:
    """Of every item the reader may know of, in the model's order."""
    seen = {item.ref: item for cube in model.definition.cubes for item in listing.items(model, cube.code, scope)}
    return [_one(model, item, seen) for item in seen.values()]


def _one(model: CompiledModel, item: CompiledItem, seen: Mapping[ItemRef, CompiledItem]) -> ItemFormulas:
    reads = model.reads.get(item.ref, frozenset())
    hidden = not reads <= seen.keys()
    texts = () if hidden else tuple(rule.text.strip() for rule in item.rules)
    return ItemFormulas(
        item.ref, texts, hidden, _known(reads, seen), _known(model.dependents.get(item.ref, frozenset()), seen)
    )


def _known(refs: Iterable[ItemRef], seen: Mapping[ItemRef, CompiledItem]) -> tuple[ItemRef, ...]:
    order = {ref: n for n, ref in enumerate(seen)}
    return tuple(sorted((ref for ref in refs if ref in seen), key=order.__getitem__))
