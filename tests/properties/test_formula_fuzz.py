"""Whatever is typed as a formula is read or refused, quickly and with a place; nothing crashes, nothing hangs."""

import time
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models import package

from bihuan.engine.compile import compile_model
from bihuan.engine.definition import ModelDefinition
from bihuan.engine.formula.functions import FUNCTIONS
from bihuan.engine.formula.lex import FormulaFault, logical_lines
from bihuan.engine.formula.parse import parse_block, parse_statement
from bihuan.kernel.errors import ProblemsFound

PIECES = [
    *FUNCTIONS, *"+-*/^%&=<>()[],:!.'\"（）［］，：＝×÷≥≤≠、。#“ \n",
    "<>", "<=", ">=", "AND", "OR", "NOT", "OVER", "BY", "WHERE", "TRUE", "FALSE", "0", "1", "2.5", "1e9", "10%",
    "收入", "成本", "销量", "单价", "余额", "备注", "到期", "全年", "总额", "部门数", "回款", "税率", "参数!税率", "别表!运费",
    "产品", "部门", "来源期", "期间", "产品.类别", "部门.城市", "[产品: A]", "[产品: 全部]", "[期间: year]", "[版本: 实际]",
    '"热销"', "收入 = ", "收入[产品: A] = ", "\n  ", "如果", "上期",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join)


@lru_cache
def definition() -> ModelDefinition:
    with TemporaryDirectory() as folder:
        return package(Path(folder), "收入 = 成本").definition


def compiles(text: str) -> bool:
    """Whether the model with this formula text is accepted; a refusal must name a place in the file."""
    from dataclasses import replace

    model = definition()
    first = replace(model.cubes[0], formulas=text)
    try:
        compile_model(replace(model, cubes=(first, *model.cubes[1:])))
    except ProblemsFound as found:
        for problem in found.problems:
            assert problem.message
            assert problem.line >= 1
        return False
    return True


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=1000)
def test_any_text_is_read_or_refused_within_itself(text: str) -> None:
    refused: FormulaFault | None = None
    try:
        parse_statement(text)
    except FormulaFault as fault:
        refused = fault
    if refused is not None:
        assert refused.message
        assert 0 <= refused.start <= len(text)


@given(texts)
@settings(max_examples=250, deadline=2000)
def test_any_run_of_words_and_signs_is_compiled_or_refused(text: str) -> None:
    compiles("收入 = " + text.replace("\n", " "))


@given(st.lists(texts, max_size=4).map("\n".join))
@settings(max_examples=60, deadline=2000)
def test_any_block_of_lines_is_compiled_or_refused(text: str) -> None:
    compiles(text)


# --- formulas that are well formed by construction --------------------------------------------------------------------

money = st.sampled_from(
    ["收入", "成本", "余额", "别表!运费", "PREV(余额)", "NEXT(成本, 0)", "YTD(成本)", "成本[产品: A]", "总额"]
)
number = st.one_of(st.sampled_from(["0", "1", "2.5", "10%", "费率", "PERIODNO()", "税率"]), st.integers(0, 99).map(str))
conditions = st.sampled_from(["成本 > 0", "期间 > 来源", '产品.类别 = "热销"', "ISBLANK(成本)", "年末()"]).filter(
    lambda text: "来源" not in text
)


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " - "]), inner).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        st.tuples(inner, number).map(lambda p: f"{p[0]} * {p[1]}"),
        st.tuples(inner, number).map(lambda p: f"{p[0]} / ({p[1]})"),
        st.tuples(conditions, inner, inner).map(lambda p: f"IF({p[0]}, {p[1]}, {p[2]})"),
        st.tuples(st.sampled_from(["MIN", "MAX", "合计"]), inner, inner).map(lambda p: f"{p[0]}({p[1]}，{p[2]})"),
        inner.map(lambda text: f"ROUND({text}, 2)"),
        inner.map(lambda text: f"-({text})"),
    )


@given(st.recursive(money, grow, max_leaves=12))
@settings(max_examples=120, deadline=2000)
def test_a_sum_of_money_is_always_money(text: str) -> None:
    assert compiles(f"目标 = {text}") is False  # 目标 does not exist
    from dataclasses import replace

    model = definition()
    cube = model.cubes[0]
    target = replace(cube.items[0], code="目标", name="目标", unit="元", time="none")
    compile_model(
        replace(model, cubes=(replace(cube, items=(*cube.items, target), formulas=f"目标 = {text}"), *model.cubes[1:]))
    )


def test_hostile_texts_are_refused_quickly() -> None:
    hostile = [
        "a = " + "(" * 5000,
        "a = " + "-" * 9000 + "1",
        "a = " + "NOT " * 2400 + "b",
        "a = " + "IF(" * 3000,
        "a = " + "1+" * 4900 + "1",
        "a = " + "2^" * 4900 + "1",
        "a = '" + "x" * 9000,
        "a[" * 4000,
        "a = b" + "[c: d" * 1500,
        "=" * 9999,
    ]
    began = time.perf_counter()
    for text in hostile:
        try:
            parse_statement(text)
        except FormulaFault:
            continue
        raise AssertionError(text[:40])
    assert time.perf_counter() - began < 5


def test_a_long_block_is_read_in_linear_time() -> None:
    block = "\n".join(f"项目{n} = 成本 * {n} + IF(余额 > 0, 余额, 0)" for n in range(3000))
    began = time.perf_counter()
    assert len(logical_lines(block)) == 3000
    assert len(parse_block(block, lambda *_: None)) == 3000
    assert time.perf_counter() - began < 10
