"""A model of linked formulas, told three ways: as items of ours, as numpy, as cells of a spreadsheet.

Formula k works on formula k − 1 and an input: what planners write most, in turns. The numbers stay small enough to compare.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from budget_model import _dimension
from numpy.typing import NDArray

from bihuan.engine.compile import compile_model
from bihuan.engine.definition import CalendarDefinition, CubeDefinition, ItemDefinition, ModelDefinition
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel, pack
from bihuan.engine.sheet import Sheet

Matrix = NDArray[np.float64]
INPUTS = 4


@dataclass(frozen=True)
class Kind:
    """One shape of formula over x (the formula before), y (an input) and p (that input a period earlier, else 0)."""

    ours: str
    cell: str

    def numpy(self, x: Matrix, y: Matrix, out: Matrix) -> None:
        raise NotImplementedError


class Product(Kind):
    def numpy(self, x: Matrix, y: Matrix, out: Matrix) -> None:
        np.multiply(x, y, out=out)


class Sum(Kind):
    def numpy(self, x: Matrix, y: Matrix, out: Matrix) -> None:
        np.add(x, y, out=out)


class Share(Kind):
    def numpy(self, x: Matrix, y: Matrix, out: Matrix) -> None:
        np.multiply(y, 0.5, out=out)
        np.subtract(x, out, out=out)


class Choice(Kind):
    def numpy(self, x: Matrix, y: Matrix, out: Matrix) -> None:
        np.copyto(out, np.where(x > y, x, y))


class Ratio(Kind):
    def numpy(self, x: Matrix, y: Matrix, out: Matrix) -> None:
        np.divide(x, y, out=out)


class Earlier(Kind):
    def numpy(self, x: Matrix, y: Matrix, out: Matrix) -> None:
        out[:, 0] = x[:, 0]
        np.add(x[:, 1:], y[:, :-1], out=out[:, 1:])


KINDS: tuple[Kind, ...] = (
    Product("{x} * {y}", "{x}*{y}"),
    Sum("{x} + {y}", "{x}+{y}"),
    Share("{x} - {y} * 0.5", "{x}-{y}*0.5"),
    Choice("IF({x} > {y}, {x}, {y})", "IF({x}>{y},{x},{y})"),
    Ratio("{x} / {y}", "{x}/{y}"),
    Earlier("{x} + PREV({y}, 0)", "{x}+{p}"),
)


def kind(k: int) -> Kind:
    return KINDS[k % len(KINDS)]


def name(k: int) -> str:
    """The item of formula k; below 0 the inputs: -1 is the last of them."""
    return f"f{k}" if k >= 0 else f"i{k + INPUTS}"


def operands(k: int) -> tuple[str, str]:
    """The names of x and y of formula k."""
    return name(k - 1), name(k % INPUTS - INPUTS)


@dataclass(frozen=True)
class Linked:
    """``inputs``: four matrices [rows, periods] of numbers between ½ and 2."""

    formulas: int
    inputs: tuple[Matrix, ...]

    @property
    def rows(self) -> int:
        return len(self.inputs[0])

    @property
    def periods(self) -> int:
        return self.inputs[0].shape[1]

    @property
    def last(self) -> ItemRef:
        return ItemRef("c", name(self.formulas - 1))


def make(rows: int, periods: int, formulas: int, seed: int = 11) -> Linked:
    rng = np.random.default_rng(seed)
    return Linked(formulas, tuple(0.5 + 1.5 * rng.random((rows, periods)) for _ in range(INPUTS)))


def sheet(linked: Linked, threads: int) -> Sheet:
    """Nothing computed yet; one period means a calendar of a single year."""
    rows = linked.rows
    side = next(n for n in range(int(rows**0.5), 0, -1) if rows % n == 0)
    dims = (_dimension("org", side, 32), _dimension("product", rows // side, 32))
    names = [name(k) for k in range(-INPUTS, linked.formulas)]
    items = tuple(ItemDefinition(n, n, "?", time="average", total="none") for n in names)
    cube = CubeDefinition("c", "c", ("period", "org", "product"), (), items, "\n".join(rules(linked.formulas)))
    base = "month" if linked.periods > 1 else "year"
    first, last = ("2026-01", f"2026-{linked.periods:02d}") if base == "month" else ("2026", "2026")
    calendar = CalendarDefinition(base, first, last)
    model = compile_model(ModelDefinition("bench", "bench", calendar, "元", {}, {}, ("预算",), ("zh",), dims, (cube,)))
    sizes = tuple(max(m.id for m in model.dimensions[d].members) + 1 for d in ("org", "product"))
    keys = np.stack([np.repeat(np.arange(side), rows // side), np.tile(np.arange(rows // side), side)], axis=1)
    codes = pack(keys.astype(np.int32), sizes)
    there = np.ones((rows, linked.periods), np.uint8)
    entered = {
        ItemRef("c", name(i - INPUTS)): Panel(sizes, codes, matrix, there) for i, matrix in enumerate(linked.inputs)
    }
    return Sheet.build(model, entered, threads=threads)


def rules(formulas: int) -> Iterator[str]:
    for k in range(formulas):
        x, y = operands(k)
        yield f"{name(k)} = {kind(k).ours.format(x=x, y=y)}"


def bare(linked: Linked) -> Matrix:
    """The last formula by numpy in two buffers made beforehand: no blanks, no states, nothing kept."""
    one, other = np.empty_like(linked.inputs[0]), np.empty_like(linked.inputs[0])
    x = linked.inputs[-1]
    for k in range(linked.formulas):
        kind(k).numpy(x, linked.inputs[k % INPUTS], one)
        x, one, other = one, other, one
    return x


def cells(linked: Linked) -> Iterator[list[str | float]]:
    """The lines of a spreadsheet, in its own language: an item after another, periods across in each; line 1 is the first."""
    width = linked.periods
    for r in range(linked.rows):
        line: list[str | float] = [float(m[r, t]) for m in linked.inputs for t in range(width)]
        for k in range(linked.formulas):
            before, given = (k - 1 + INPUTS) * width, (k % INPUTS) * width
            for t in range(width):
                earlier = f"{column(given + t - 1)}{r + 1}" if t else "0"
                x, y = f"{column(before + t)}{r + 1}", f"{column(given + t)}{r + 1}"
                line.append("=" + kind(k).cell.format(x=x, y=y, p=earlier))
        yield line


def column(index: int) -> str:
    """0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
