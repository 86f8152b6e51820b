"""The parsed expression: what was written, before any name is known. Positions are characters of the statement's text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """``start`` and ``end`` delimit the node in the statement's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Syntax):
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Syntax):
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(Syntax):
    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick(Syntax):
    """``dim: member`` inside brackets; the member as written, quotes removed."""

    dim: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(Syntax):
    """``[cube!]name[dim: member, …]``."""

    name: str
    cube: str | None = None
    picks: tuple[Pick, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dotted(Syntax):
    """``dim.prop``."""

    dim: str
    prop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix(Syntax):
    op: str  # - + NOT
    operand: Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Infix(Syntax):
    op: str
    left: Syntax
    right: Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation(Syntax):
    """``FUNC(args OVER … BY … WHERE …)``; ``function`` as written."""

    function: str
    args: tuple[Syntax, ...] = ()
    over: tuple[str, ...] = ()
    by: Syntax | None = None
    where: Syntax | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Syntax):
    """``item[region, …] = expression``; ``text`` is the source, ``line`` its first line from 1."""

    item: str
    regions: tuple[Syntax, ...]
    expression: Syntax
    text: str
    line: int
