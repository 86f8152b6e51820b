"""Random small models, inputs and edits, for tests that compare two ways of computing the same thing."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from tests.sheets import dimension, model

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.definition import CalendarDefinition
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel, panel_of
from bihuan.engine.sheet import Edits, Sheet
from bihuan.kernel.errors import ProblemsFound
from bihuan.kernel.state import State

Cells = dict[tuple[ItemRef, tuple[int, ...], int], float]  # values as they are kept, in units of 10^-scale

ORG = dimension("org", {"G": ["N", "S"], "N": ["n1", "n2"], "S": ["s1", "s2", "s3*-1"]},
                properties={c: {"kind": k} for c, k in zip(("n1", "n2", "s1", "s2"), "abab", strict=True)})  # fmt: skip
PRODUCT = dimension("product", {"P": ["p1", "p2", "p3"]})
PLACE = dimension("place", ["x", "y"])
CALENDARS = (
    CalendarDefinition("quarter", "2026Q1", "2026Q4", history=1, ahead=1),
    CalendarDefinition("month", "2026-01", "2026-06", history=2, ahead=0),
    CalendarDefinition("year", "2026", "2028", history=1, ahead=0),
)
INPUTS: Mapping[str, Mapping[str, object]] = {
    "qty": {"scale": 0, "time": "sum"},
    "price": {"time": "average", "total": "weighted by qty"},
    "cost": {"scale": 2, "time": "sum"},
    "stock": {"scale": 2, "time": "last"},
    "rate": {"time": "average", "dims": ("period", "org"), "total": "average"},
    "factor": {"time": "average", "dims": ()},
    "pool": {"scale": 2, "time": "sum", "dims": ("period", "product")},
}
LEAVES = ("qty", "price", "cost", "stock", "rate", "factor", "1", "2.5", "0", "100")


@dataclass
class Made:
    """A model that compiles, and what was entered."""

    model: CompiledModel
    cells: Cells


def expression(rng: random.Random, names: tuple[str, ...], depth: int) -> str:
    """An expression over (org, product); many kinds of operator, few of them deep."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(names)

    def sub() -> str:
        return expression(rng, names, depth - 1)

    kind = rng.randrange(30)
    if kind < 8:
        return f"({sub()} {rng.choice('+-*+-*/')} {sub()})"
    return (
        lambda: f"IF({sub()} {rng.choice(['<', '>', '=', '<=', '<>'])} {sub()}, {sub()}, {sub()})",
        lambda: f"IF({sub()} > 10, {sub()})",
        lambda: f"{rng.choice(['MIN', 'MAX'])}({sub()}, {sub()})",
        lambda: f"ROUND({sub()}, {rng.choice([0, 1, -2])})",
        lambda: f"{rng.choice(['IFERROR', 'IFBLANK'])}({sub()}, {sub()})",
        lambda: f"{rng.choice(['PREV', 'NEXT'])}({sub()})",
        lambda: f"PREV({sub()}, {rng.choice(names)})",
        lambda: f"{rng.choice(['YTD', 'CUM'])}({rng.choice(['qty', 'cost'])})",
        lambda: f"{rng.choice(['SUM', 'MAX', 'AVERAGE', 'COUNT'])}({rng.choice(names[:4])} * 2 OVER product)",
        lambda: f'SUM({rng.choice(names[:4])} OVER org WHERE org.kind = "a")',
        lambda: f"{rng.choice(['qty', 'cost'])}[product: {rng.choice(['p1', 'P'])}]",
        lambda: "SWITCH(PERIODNO(), 1, qty, 2, cost, stock)",
        lambda: f"{rng.choice(['LAG', 'LEAD'])}({sub()}, {rng.choice([0, 1, 2, 3])})",
        lambda: f"LAG({sub()}, {rng.choice([1, 2])}, {rng.choice(names)})",
        lambda: f"YEAR_AGO({rng.choice(['qty', 'cost', 'stock'])}, {rng.choice(names)})",
        lambda: f"ROLLING({rng.choice(['qty', 'cost'])}, {rng.choice([1, 2, 3])})",
        lambda: f"{rng.choice(['OPENING', 'CLOSING'])}(stock)",
        lambda: (
            f'{rng.choice(["SUM", "COUNT", "AVERAGE", "MIN", "MAX"])}IFS({rng.choice(names[:4])}, org.kind, "a" OVER org)'
        ),
        lambda: f"IFS({sub()} > 5, {sub()}, {sub()} < 0, {sub()})",
        lambda: f"{rng.choice(['ROUNDUP', 'ROUNDDOWN', 'MROUND'])}({sub()}, {rng.choice([1, 2])})",
        lambda: f"LEN(TEXT(ROUND({sub()}, 0), 0))",
        lambda: f'IF(LEFT(TEXT({sub()}, 1), 1) = "-", {sub()}, YEAR(PERIODEND()))',
    )[kind - 8]()


