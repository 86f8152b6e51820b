"""The YAML of packages: mappings, lists and scalars that are texts, each key once, of a bounded depth, without references.

References of a few lines write out to a text without end, and brackets without end exhaust the stack whatever its limit is;
neither is a text that a person writes.
"""

import re
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

from bihuan.kernel.errors import Problem, ProblemsFound

DEPTH = 40
"""Mappings and lists inside one another; the deepest text of a package has about ten."""


class PlainLoader(yaml.BaseLoader):
    """Raises `yaml.MarkedYAMLError` for what `plain_yaml` does not take."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The next node; references and what stands too deep are refused."""
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, "不收 YAML 的引用，写出来", mark)
        if self.depth == DEPTH:
            raise ComposerError(None, None, "括号套得太深", mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping; a key that stands twice is refused, as only the last would count."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen if isinstance(key, yaml.ScalarNode) else True:
                found = key.value if isinstance(key, yaml.ScalarNode) else "一组值"
                raise ConstructorError(None, None, f"键“{found}”写了两次或不是文字", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def plain_yaml(text: str, file: str) -> Any:
    """What the text says: dict, list, str or None. Raises `ProblemsFound` with the line and column of what is wrong."""
    try:
        return yaml.load(text, Loader=PlainLoader)  # noqa: S506 - makes nothing but texts, lists and mappings
    except yaml.YAMLError as error:
        raise ProblemsFound([yaml_problem(error, file, text)]) from None


_IN_WORDS = (
    ("could not find expected ':'", "这一行不是“键: 值”；键后面写半角冒号和一个空格，formulas: | 下面的公式都要缩进"),
    ("mapping values are not allowed", "这里不能再有冒号；值里有冒号加空格时，给值加引号"),
    ("expected ',' or '}'", "花括号没有配对，或两项之间少了逗号"),
    ("expected ',' or ']'", "方括号没有配对，或两项之间少了逗号"),
    ("expected <block end>", "缩进没有对齐，或这一行少了“键:”"),
    ("cannot start any token", "这个字符不能这样开头：缩进用空格不用制表符，% @ ` 开头的值加引号"),
    ("found unexpected end of stream", "引号没有配对"),
    ("found unexpected document", "--- 和 ... 不能写在这里"),
)
_WIDE = str.maketrans("：，｛｝［］", ":,{}[]")


def yaml_problem(error: yaml.YAMLError, file: str, text: str = "", code: str = "yaml") -> Problem:
    """What the reader of YAML complains about, in words, at its place; ``text`` tells whether a full-width mark is to blame."""
    problem = str(getattr(error, "problem", None) or "")
    marks = [getattr(error, name, None) for name in ("problem_mark", "context_mark")]
    if "could not find expected ':'" in problem or "expected ',' or" in problem:
        marks.reverse()  # where it began, not where it was noticed, which is a line below
    mark = next((mark for mark in marks if mark is not None), None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    said = next((words for start, words in _IN_WORDS if start in problem), problem)
    said = said or str(getattr(error, "context", None) or str(error)[:200])
    lines = text.split("\n")
    written = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    if written.translate(_WIDE) != written:
        said += "；YAML 的冒号、逗号、括号用半角"
    return Problem(code, file, line, column, written[:60], "", f"YAML 写法有误：{said}")


def line_of(text: str, key: str, part: tuple[str, str] = ("", "")) -> int:
    """The line, from 1, at which a key is written; 0 when it is nowhere. ``part`` (key, value): only within the item of a list
    that begins with this, up to the next that begins with the same key.
    """
    starts, value = part
    inside = not starts
    for number, line in enumerate(text.split("\n"), 1):
        if starts and _writes(line, starts):
            inside = value in line
        if inside and _writes(line, key):
            return number
    return 0


def _writes(line: str, key: str) -> bool:
    return re.match(rf"[\s\-{{]*{re.escape(key)}\s*:", line) is not None
