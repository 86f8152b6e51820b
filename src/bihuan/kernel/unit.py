"""Units: products of named units with integer powers, and scales of one (千元 = 1000 元).

A unit's powers are what formulas are checked by; its factor is applied on entry and display only, never in arithmetic.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bihuan.kernel.errors import Invalid

Powers = tuple[tuple[str, int], ...]
PREFIXES = {"千": 3, "万": 4, "百万": 6, "亿": 8}
_DIMENSIONLESS = {"", "1", "%"}
_PART = re.compile(r"([*/·×])")


class BadUnit(Invalid):
    """The unit is not known."""

    code = "bad_unit"


@dataclass(frozen=True, slots=True)
class Unit:
    """``powers`` sorted by name, without zeros; ``factor`` how many base units one of this is."""

    powers: Powers = ()
    factor: Decimal = Decimal(1)
    text: str = ""

    @property
    def has_denominator(self) -> bool:
        """True for prices and rates: 元/件, %."""
        return self.text.strip() == "%" or any(power < 0 for _, power in self.powers)


def multiply(left: Powers, right: Powers, sign: int = 1) -> Powers:
    """The unit of a product; with ``sign`` -1, of a quotient."""
    total: dict[str, int] = dict(left)
    for name, power in right:
        total[name] = total.get(name, 0) + sign * power
    return tuple(sorted((name, power) for name, power in total.items() if power))


def power(unit: Powers, exponent: int) -> Powers:
    """The unit of an integer power."""
    return tuple((name, p * exponent) for name, p in unit if exponent)


def show(unit: Powers | None) -> str:
    """``元*人/件`` for people; ``1`` when dimensionless, ``?`` when unchecked."""
    if unit is None:
        return "?"
    above = "*".join(_factor(name, p) for name, p in unit if p > 0)
    below = "".join("/" + _factor(name, -p) for name, p in unit if p < 0)
    return (above or "1") + below


def _factor(name: str, p: int) -> str:
    return name if p == 1 else f"{name}^{p}"


def parse_unit(text: str, known: Mapping[str, str]) -> Unit | None:
    """``元/件`` by the model's ``units``; None for ``?`` or nothing (unchecked). Raises `BadUnit` naming the part."""
    if text.strip() in {"", "?"}:
        return None
    powers: Powers = ()
    factor = Decimal(1)
    sign = 1
    for part in _PART.split(text.replace("＊", "*").replace("／", "/")):
        if part in {"*", "·", "×"}:
            sign = 1
        elif part == "/":
            sign = -1
        else:
            one = _named(part.strip(), known, ())
            powers = multiply(powers, one.powers, sign)
            factor = factor * one.factor if sign > 0 else factor / one.factor
    return Unit(powers, factor, text.strip())


def _named(name: str, known: Mapping[str, str], seen: tuple[str, ...]) -> Unit:
    """One name, perhaps with ``^2``: declared, declared as a multiple, or a Chinese prefix before a declared one."""
    base, caret, exponent = name.partition("^")
    if caret:
        if not re.fullmatch(r"\d", exponent):
            raise BadUnit(f"bad power in {name!r}", found=exponent, expected="一位数字，如 m^2")
        one = _named(base, known, seen)
        return Unit(power(one.powers, int(exponent)), one.factor ** int(exponent))
    if name in _DIMENSIONLESS:
        return Unit()
    if name in seen:
        raise BadUnit(
            f"unit {name!r} is a multiple of itself", found=" → ".join((*seen, name)), expected="不是自己的倍数"
        )
    multiple = known.get(name)
    if multiple is None:
        return _prefixed(name, known)
    if not multiple.strip():
        return Unit(((name, 1),))
    number, _, rest = multiple.strip().partition(" ")
    try:
        count = Decimal(number)
    except InvalidOperation:
        count = Decimal("NaN")
    if not count.is_finite() or count <= 0 or not rest.strip():
        raise BadUnit(f"unit {name!r} is not a multiple", found=multiple, expected="数、空格、单位，如 1000 元")
    one = _named(rest.strip(), known, (*seen, name))
    return Unit(one.powers, one.factor * count)


def _prefixed(name: str, known: Mapping[str, str]) -> Unit:
    if name == "亿" and "元" in known:
        name = "亿元"
    for prefix in sorted(PREFIXES, key=len, reverse=True):
        base = name.removeprefix(prefix)
        if base != name and base in known and not known[base].strip():
            return Unit(((base, 1),), Decimal(10) ** PREFIXES[prefix])
    declared = "model.yaml 的 units 里的 " + "、".join(known) if known else 'model.yaml 里写 units: {元: "", 件: ""}'
    raise BadUnit(f"unknown unit {name!r}", found=name, expected=declared)