def random_model(rng: random.Random) -> Made:
    """Draws until one compiles: most draws do."""
    while True:
        try:
            return _draw(rng)
        except ProblemsFound:
            continue


def _draw(rng: random.Random) -> Made:
    items: dict[str, Mapping[str, object]] = {k: {"unit": "?", **v} for k, v in INPUTS.items()}
    names, lines = LEAVES, []
    for n in range(rng.randrange(2, 6)):
        name = f"f{n}"
        time = rng.choice(["sum", "last", "average", "formula"])
        total = rng.choice(["sum", "sum", "sum", "average", "max", "formula"])
        items[name] = {"unit": "?", "scale": rng.choice([2, 2, 0, None]), "time": time, "total": total,
                       "fill": rng.choice(["plan", "plan", "all"])}  # fmt: skip
        text = expression(rng, names, rng.randrange(1, 4))
        shape = rng.randrange(5)
        if shape == 0:
            lines.append(f"{name}[product: p1] = {text}")
            lines.append(f"{name}[PERIODNO() = 1] = qty")
        elif shape == 1:
            lines.append(f"{name} = PREV({name}) + {text}")
        elif shape == 2:
            lines.append(f"{name} = {text} + qty")
        else:
            lines.append(f"{name} = {text}")
        names = (name, *names)
    made = model([ORG, PRODUCT], items, "\n".join(lines), rng.choice(CALENDARS))
    cells: Cells = {}
    for ref, item in made.items.items():
        for row in rows_of(made, item):
            if rng.random() < 0.6:
                cells |= {(ref, row, t): v for t in range(width(made, item)) if (v := amount(rng, item)) is not None
                          and enterable(made, item, t)}  # fmt: skip
    return Made(made, cells)


def width(model: CompiledModel, item: CompiledItem) -> int:
    """Columns of an item."""
    return model.calendar.grain_size(item.grain) if item.grain else 1


def enterable(model: CompiledModel, item: CompiledItem, t: int) -> bool:
    """An entered plan cell of a formula item is refused by a package; off the plan it is how history is given."""
    return item.is_input or t not in model.calendar.grain_plan(item.grain)


def rows_of(model: CompiledModel, item: CompiledItem) -> list[tuple[int, ...]]:
    """All combinations of leaf members."""
    out: list[tuple[int, ...]] = [()]
    for dim in item.dims:
        out = [(*row, leaf.id) for row in out for leaf in model.dimensions[dim].leaves]
    return out


def amount(rng: random.Random, item: CompiledItem) -> float | None:
    """A kept value, now and then blank or zero."""
    if rng.random() < 0.15:
        return None
    if rng.random() < 0.1:
        return 0.0
    return float(rng.randrange(-300, 3000)) if item.scale is not None else rng.randrange(-20, 80) / 4


def panels(model: CompiledModel, cells: Cells) -> dict[ItemRef, Panel]:
    """What was entered, as panels."""
    out = {}
    for ref, item in model.items.items():
        rows = sorted({row for r, row, _ in cells if r == ref})
        if rows:
            place = {row: n for n, row in enumerate(rows)}
            values = np.full((len(rows), width(model, item)), np.nan)
            for (r, row, t), value in cells.items():
                if r == ref:
                    values[place[row], t] = value
            out[ref] = panel_of(np.array(rows, np.int32).reshape(len(rows), -1), values)
    return out


def naive_inputs(model: CompiledModel, cells: Cells) -> dict[tuple[ItemRef, tuple[int, ...], int], Fraction]:
    """The same for the naive evaluator, in plain units."""
    return {key: Fraction(value) / 10 ** (model.items[key[0]].scale or 0) for key, value in cells.items()}


def random_edits(rng: random.Random, made: Made, count: int) -> Edits:
    """Some cells set, changed or blanked; ``made.cells`` follows."""
    refs = tuple(made.model.items)
    item, members, period, value, state = [], [], [], [], []
    for _ in range(count):
        n = rng.randrange(len(refs))
        it = made.model.items[refs[n]]
        row = rng.choice(rows_of(made.model, it))
        t = rng.randrange(width(made.model, it))
        if not enterable(made.model, it, t):
            continue
        new = amount(rng, it)
        if new is None:
            made.cells.pop((refs[n], row, t), None)
        else:
            made.cells[refs[n], row, t] = new
        item.append(n)
        members.append([*row, *[-1] * (2 - len(row))])
        period.append(t)
        value.append(new or 0.0)
        state.append(State.BLANK if new is None else State.VALUE)
    ids = np.array(members, np.int32).reshape(len(members), 2)
    return Edits(refs, np.array(item, np.int32), ids, np.array(period, np.int32), np.array(value, np.float64),
                 np.array(state, np.uint8))  # fmt: skip


def build(made: Made, threads: int = 1) -> Sheet:
    """A sheet from nothing."""
    return Sheet.build(made.model, panels(made.model, made.cells), threads=threads)
