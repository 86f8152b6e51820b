"""Characters to tokens, by hand: messages matter, and a member after ``:`` is read differently from a name.

Full-width punctuation means its ASCII form outside quotes, because Chinese input methods type it; their “…” and ‘…’ quote too.
"""

import re
from dataclasses import dataclass

MAX_STATEMENT = 10_000  # characters of one formula
WIDE = str.maketrans("（）［］，：＝＋－×÷＊／％！＞＜　．＾＆", "()[],:=+-*/*/%!>< .^&")
_DOUBLE = {"≥": ">=", "≤": "<=", "≠": "<>"}
_NAME = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_OPERATORS = ("<>", "<=", ">=", *"+-*/^%&=<>()[],:!.")
_MEMBER_END = re.compile(r"[\]］,，\[［]")
RESERVED = frozenset({"AND", "OR", "NOT", "OVER", "BY", "WHERE", "TRUE", "FALSE"})
_CLOSES = {"'": "'", '"': '"', "‘": "’", "“": "”"}
_HINTS = {
    "、": "分隔参数用逗号",
    "。": "小数点用 .",
    "；": "分隔参数用逗号",
    ";": "分隔参数用逗号",
    "”": '文本的引号要成对：“…” 或 "…"',
    "’": "名称的引号要成对：‘…’ 或 '…'",
    "#": "注释要独占一行",
    "?": "按条件取数写 IF(条件, 真, 假)",
    "？": "按条件取数写 IF(条件, 真, 假)",
    "|": "或者写 OR",
    "@": "去掉 @",
    "−": "减号用 -",
    "–": "减号用 -",
    "{": "括号用 ( )",
    "}": "括号用 ( )",
    "￥": "金额只写数字",
    "¥": "金额只写数字",
    "$": "金额只写数字",
}


class FormulaFault(Exception):
    """One fault at characters [start, end) of a statement; becomes a `Problem` once the file is known."""

    def __init__(self, code: str, start: int, end: int, message: str, *, found: str = "", expected: str = "") -> None:
        super().__init__(message)
        self.code, self.start, self.end = code, start, end
        self.message, self.found, self.expected = message, found, expected


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: number name quoted text op end; ``value`` without quotes, operators in ASCII."""

    kind: str
    value: str
    start: int
    end: int

    @property
    def shown(self) -> str:
        """For messages."""
        return "公式结尾" if self.kind == "end" else self.value


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: its text with the continuation lines, and the number of its first line, from 0."""

    text: str
    number: int


def logical_lines(block: str) -> list[Line]:
    """Cut a block into statements: an indented line continues the one above, a line starting with # is a comment.

    Comment and empty lines inside a statement are blanked, so that positions still point into the block.
    """
    out: list[Line] = []
    for number, raw in enumerate(block.split("\n")):
        bare = raw.strip()
        if raw[:1] in {" ", "\t", "　"} and out:
            out[-1] = Line(out[-1].text + "\n" + ("" if bare.startswith("#") else raw.rstrip()), out[-1].number)
        elif bare.startswith("#") or not bare:
            if out:
                out[-1] = Line(out[-1].text + "\n", out[-1].number)
        else:
            out.append(Line(raw.rstrip(), number))
    return [Line(line.text.rstrip(), line.number) for line in out]


class Lexer:
    """Tokens of one statement with any look-ahead; `member` reads raw text where the grammar wants a member."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_STATEMENT:
            raise FormulaFault("too_long", 0, 1, f"公式太长，拆成几个指标；每个公式最多 {MAX_STATEMENT} 个字符")
        self.text = text
        self._at = 0
        self._ahead: list[Token] = []

    def peek(self, distance: int = 0) -> Token:
        """The token ``distance`` after the next."""
        while len(self._ahead) <= distance:
            self._ahead.append(self._scan())
        return self._ahead[distance]

    def next(self) -> Token:
        """Take the next token."""
        token = self.peek()
        del self._ahead[0]
        return token

    def member(self) -> Token:
        """What stands between ``:`` and the next ``,`` or ``]``: a member's code or name, quoted or not."""
        assert not self._ahead, "a member is read before anything behind the colon was looked at"
        self._skip()
        if self.text[self._at : self._at + 1] in {"'", "‘"}:
            return self._quoted(self.text[self._at])
        start = self._at
        end = _MEMBER_END.search(self.text, start)
        self._at = end.start() if end else len(self.text)
        value = self.text[start : self._at].strip()
        if not value or "\n" in value:
            found = value.split("\n")[0] or "没有内容"
            raise FormulaFault("syntax", start, start + 1, "冒号后面要写成员", found=found, expected="成员")
        return Token("member", value, start, start + len(value))

    def _skip(self) -> None:
        while self._at < len(self.text) and self.text[self._at].isspace():
            self._at += 1

    def _scan(self) -> Token:
        self._skip()
        at, text = self._at, self.text
        if at >= len(text):
            return Token("end", "", len(text.rstrip()), len(text.rstrip()))
        char = text[at]
        if char in _CLOSES:
            return self._quoted(char)
        for kind, pattern in (("number", _NUMBER), ("name", _NAME)):
            if match := pattern.match(text, at):
                self._at = match.end()
                return Token(kind, match.group(), at, match.end())
        if char in _DOUBLE:
            self._at += 1
            return Token("op", _DOUBLE[char], at, at + 1)
        pair = text[at : at + 2].translate(WIDE)
        for operator in _OPERATORS:
            if pair.startswith(operator):
                self._at += len(operator)
                return Token("op", operator, at, self._at)
        hint = _HINTS.get(char, "名称里有这样的字符时用单引号括起来")
        raise FormulaFault("bad_character", at, at + 1, f"公式里不能写 {char}；{hint}", found=char)

    def _quoted(self, quote: str) -> Token:
        start, closing = self._at, _CLOSES[quote]
        at = start + 1
        while (close := self.text.find(closing, at)) >= 0:
            if self.text[close + 1 : close + 2] != closing:
                break
            at = close + 2
        if close < 0 or "\n" in self.text[start:close]:
            raise FormulaFault(
                "open_quote", start, start + 1, f"引号 {quote} 没有配对", found=self.text[start : start + 20]
            )
        self._at = close + 1
        value = self.text[start + 1 : close].replace(closing * 2, closing)
        named = closing in "'’"
        if named and not value.strip():
            raise FormulaFault("syntax", start, self._at, "引号里没有名称", found="''", expected="名称")
        return Token("quoted" if named else "text", value, start, self._at)
