"""Where in a policy's text a problem is: the line of what it names. Pure.

Problems say what they found as ``place: value``; a place is a key of the text (``unbudgeted``), ``rule CODE part``,
``document CODE part`` or ``exempt CODE part``. What is not in the text (a key that is missing) is at the line of what it is missing
from.
"""

from dataclasses import replace

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from bihuan.features.modelling.plain_yaml import PlainLoader
from bihuan.kernel.errors import Problem

LISTS = {"rule": "rules", "document": "documents", "exempt": "exempt"}


def located(problem: Problem, text: str) -> Problem:
    """The problem with its line, counted from 1; as it was where the text says nothing of it."""
    if problem.line:
        return problem
    root = yaml.compose(text, Loader=PlainLoader)
    if not isinstance(root, MappingNode):
        return problem
    place, _, value = problem.found.partition(": ")
    return replace(problem, line=_line(root, place.split(), value))


def _line(root: MappingNode, place: list[str], value: str) -> int:
    of = LISTS.get(place[0]) if place else None
    listed = _value(root, of) if of else None
    if isinstance(listed, SequenceNode) and len(place) > 1:
        for one in listed.value:
            if isinstance(one, MappingNode) and _scalar(_value(one, "code")) in (
                place[1],
                "" if place[1] == "?" else place[1],
            ):
                return _inside(one, [*place[2:], value])
        return listed.start_mark.line + 1
    return _inside(root, [*place, value])


def _inside(node: MappingNode, words: list[str]) -> int:
    """The line of the deepest key or value that ``words`` name, one after another."""
    if (pair := _pair(node, *words[-2:]) if len(words) > 1 else None) is not None:
        return pair
    line = node.start_mark.line + 1
    at: Node = node
    for word in words:
        found = _named(at, word)
        if found is None:
            continue
        line, at = found
    return line


def _pair(node: Node, key: str, value: str) -> int | None:
    """The line where ``key`` says just ``value``."""
    inside: list[Node] = []
    if isinstance(node, MappingNode):
        for name, said in node.value:
            if _scalar(name) == key and _scalar(said) == value and value:
                return int(name.start_mark.line) + 1
        inside = [said for _, said in node.value]
    elif isinstance(node, SequenceNode):
        inside = node.value
    return next((found for one in inside if (found := _pair(one, key, value)) is not None), None)


def _named(node: Node, word: str) -> tuple[int, Node] | None:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if _scalar(key) == word:
                return key.start_mark.line + 1, value
        for _, value in node.value:
            if (found := _named(value, word)) is not None:
                return found
    if isinstance(node, SequenceNode):
        for one in node.value:
            if (found := _named(one, word)) is not None:
                return found
    if node.value == word:
        return node.start_mark.line + 1, node
    return None


def _value(node: MappingNode, name: str) -> Node | None:
    return next((value for key, value in node.value if _scalar(key) == name), None)


def _scalar(node: Node | None) -> str:
    return str(node.value) if node is not None and not isinstance(node, MappingNode | SequenceNode) else ""
