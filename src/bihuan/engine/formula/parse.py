"""Tokens to syntax, by precedence climbing. The grammar is in docs/reference/formulas.md.

Two things Excel and mathematics read differently are refused instead of guessed: ``-a^2`` and ``a^b^c``.
"""

from collections.abc import Callable

from bihuan.engine.formula.lex import RESERVED, FormulaFault, Lexer, Token, logical_lines
from bihuan.engine.formula.syntax import (
    Dotted,
    Infix,
    Invocation,
    Number,
    Pick,
    Prefix,
    Reference,
    Statement,
    Syntax,
    Text,
    Truth,
)

MAX_NESTING = 40  # brackets within brackets
MAX_DEPTH = 150  # operators standing on one another: a + b + c counts two
_COMPARE = frozenset({"=", "<>", "<", ">", "<=", ">="})
# binary operator -> how strongly it binds
_BINDS = {"OR": 1, "AND": 2, **dict.fromkeys(_COMPARE, 4), "&": 5, "+": 6, "-": 6, "*": 7, "/": 7}
_NOT_BINDS = 3


def parse_block(text: str, fault: Callable[[int, str, FormulaFault], None]) -> list[Statement]:
    """The statements of a ``formulas`` block. ``fault(first line from 0, statement text, fault)`` takes each bad one."""
    out = []
    for line in logical_lines(text):
        try:
            out.append(parse_statement(line.text, line.number + 1))
        except FormulaFault as found:
            fault(line.number, line.text, found)
    return out


def parse_statement(text: str, line: int = 1) -> Statement:
    """One ``item[region] = expression``; raises `FormulaFault`."""
    return _Parser(text).statement(line)


