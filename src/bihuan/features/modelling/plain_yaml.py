"""The YAML of packages: mappings, lists and scalars that are texts, each key once, of a bounded depth, without references.

References of a few lines write out to a text without end, and brackets without end exhaust the stack whatever its limit is;
neither is a text that a person writes.
"""

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
        raise ProblemsFound([yaml_problem(error, file)]) from None


def yaml_problem(error: yaml.YAMLError, file: str, code: str = "yaml") -> Problem:
    """What the reader of YAML complains about, at its place."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    said = getattr(error, "problem", None) or getattr(error, "context", None) or str(error)[:200]
    return Problem(code, file, line, column, message=f"YAML 写法有误：{said}")
