"""The reference page shows the function table as it is, and its examples can be read."""

import re
from pathlib import Path

import pytest

from bihuan.engine.formula.functions import FUNCTIONS, find_function, render
from bihuan.engine.formula.lex import MAX_STATEMENT, RESERVED, FormulaFault
from bihuan.engine.formula.parse import MAX_DEPTH, MAX_NESTING, parse_block, parse_expression

PAGE = (Path(__file__).parents[3] / "docs/reference/formulas.md").read_text("utf-8")


def test_the_page_holds_the_current_function_table() -> None:
    """Update it: ``python -m bihuan.engine.formula.functions < formulas.md``."""
    assert render(PAGE) == PAGE


@pytest.mark.parametrize("block", re.findall(r"```bihuan\n(.*?)```", PAGE, re.DOTALL))
def test_an_example_of_the_page_can_be_read(block: str) -> None:
    faults: list[FormulaFault] = []
    assert parse_block(block, lambda line, text, fault: faults.append(fault))
    assert faults == []


def test_the_page_states_the_limits() -> None:
    assert f"最多 {MAX_STATEMENT:,} 个字符，括号最多套 {MAX_NESTING} 层，运算最多叠 {MAX_DEPTH} 层" in PAGE


def test_every_function_has_a_chinese_name_of_its_own_and_a_form_that_can_be_read() -> None:
    names = [f.name for f in FUNCTIONS.values()] + [f.alias for f in FUNCTIONS.values()]
    assert len(set(names)) == len(names)
    assert not set(names) & (RESERVED - {"AND", "OR", "NOT"})
    for function in FUNCTIONS.values():
        assert find_function(function.alias) is function
        for form in function.form.split(" 或 "):
            parse_expression(form.replace(", …", ""))