def parse_expression(text: str) -> Syntax:
    """One expression alone (a check, a total, a condition); raises `FormulaFault`."""
    parser = _Parser(text)
    expression = parser.expression()
    parser.finish()
    return expression


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = Lexer(text)
        self.nesting = 0
        self._height: dict[int, int] = {}  # id of a node -> operators standing on one another in it
        self._kept: list[Syntax] = []  # keeps the ids above alive
        self._bracketed_ids: set[int] = set()

    # --- statements -------------------------------------------------------------------------------------------------

    def statement(self, line: int) -> Statement:
        first = self.tokens.peek()
        if not self._is_name(first):
            raise self._unexpected(first, "指标名称")
        self.tokens.next()
        regions: list[Syntax] = []
        if self._take("["):
            regions.append(self._selector(left=True))
            while self._take(","):
                regions.append(self._selector(left=True))
            self._need("]")
        if not self._take("="):
            raise self._unexpected(self.tokens.peek(), "=")
        expression = self.expression()
        self.finish()
        return Statement(
            start=0,
            end=len(self.text),
            item=first.value,
            regions=tuple(regions),
            expression=expression,
            text=self.text,
            line=line,
        )

    def finish(self) -> None:
        token = self.tokens.peek()
        if token.kind != "end":
            raise self._unexpected(token, "运算符或公式结尾")

    # --- expressions ------------------------------------------------------------------------------------------------

    def expression(self, binds: int = 0) -> Syntax:
        """An expression of operators that bind more strongly than ``binds``."""
        left = self._prefix()
        while True:
            operator = self._operator(self.tokens.peek())
            strength = _BINDS.get(operator, 0)
            if strength <= binds:
                return left
            self.tokens.next()
            right = self.expression(strength)
            left = self._grown(Infix(op=operator, left=left, right=right, start=left.start, end=right.end), left, right)
            after = self.tokens.peek()
            if operator in _COMPARE and self._operator(after) in _COMPARE:
                message = "比较不能连写；写成 a < b AND b < c"
                raise FormulaFault("chained_comparison", after.start, after.end, message, found=after.value)

    def _prefix(self) -> Syntax:
        token = self.tokens.peek()
        if self._operator(token) in {"-", "+"}:
            operand = self._operand(token)
            if (
                token.value == "-"
                and isinstance(operand, Infix)
                and operand.op == "^"
                and not self._in_brackets(operand)
            ):
                message = "-a^2 有两种读法；写成 (-a)^2 或 -(a^2)"
                raise FormulaFault("ambiguous_power", token.start, operand.end, message)
            return self._grown(Prefix(op=token.value, operand=operand, start=token.start, end=operand.end), operand)
        if token.kind == "name" and token.value == "NOT" and self._ascii(self.tokens.peek(1)) != "(":
            operand = self._operand(token, _NOT_BINDS)
            return self._grown(Prefix(op="NOT", operand=operand, start=token.start, end=operand.end), operand)
        return self._power()

    def _operand(self, sign: Token, binds: int | None = None) -> Syntax:
        self._deeper(sign)
        self.tokens.next()
        operand = self._prefix() if binds is None else self.expression(binds)
        self.nesting -= 1
        return operand

    def _power(self) -> Syntax:
        base = self._percent()
        if self._operator(self.tokens.peek()) != "^":
            return base
        caret = self.tokens.next()
        self._deeper(caret)
        exponent = self._prefix()
        self.nesting -= 1
        if isinstance(exponent, Infix) and exponent.op == "^" and not self._in_brackets(exponent):
            raise FormulaFault("ambiguous_power", caret.start, exponent.end, "a^b^c 有两种读法；加上括号")
        return self._grown(Infix(op="^", left=base, right=exponent, start=base.start, end=exponent.end), base, exponent)

    def _percent(self) -> Syntax:
        atom = self._atom()
        if not self._take("%"):
            return atom
        end = self.tokens.peek().start
        if isinstance(atom, Number):
            return Number(value=atom.value / 100, start=atom.start, end=atom.end + 1)
        hundred = Number(value=100.0, start=atom.end, end=end)
        return self._grown(Infix(op="/", left=atom, right=hundred, start=atom.start, end=atom.end + 1), atom)

    def _atom(self) -> Syntax:
        token = self.tokens.next()
        if token.kind == "number":
            value = float(token.value)
            if value == float("inf"):
                raise FormulaFault("bad_number", token.start, token.end, "数太大", found=token.value)
            after = self.tokens.peek()
            if after.kind in {"name", "number"} and after.start == token.end:
                found = token.value + after.value
                message = "名称不能以数字开头；用单引号括起来"
                raise FormulaFault("syntax", token.start, after.end, message, found=found, expected=f"'{found}'")
            return Number(value=value, start=token.start, end=token.end)
        if token.kind == "text":
            return Text(value=token.value, start=token.start, end=token.end)
        if self._ascii(token) == "(":
            return self._bracketed(token)
        if (
            token.kind == "name"
            and self._ascii(self.tokens.peek()) == "("
            and token.value not in {"OVER", "BY", "WHERE"}
        ):
            return self._call(token)
        if token.kind == "name" and token.value in {"TRUE", "FALSE"}:
            return Truth(value=token.value == "TRUE", start=token.start, end=token.end)
        if self._is_name(token):
            return self._reference(token)
        raise self._unexpected(token, "数、文本、名称或 (")

    def _bracketed(self, opening: Token) -> Syntax:
        self._deeper(opening)
        inner = self.expression()
        self._need(")")
        self.nesting -= 1
        self._bracketed_ids.add(id(inner))
        self._kept.append(inner)
        return inner

    # --- calls and references ---------------------------------------------------------------------------------------

    def _call(self, name: Token) -> Syntax:
        self._deeper(name)
        self.tokens.next()
        args: list[Syntax] = []
        if not self._ends_args(self.tokens.peek()):
            args.append(self.expression())
            while self._take(","):
                args.append(self.expression())
        over, by, where = self._clauses()
        end = self._need(")").end
        self.nesting -= 1
        call = Invocation(
            function=name.value, args=tuple(args), over=tuple(over), by=by, where=where, start=name.start, end=end
        )
        return self._grown(call, *args, *(part for part in (by, where) if part is not None))

    def _clauses(self) -> tuple[list[str], Syntax | None, Syntax | None]:
        """OVER, BY, WHERE, each at most once, in any order."""
        over: list[str] = []
        by: Syntax | None = None
        where: Syntax | None = None
        while (token := self.tokens.peek()).kind == "name" and token.value in {"OVER", "BY", "WHERE"}:
            if (token.value == "OVER" and over) or (token.value == "BY" and by) or (token.value == "WHERE" and where):
                raise FormulaFault("syntax", token.start, token.end, f"{token.value} 只能写一次", found=token.value)
            self.tokens.next()
            if token.value == "OVER":
                over.append(self._name("维度").value)
                while self._take(","):
                    over.append(self._name("维度").value)
            elif token.value == "BY":
                by = self.expression()
            else:
                where = self.expression()
        return over, by, where

    def _reference(self, first: Token) -> Syntax:
        if self._take("."):
            prop = self._name("属性")
            return Dotted(dim=first.value, prop=prop.value, start=first.start, end=prop.end)
        cube, name = None, first
        if self._take("!"):
            cube, name = first.value, self._name("指标")
        picks: list[Pick] = []
        end = name.end
        if self._take("["):
            self._deeper(name)
            picks.append(self._pick())
            while self._take(","):
                picks.append(self._pick())
            end = self._need("]").end
            self.nesting -= 1
        return Reference(name=name.value, cube=cube, picks=tuple(picks), start=first.start, end=end)

    def _selector(self, *, left: bool) -> Syntax:
        if self._is_name(self.tokens.peek()) and self._ascii(self.tokens.peek(1)) == ":":
            return self._pick()
        assert left
        return self.expression()

    def _pick(self) -> Pick:
        dim = self._name("维度")
        self._need(":")
        member = self.tokens.member()
        return Pick(dim=dim.value, member=member.value, start=dim.start, end=member.end)

    # --- small helpers ----------------------------------------------------------------------------------------------

    @staticmethod
    def _is_name(token: Token) -> bool:
        return token.kind == "quoted" or (token.kind == "name" and token.value not in RESERVED)

    @staticmethod
    def _ascii(token: Token) -> str:
        return token.value if token.kind == "op" else ""

    @staticmethod
    def _operator(token: Token) -> str:
        return token.value if token.kind == "op" or (token.kind == "name" and token.value in {"AND", "OR"}) else ""

    @staticmethod
    def _ends_args(token: Token) -> bool:
        return (token.kind == "op" and token.value == ")") or (
            token.kind == "name" and token.value in {"OVER", "BY", "WHERE"}
        )

    def _take(self, operator: str) -> bool:
        if self._ascii(self.tokens.peek()) != operator:
            return False
        self.tokens.next()
        return True

    def _need(self, operator: str) -> Token:
        token = self.tokens.peek()
        if self._ascii(token) != operator:
            raise self._unexpected(token, operator)
        return self.tokens.next()

    def _name(self, what: str) -> Token:
        token = self.tokens.peek()
        if not self._is_name(token):
            raise self._unexpected(token, what)
        return self.tokens.next()

    def _unexpected(self, token: Token, expected: str) -> FormulaFault:
        end = max(token.end, token.start + 1)
        message = "公式没有写完" if token.kind == "end" else f"这里不能写 {token.shown}"
        if token.kind == "name" and token.value in RESERVED:
            message += f"；{token.value} 是保留字，作名称时用单引号括起来"
        else:
            message += _advice(self.text, token, expected)
        return FormulaFault("syntax", token.start, end, message, found=token.shown, expected=expected)

    def _in_brackets(self, node: Syntax) -> bool:
        return id(node) in self._bracketed_ids

    def _grown(self, node: Syntax, *parts: Syntax) -> Syntax:
        """``node`` itself, unless its height exceeds the limit."""
        height = 1 + max((self._height.get(id(part), 0) for part in parts), default=0)
        if height > MAX_DEPTH:
            message = f"公式太复杂；运算最多叠 {MAX_DEPTH} 层，拆成几个指标"
            raise FormulaFault("too_deep", node.start, node.end, message)
        self._height[id(node)] = height
        self._kept.append(node)
        return node

    def _deeper(self, token: Token) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            message = f"括号套得太深；最多 {MAX_NESTING} 层，拆成几个指标"
            raise FormulaFault("too_deep", token.start, token.end, message)


