"""What may be written and what it means; every refusal names the place and what to write instead."""

import pytest

from bihuan.engine.formula.lex import FormulaFault, logical_lines
from bihuan.engine.formula.parse import parse_block, parse_expression, parse_statement
from bihuan.engine.formula.syntax import (
    Dotted,
    Infix,
    Invocation,
    Number,
    Pick,
    Prefix,
    Reference,
    Syntax,
    Text,
    Truth,
)


def lisp(node: Syntax) -> str:
    """The tree in brackets, for reading in a table."""
    match node:
        case Number():
            return f"{node.value:g}"
        case Text():
            return f'"{node.value}"'
        case Truth():
            return str(node.value).upper()
        case Reference():
            picks = "".join(f"[{p.dim}:{p.member}]" for p in node.picks)
            return (f"{node.cube}!" if node.cube else "") + node.name + picks
        case Dotted():
            return f"{node.dim}.{node.prop}"
        case Prefix():
            return f"({node.op} {lisp(node.operand)})"
        case Infix():
            return f"({node.op} {lisp(node.left)} {lisp(node.right)})"
        case Invocation():
            parts = [node.function, *map(lisp, node.args)]
            parts += [f"OVER:{','.join(node.over)}"] * bool(node.over)
            parts += [f"BY:{lisp(node.by)}"] if node.by else []
            parts += [f"WHERE:{lisp(node.where)}"] if node.where else []
            return f"({' '.join(parts)})"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c", "(+ a (* b c))"),
        ("a - b - c", "(- (- a b) c)"),
        ("a / b / c", "(/ (/ a b) c)"),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("(-a) ^ 2", "(^ (- a) 2)"),
        ("-(a ^ 2)", "(- (^ a 2))"),
        ("2 ^ -3", "(^ 2 (- 3))"),
        ("a ^ 2 * b", "(* (^ a 2) b)"),
        ("10%", "0.1"),
        ("a%", "(/ a 100)"),
        ("10% ^ 2", "(^ 0.1 2)"),
        ("1.5e3", "1500"),
        (".5", "0.5"),
        ('a & "b""c"', '(& a "b"c")'),
        ("a & b = c", "(= (& a b) c)"),
        ("a < b AND c < d OR e = f", "(OR (AND (< a b) (< c d)) (= e f))"),
        ("NOT a = b", "(NOT (= a b))"),
        ("NOT a AND b", "(AND (NOT a) b)"),
        ("NOT(a)", "(NOT a)"),
        ("AND(a, b)", "(AND a b)"),
        ("a AND (b OR c)", "(AND a (OR b c))"),
        ("TRUE = FALSE", "(= TRUE FALSE)"),
        ("'减:折旧' + 'Total stockholders'' equity'", "(+ 减:折旧 Total stockholders' equity)"),
        ("'BOM'!单耗", "BOM!单耗"),
        ("x[org: 'it''s', 期间: 2026-01]", "x[org:it's][期间:2026-01]"),
        ("x[产品: P1 型]", "x[产品:P1 型]"),
        ('部门.城市 = "北京"', '(= 部门.城市 "北京")'),
        ("SUM(x * y OVER a, b WHERE c = 1)", "(SUM (* x y) OVER:a,b WHERE:(= c 1))"),
        ("SUM(x BY 部门.城市)", "(SUM x BY:部门.城市)"),
        ("SHARE(池 BY 面积 OVER 部门)", "(SHARE 池 OVER:部门 BY:面积)"),
        ("IF(a > 0, b)", "(IF (> a 0) b)"),
        ("PERIODS()", "(PERIODS)"),
        ("IF + 1", "(+ IF 1)"),
        ("a<>b", "(<> a b)"),
        # full-width punctuation, as Chinese input methods type it
        ("（a＋b）×c÷d", "(/ (* (+ a b) c) d)"),
        ("IF（a≥b，１，２）".replace("１", "1").replace("２", "2"), "(IF (>= a b) 1 2)"),
        ("a≠b", "(<> a b)"),
        ("x［产品：甲］", "x[产品:甲]"),
        ("表！x％", "(/ 表!x 100)"),
        ("a－b＊c／d", "(- a (/ (* b c) d))"),
        ("a　+　b", "(+ a b)"),
        ('"全角（，）原样"', '"全角（，）原样"'),
        ("“年结”＆“，”", '(& "年结" "，")'),
        ('“里面的"不算”', '"里面的"不算"'),
        ("‘减：折旧’ - b", "(- 减：折旧 b)"),
        ("x[产品: ‘a, b’]", "x[产品:a, b]"),
    ],
)
def test_an_expression_means(text: str, tree: str) -> None:
    assert lisp(parse_expression(text)) == tree


