"""A sales budget for the benches: org x product x 12 months; revenue = volume x price x (1 - rate), rounded to fen."""

from typing import TYPE_CHECKING

import numpy as np

from bihuan.engine.compile import compile_model
from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import (
    CalendarDefinition,
    CubeDefinition,
    DimensionDefinition,
    EdgeDefinition,
    ItemDefinition,
    MemberDefinition,
    ModelDefinition,
)
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel, pack
from bihuan.engine.sheet import Sheet

if TYPE_CHECKING:
    from peers import Data

VOLUME, PRICE, RATE, REVENUE = (ItemRef("sales", code) for code in ("volume", "price", "rate", "revenue"))


def _dimension(code: str, leaves: int, fan: int) -> DimensionDefinition:
    """``leaves`` leaves under groups of ``fan``, all under ALL."""
    groups = [f"{code}-g{g}" for g in range(-(-leaves // fan))]
    names = [f"{code}-{n}" for n in range(leaves)]
    edges = [EdgeDefinition(g, f"{code}-ALL") for g in groups]
    edges += [EdgeDefinition(name, groups[n // fan]) for n, name in enumerate(names)]
    members = tuple(MemberDefinition(c, c) for c in (*names, *groups, f"{code}-ALL"))
    return DimensionDefinition(code, code, members, {"": tuple(edges)})


def make_model(rows: int) -> CompiledModel:
    """Orgs and products, about as many of each, ``rows`` pairs; leaves have the ids 0, 1, 2 … in file order."""
    side = next(n for n in range(int(rows**0.5), 0, -1) if rows % n == 0)
    items = (
        ItemDefinition("volume", "volume", "?", scale=0, time="sum", total="sum"),
        ItemDefinition("price", "price", "?", time="average", total="none"),
        ItemDefinition("rate", "rate", "?", time="average", total="none"),
        ItemDefinition("revenue", "revenue", "?", scale=2, time="sum", total="sum"),
    )
    cube = CubeDefinition(
        "sales", "sales", ("period", "org", "product"), (), items, "revenue = volume * price * (1 - rate)"
    )
    calendar = CalendarDefinition("month", "2026-01", "2026-12")
    dims = (_dimension("org", side, 32), _dimension("product", rows // side, 32))
    return compile_model(ModelDefinition("bench", "bench", calendar, "元", {}, {}, ("预算",), ("zh",), dims, (cube,)))


def keys_of(model: CompiledModel, rows: int) -> np.ndarray:
    """int32[rows, 2]: every org with every product, org leading."""
    side = len(model.dimensions["org"].leaves)
    other = len(model.dimensions["product"].leaves)
    assert side * other == rows, (side, other, rows)
    return np.stack([np.repeat(np.arange(side), other), np.tile(np.arange(other), side)], axis=1).astype(np.int32)


def inputs(model: CompiledModel, data: "Data") -> dict[ItemRef, Panel]:
    """The data as panels that share one array of codes, as blocks of one cube do."""
    sizes = tuple(max(m.id for m in model.dimensions[d].members) + 1 for d in ("org", "product"))
    codes = pack(keys_of(model, data.rows), sizes)
    there = np.ones_like(data.blank, np.uint8)
    return {
        VOLUME: Panel(sizes, codes, data.volume, (~data.blank).astype(np.uint8)),
        PRICE: Panel(sizes, codes, data.price, there),
        RATE: Panel(sizes, codes, data.rate, there),
    }


def make_sheet(data: "Data", threads: int) -> Sheet:
    """Nothing computed yet."""
    model = make_model(data.rows)
    return Sheet.build(model, inputs(model, data), threads=threads)
