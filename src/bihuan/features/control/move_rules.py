"""What a policy lets 调剂 (transfers) and 追加/追减 (supplements) change. Pure.

transfers:
  history: no                     periods that ended before the business date neither give nor take; yes where not said
  barred: {account: [工资]}        these members and those below neither give nor take
  same: {org: 1}                  a transfer stays below one member of this level (0 = top, leaf = the very member)
  groups: {account: {差旅会议: [差旅费, 会议费]}}   and within one of these groups; what is in none is not moved
  gives_most: 20                  percent of the original budget of a place (its members, a fiscal year) that may leave it in all
  takes_most: 10                  and that may come to it
  times: 4                        transfers a year a place may be part of
supplements:                      history and barred only

Moves between the months of one place and year neither leave nor come. What is under approval counts like what was carried out.
After 调整规则 of 金蝶 (members, history periods, adjustment and transfer documents apart) and the cumulative 调整幅度 of 致远.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from bihuan.features.control.model import BadTransfer, BudgetCell

Bad = Callable[[str, object, str], None]
Members = Callable[[str, object], dict[str, tuple[str, ...]]]
Path = Callable[[str, str | None], tuple[str, ...]]  # dimension, member -> from the top down to it
_SUPPLEMENT_KEYS = {"history", "barred"}
_KEYS = _SUPPLEMENT_KEYS | {"same", "groups", "gives_most", "takes_most", "times"}
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class MoveRules:
    """The bounds of one kind of move; nothing said bounds nothing. Percentages of the original budget, None = unbounded."""

    history: bool = True
    barred: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same: Mapping[str, int | None] = field(default_factory=dict)  # the level; None = the very member
    groups: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    gives_most: Decimal | None = None
    takes_most: Decimal | None = None
    times: int | None = None

    @property
    def counts(self) -> bool:
        """True where what was moved before matters."""
        return self.gives_most is not None or self.takes_most is not None or self.times is not None


FREE = MoveRules()


@dataclass(frozen=True, slots=True)
class Place:
    """The members of a cell and its fiscal year: what a year's cumulative bounds are about."""

    coordinate: tuple[tuple[str, str], ...]
    year: str

    def __str__(self) -> str:
        return "、".join(f"{d} {m}" for d, m in self.coordinate) + f" {self.year} 年"


@dataclass(frozen=True, slots=True)
class Before:
    """What a place had and did, without the move that is judged: ``original`` budget, ``given``, ``taken`` (>= 0), ``times``."""

    original: Decimal = ZERO
    given: Decimal = ZERO
    taken: Decimal = ZERO
    times: int = 0


def require_members(rules: MoveRules, cells: Sequence[BudgetCell], path: Path) -> None:
    """Raises `BadTransfer` where a cell may not move, or cells not together."""
    for cell in cells:
        for dimension, members in rules.barred.items():
            if found := set(members).intersection(path(dimension, cell.coordinate.get(dimension))):
                raise BadTransfer(f"{dimension} {cell.coordinate[dimension]} 不参加调整：方案不许动 {min(found)}。")
    for dimension, level in rules.same.items():
        _require_one(dimension, [_at(path(dimension, c.coordinate.get(dimension)), level) for c in cells])
    for dimension, groups in rules.groups.items():
        _require_one(dimension, [_group(dimension, groups, c, path) for c in cells])


def _at(path: tuple[str, ...], level: int | None) -> str:
    return path[-1] if level is None or level >= len(path) else path[level]


def _group(dimension: str, groups: Mapping[str, Collection[str]], cell: BudgetCell, path: Path) -> str:
    member = cell.coordinate.get(dimension)
    above = set(path(dimension, member))
    for name, members in groups.items():
        if above.intersection(members):
            return name
    raise BadTransfer(f"{dimension} {member} 不在可以互相调剂的组里，可以的组：{'、'.join(groups)}。")


def _require_one(dimension: str, found: Sequence[str]) -> None:
    if len(set(found)) > 1:
        raise BadTransfer(f"只能在同一个 {dimension} 之内调剂，这张单跨了 {'、'.join(dict.fromkeys(found))}。")


def require_open(rules: MoveRules, cells: Iterable[BudgetCell], ended: Collection[str]) -> None:
    """Raises `BadTransfer` for a cell in one of the ``ended`` periods, where those may not change."""
    if not rules.history and (late := next((c.period for c in cells if c.period in ended), None)):
        raise BadTransfer(f"{late} 已经过去，方案不许再调整以往期间。", period=late)


def net_by_place(cells: Iterable[BudgetCell], year_of: Callable[[str], str]) -> dict[Place, Decimal]:
    """What one move does to each place in all: < 0 leaves it, > 0 comes to it."""
    net: dict[Place, Decimal] = defaultdict(Decimal)
    for cell in cells:
        net[Place(tuple(sorted(cell.coordinate.items())), year_of(cell.period))] += cell.amount
    return dict(net)


def history(
    moves: Iterable[Mapping[Place, Decimal]], original: Mapping[Place, Decimal]
) -> Iterator[tuple[Place, Before]]:
    """What each place of ``original`` had and did, from the net effect of the other moves, one mapping each."""
    nets: dict[Place, list[Decimal]] = defaultdict(list)
    for move in moves:
        for place, net in move.items():
            nets[place].append(net)
    for place, amount in original.items():
        all_ = nets[place]
        given, taken = -sum((n for n in all_ if n < 0), ZERO), sum((n for n in all_ if n > 0), ZERO)
        yield place, Before(amount, given, taken, len(all_))