@pytest.mark.parametrize(
    ("text", "code", "at", "says"),
    [
        ("a = -b^2", "ambiguous_power", 4, "(-a)^2 或 -(a^2)"),
        ("a = b^c^d", "ambiguous_power", 5, "加上括号"),
        ("a = b < c < d", "chained_comparison", 10, "a < b AND b < c"),
        ("a = b = c = d", "chained_comparison", 10, "a < b AND b < c"),
        ("a = b、c", "bad_character", 5, "、"),
        ("a = 3。5", "bad_character", 5, "小数点用 ."),
        ("a = ”b”", "bad_character", 4, "成对"),
        ("a = “b", "open_quote", 4, "没有配对"),
        ("a = b ** 2", "syntax", 7, "乘方写 ^"),
        ("a = b == c", "syntax", 7, "相等写一个 ="),
        ("a = IF(b != c, 1)", "syntax", 10, "不等于写 <>"),
        ("a = IF(b => c, 1)", "syntax", 10, "大于等于写 >="),
        ("a = IF(b > 1 && c > 1, 1)", "syntax", 14, "并且写 AND"),
        ("a = IF(b > 1 and c > 1, 1)", "syntax", 13, "AND 要大写"),
        ("a = IF(b > 1 | c > 1, 1)", "bad_character", 13, "或者写 OR"),
        ("a = b > 0 ? 1", "bad_character", 10, "IF(条件, 真, 假)"),
        ("a = b // 说明", "syntax", 7, "以 # 开头"),
        ("a = SUM(b:c)", "syntax", 9, "没有区域引用"),
        ("a = SUM(b OVER c[d])", "syntax", 16, "OVER 后面只写维度"),
        ("=b", "syntax", 0, "指标 = 公式"),
        ("a = @b", "bad_character", 4, "去掉 @"),
        ("a = 1,000 * b", "syntax", 5, "不写千分号"),
        ("a：b", "syntax", 1, "指标和公式之间写 ="),
        ("a = SUMb)", "syntax", 8, "前面少了左括号"),
        ("a = IF(b, c", "syntax", 11, "少一个 )"),
        ("a = b  # 说明", "bad_character", 7, "独占一行"),
        ("a = {b}", "bad_character", 4, "括号用 ( )"),
        ("a = ￥5", "bad_character", 4, "只写数字"),
        ("a = 'b", "open_quote", 4, "没有配对"),
        ('a = "b', "open_quote", 4, "没有配对"),
        ("a = ''", "syntax", 4, "引号里没有名称"),
        ("a =", "syntax", 3, "没有写完"),
        ("a = b +", "syntax", 7, "没有写完"),
        ("a = b c", "syntax", 6, "两项之间少了运算符"),
        ("a b = c", "syntax", 2, "这里不能写 b"),
        ("= b", "syntax", 0, "这里不能写 ="),
        ("a = (b", "syntax", 6, "没有写完"),
        ("a = b)", "syntax", 5, "这里不能写 )"),
        ("a = IF(b,,c)", "syntax", 9, "这里不能写 ,"),
        ("a = x[b]", "syntax", 7, "这里不能写 ]"),
        ("a = x[b:]", "syntax", 8, "要写成员"),
        ("a = OVER + 1", "syntax", 4, "OVER 是保留字"),
        ("AND = 1", "syntax", 0, "AND 是保留字"),
        ("a = 2026Q1 + 1", "syntax", 4, "不能以数字开头"),
        ("a = SUM(x OVER a OVER b)", "syntax", 17, "只能写一次"),
        ("a = 1e999", "bad_number", 4, "数太大"),
        ("a = " + "(" * 60 + "b" + ")" * 60, "too_deep", 44, "40 层"),
        ("a = " + "-" * 60 + "b", "too_deep", 44, "40 层"),
        ("a = " + "2^" * 60 + "b", "too_deep", 85, "40 层"),
        ("a = " + "+".join("b" * 160), "too_deep", 4, "150 层"),
        ("a = " + "b" * 10_000, "too_long", 0, "10000 个字符"),
    ],
)
def test_a_formula_that_cannot_be_read_is_refused_at_its_place_with_advice(
    text: str, code: str, at: int, says: str
) -> None:
    with pytest.raises(FormulaFault) as fault:
        parse_statement(text)
    assert (fault.value.code, fault.value.start) == (code, at)
    assert says in fault.value.message


def test_the_left_brackets_hold_members_and_conditions() -> None:
    statement = parse_statement("费用[项目: 变动, 期间: 2026Q1, x > 0] = 1")
    assert [type(region) for region in statement.regions] == [Pick, Pick, Infix]
    assert statement.item == "费用"


def test_an_indented_line_continues_and_a_hash_line_is_a_comment() -> None:
    block = "# 开头\na = b +\n  # 中间\n  c\n\n\tWHY = 1\nd = e\n# 结尾"
    lines = logical_lines(block)
    assert [(line.number, line.text.split()) for line in lines] == [
        (1, ["a", "=", "b", "+", "c", "WHY", "=", "1"]),
        (6, ["d", "=", "e"]),
    ]


def test_one_bad_line_does_not_hide_the_others() -> None:
    faults: list[tuple[int, str]] = []
    statements = parse_block("a = 1\nb = (\nc = 2\nd = 、", lambda line, text, fault: faults.append((line, fault.code)))
    assert [s.item for s in statements] == ["a", "c"]
    assert faults == [(1, "syntax"), (3, "bad_character")]
