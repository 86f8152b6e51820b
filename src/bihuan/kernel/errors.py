"""Errors of the second kind: a refused command, and problems found in a text the user wrote.

    BihuanError            a command is refused; code is stable, facts are fields, knows nothing of HTTP
    ├─ NotFound            what is named is not there, or the reader may not know that it is
    ├─ Forbidden           the permission predicate says no
    ├─ Conflict            somebody else changed it since
    ├─ Invalid             the request contradicts itself or the model
    └─ ProblemsFound       many problems of one text or file, all at once

Features derive their own errors from these four; web/problems.py holds the one table kind -> HTTP status. The other
kinds of error live elsewhere: our mistake is an ``assert``; a fault in a number is a `State`; one item of many is a
result per item.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class BihuanError(Exception):
    """The command was refused.

    ``complete``, where there is one, adds to the message and the facts what takes long to read; the edge calls it with a reader
    when the transaction is rolled back and holds no lock any more.
    """

    code = "refused"
    complete: Callable[[Any], None] | None = None

    def __init__(self, message: str = "", **facts: object) -> None:
        super().__init__(message or (self.__doc__ or "").strip())
        self.facts: Mapping[str, object] = facts


class NotFound(BihuanError):
    """There is no such thing, or you may not see it."""

    code = "not_found"


class Forbidden(BihuanError):
    """You do not have the right to do this here."""

    code = "forbidden"


class Conflict(BihuanError):
    """Somebody changed this since you read it."""

    code = "conflict"


class Invalid(BihuanError):
    """The request does not fit the model."""

    code = "invalid"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a text or file: where, what was found, what was expected, what to do.

    ``line`` and ``column`` count from 1; 0 means the whole file.
    """

    code: str
    file: str
    line: int = 0
    column: int = 0
    found: str = ""
    expected: str = ""
    message: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        parts = [
            p
            for p in (self.message, self.found and f"found {self.found}", self.expected and f"expected {self.expected}")
            if p
        ]
        return f"{place}: {self.code}: " + "; ".join(parts)


class ProblemsFound(Invalid):
    """The text has problems; nothing was changed."""

    code = "problems_found"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)), problems=tuple(problems))
        self.problems = tuple(problems)