def require_bounds(rules: MoveRules, net: Mapping[Place, Decimal], before: Mapping[Place, Before]) -> None:
    """Raises `BadTransfer` where a place gives, takes or takes part more than the year's bounds let it."""
    for place, amount in net.items():
        was = before.get(place, Before())
        if rules.times is not None and was.times >= rules.times:
            raise BadTransfer(f"{place} 已调剂 {was.times} 次，方案一年最多 {rules.times} 次。")
        if amount < 0:
            _require_share("调出", place, was.given, -amount, was.original, rules.gives_most)
        elif amount > 0:
            _require_share("调入", place, was.taken, amount, was.original, rules.takes_most)


def _require_share(  # noqa: PLR0917
    what: str, place: Place, so_far: Decimal, amount: Decimal, original: Decimal, percent: Decimal | None
) -> None:
    if percent is None:
        return
    most = max(original, ZERO) * percent / 100
    if so_far + amount > most:
        left = max(most - so_far, ZERO)
        raise BadTransfer(
            f"{place} 累计{what}不能超过原预算 {original:,.2f} 的 {percent:f}%，即 {most:,.2f}；"
            f"已{what}（含审批中）{so_far:,.2f}，还可{what} {left:,.2f}，这次 {amount:,.2f}。",
            left=left,
            asked=amount,
        )


def read_move_rules(where: str, raw: object, dimensions: Collection[str], members: Members, bad: Bad) -> MoveRules:
    """The bounds of a text; ``where`` is transfers or supplements. What is wrong is told to ``bad``."""
    if raw in (None, ""):
        return FREE
    if not isinstance(raw, dict):
        bad(where, raw, "a mapping")
        return FREE
    known = _KEYS if where == "transfers" else _SUPPLEMENT_KEYS
    for unknown in raw.keys() - known:
        bad(where, unknown, "one of " + " ".join(sorted(known)))
    said = str(raw.get("history", "yes")).lower()
    if said not in ("yes", "no", "true", "false"):
        bad(f"{where} history", raw["history"], "yes or no")
    return MoveRules(
        history=said in ("yes", "true"),
        barred=members(f"{where} barred", raw.get("barred")),
        same=_levels(f"{where} same", raw.get("same"), dimensions, bad),
        groups=_groups(f"{where} groups", raw.get("groups"), members, bad),
        gives_most=_percent(f"{where} gives_most", raw.get("gives_most"), bad),
        takes_most=_percent(f"{where} takes_most", raw.get("takes_most"), bad),
        times=_times(f"{where} times", raw.get("times"), bad),
    )


def _levels(where: str, raw: object, dimensions: Collection[str], bad: Bad) -> dict[str, int | None]:
    if raw in (None, ""):
        return {}
    if not isinstance(raw, dict):
        bad(where, raw, "dimension: level")
        return {}
    for dimension, level in raw.items():
        if dimension not in dimensions:
            bad(where, dimension, "a dimension of the controlled items")
        if level != "leaf" and not _is_level(level):
            bad(f"{where} {dimension}", level, "leaf or a level, 0 = top")
    return {str(d): int(str(v)) if _is_level(v) else None for d, v in raw.items()}


def _is_level(raw: object) -> bool:
    return str(raw).isdecimal() and len(str(raw)) <= 3


def _groups(where: str, raw: object, members: Members, bad: Bad) -> dict[str, dict[str, tuple[str, ...]]]:
    if raw in (None, ""):
        return {}
    if not isinstance(raw, dict) or not all(isinstance(g, dict) and g for g in raw.values()):
        bad(where, raw, "dimension: {name: [members]}")
        return {}
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for dimension, named in raw.items():
        read = {str(n): members(where, {dimension: m}).get(str(dimension), ()) for n, m in named.items()}
        every = [m for group in read.values() for m in group]
        for twice in {m for m in every if every.count(m) > 1}:
            bad(f"{where} {dimension}", twice, "each member in one group")
        found[str(dimension)] = read
    return found


def _percent(where: str, raw: object, bad: Bad) -> Decimal | None:
    if raw in (None, ""):
        return None
    try:
        percent = Decimal(str(raw))
    except InvalidOperation:
        percent = Decimal(-1)
    if not percent.is_finite() or not 0 <= percent <= 10_000 or percent != round(percent, 2):
        bad(where, raw, "a percentage from 0, two decimals at most")
        return None
    return percent


def _times(where: str, raw: object, bad: Bad) -> int | None:
    if raw in (None, ""):
        return None
    if not str(raw).isdecimal() or len(str(raw)) > 4 or not 1 <= int(str(raw)) <= 1000:
        bad(where, raw, "a whole number from 1 to 1000")
        return None
    return int(str(raw))


def move_rules_json(rules: MoveRules) -> dict[str, Any]:
    """The inverse of `read_move_rules`; empty where nothing is said."""
    out: dict[str, Any] = {} if rules.history else {"history": "no"}
    if rules.barred:
        out["barred"] = {d: list(m) for d, m in rules.barred.items()}
    if rules.same:
        out["same"] = {d: "leaf" if level is None else level for d, level in rules.same.items()}
    if rules.groups:
        out["groups"] = {d: {n: list(m) for n, m in named.items()} for d, named in rules.groups.items()}
    for key in ("gives_most", "takes_most"):
        if (percent := getattr(rules, key)) is not None:
            out[key] = format(percent, "f")
    return out if rules.times is None else out | {"times": rules.times}
