"""Vector kernels against the one table of states, cell by cell; and the page made from it is current."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from bihuan.engine.formula import kernels
from bihuan.engine.formula.kernels import Cells, blank, constant, make
from bihuan.engine.formula.operators import OPERATORS, Operator, render, result_state
from bihuan.kernel.state import State

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "blank-and-errors.md"
STATES = (State.BLANK, State.VALUE, State.NOT_APPLICABLE, State.DIV_BY_ZERO, State.OVERFLOW)


def operand(state: State, value: float = 6.0) -> Cells:
    return make(np.array([[value]]), np.array([[state]], np.uint8))


def apply(operator: Operator, *operands: Cells) -> Cells:
    name = operator.name
    if name in kernels.BINARY:
        return kernels.BINARY[name](*operands)
    return kernels.FUNCTIONS[name](*operands) if name in kernels.FUNCTIONS else kernels.compare(name, *operands)


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda o: o.name)
def test_each_operator_does_with_each_pair_of_states_what_the_table_says(operator: Operator) -> None:
    count = 1 if operator.arguments == 1 else 2
    for states in product(STATES, repeat=count):
        result = apply(operator, *(operand(s) for s in states))
        assert result.states.item() == result_state(operator, states), (operator.name, states)
        if result.states.item() != State.VALUE and operator.name != "&":
            assert result.values.item() == 0.0


@pytest.mark.parametrize("operator", [o for o in OPERATORS.values() if o.domain_state], ids=lambda o: o.name)
def test_a_value_outside_the_domain_is_the_error_the_table_names(operator: Operator) -> None:
    pair = (-1.0, 0.5) if operator.domain_state == State.BAD_NUMBER else (6.0, 0.0)
    pair = pair[: operator.arguments]
    assert apply(operator, *(operand(State.VALUE, v) for v in pair)).states.item() == operator.domain_state


CASES = [  # operator, left, right, result; None = blank
    ("+", None, 5, 5), ("+", None, None, None), ("-", 5, None, 5), ("-", None, 5, -5), ("*", None, 5, None),
    ("/", 5, None, None), ("/", None, 0, None), ("/", 0, 0, "DIV_BY_ZERO"), ("^", None, 2, None), ("^", 2, 10, 1024),
    ("=", None, 0, 1), ("<", None, 5, 1), ("MIN", None, 5, 0), ("MAX", None, -5, 0), ("MIN", None, None, None),
    ("SUM", None, 5, 5), ("ROUND", 2.5, 0, 3), ("ROUND", -2.5, 0, -3), ("ROUND", 1.005, 2, 1.01),
    ("ROUND", 1250, -2, 1300), ("ROUNDUP", -2.1, 0, -3), ("ROUNDDOWN", -2.9, 0, -2), ("ROUNDDOWN", 0.29 * 100, 0, 29),
    ("CEILING", -2.5, 2, -2), ("CEILING", 10940.0000000001, 1000, 11000), ("CEILING", 11000.0000000001, 1000, 11000),
    ("FLOOR", -2.5, 2, -4), ("FLOOR", 2999.9999999999, 1000, 3000), ("MROUND", 7.5, 5, 10), ("MOD", -7, 3, 2),
]  # fmt: skip


@pytest.mark.parametrize(("name", "left", "right", "expected"), CASES)
def test_the_cases_an_accountant_asks_about(name: str, left: object, right: object, expected: object) -> None:
    pair = [blank() if v is None else constant(float(str(v))) for v in (left, right)]
    result = apply(OPERATORS[name], *pair)
    state = State(result.states.item())
    value = None if state == State.BLANK else state.name if state != State.VALUE else kernels.natural(result).item()
    assert value == expected


def test_money_is_added_and_compared_in_whole_fen() -> None:
    ten, twenty = (Cells(np.array([[v]]), np.array([[1]], np.uint8), 2, clean=True) for v in (10.0, 20.0))
    total = kernels.add(ten, twenty)
    assert (total.values.item(), total.exponent) == (30.0, 2)
    assert kernels.natural(total).item() == 0.3  # 0.1 + 0.2 of plain floats is not


def test_the_page_of_blank_and_errors_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render()