_PAIRS = {
    "**": "乘方写 ^",
    "==": "相等写一个 =",
    "!=": "不等于写 <>",
    "=>": "大于等于写 >=",
    "=<": "小于等于写 <=",
    "&&": "并且写 AND",
    "//": "注释另起一行，以 # 开头",
}


def _advice(text: str, token: Token, expected: str) -> str:
    """What is probably meant by a token that cannot stand here; "" when nothing comes to mind."""
    before, after = text[: token.start].rstrip()[-1:], text[token.end : token.end + 3]
    operand = expected == "运算符或公式结尾"
    if token.kind == "end":
        return f"，少一个 {expected}" if expected in {")", "]"} else ""
    pair = before + token.value
    if token.kind == "op" and pair in _PAIRS:
        return f"；{_PAIRS[pair]}"
    if token.kind == "name" and token.value.upper() in RESERVED:
        return f"；{token.value.upper()} 要大写"
    if token.value == ":" and expected in {")", "运算符或公式结尾"}:
        return "；没有区域引用：相加写 a + b，沿维度写 SUM(x OVER 维度)"
    if token.value == "[" and expected == ")":
        return "；OVER 后面只写维度，取一期写 x[期间: …]"
    if token.value == "=" and expected == "指标名称":
        return "；写成 指标 = 公式"
    if token.value == "," and before.isdigit() and len(after) == 3 and after.isdigit():
        return "；数里不写千分号"
    if token.value == ":" and expected == "=":
        return "；指标和公式之间写 ="
    if token.value in {")", "]"} and operand:
        return f"；多了一个 {token.value}，或前面少了左括号"
    if operand and token.kind != "op":
        return "；两项之间少了运算符"
    return ""
