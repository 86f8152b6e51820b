"""An independent model of the ledger: plain dictionaries, one operation after the other, an answer predicted for each.

It shares nothing with the implementation but the meaning: amounts in fen as int, a place is (org, month), and three rules limit
what is consumed: each org's month, each division's prefixes of the year (strict cumulative), the whole company's year.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

DIVISION = {"A1": "A", "A2": "A", "B1": "B", "B2": "B"}
ORGS = tuple(DIVISION)
MONTHS = tuple(range(12))
Place = tuple[str, int]
Row = tuple[str, str, int]


def rows_of(place: Place) -> list[Row]:
    """What a place counts in."""
    org, month = place
    return [("月", org, month), ("年", "", 0), *(("累计", DIVISION[org], u) for u in range(month, 12))]


@dataclass
class Paper:
    """A document: what each line still holds at each stage and where, and what it took over from which earlier line."""

    status: str = "held"
    holds: dict[tuple[int, str, Place], int] = field(
        default_factory=dict
    )  # kept at 0 when emptied: the first come first
    executed: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    passed: int = 0  # what later documents took over of it and have not handed back (only line 1 is ever drawn from)
    draws: dict[int, tuple[str, int]] = field(default_factory=dict)
    drawn: list[list[Any]] = field(
        default_factory=list
    )  # [earlier number, its line, stage, place, amount] not handed back

    def open(self, line: int, stage: str) -> list[tuple[Place, int]]:
        """What a line holds at a stage, in the order in which it came to hold it."""
        return [(p, a) for (n, s, p), a in self.holds.items() if (n, s) == (line, stage) and a]

    @property
    def empty(self) -> bool:
        return not any(self.holds.values())


@dataclass
class World:
    """Everything; `play` changes it as the operation would, or leaves it and answers "refused"."""

    cap: dict[Row, int] = field(default_factory=lambda: defaultdict(int))
    used: dict[Row, int] = field(default_factory=lambda: defaultdict(int))
    cells: dict[Place, int] = field(default_factory=lambda: defaultdict(int))
    papers: dict[str, Paper] = field(default_factory=dict)
    vouchers: dict[str, list[tuple[str, int, str, Place, int]]] = field(default_factory=dict)

    def fits(self, moves: Iterable[tuple[Place, int]]) -> bool:
        """May consumption change so? Giving room back never asks."""
        delta: dict[Row, int] = defaultdict(int)
        for place, amount in moves:
            for row in rows_of(place):
                delta[row] += amount
        return all(d <= 0 or self.used[r] + d <= self.cap[r] for r, d in delta.items())

    def move(self, moves: Iterable[tuple[Place, int]]) -> None:
        for place, amount in moves:
            for row in rows_of(place):
                self.used[row] += amount

    def budget(self, place: Place, amount: int) -> None:
        self.cells[place] += amount
        for row in rows_of(place):
            self.cap[row] += amount

    def play(self, op: str, said: dict[str, Any]) -> str:
        """The predicted answer: ok or refused."""
        return "ok" if getattr(self, f"_{op}")(**said) else "refused"

    # --- operations; each answers whether it is done

    def _reserve(self, number: str, lines: list[list[Any]], stage: str = "reserved") -> bool:
        moves = [((o, m), a) for o, m, a in lines]
        if not self.fits(moves):
            return False
        self.move(moves)
        holds = {(n, stage, place): amount for n, (place, amount) in enumerate(moves, 1)}
        self.papers[number] = Paper(holds=holds)
        return True

    def _draw(self, number: str, earlier: str, org: str, month: int, amount: int) -> bool:
        """A contract of one line that takes over line 1 of an earlier document."""
        old, left, taken = self.papers[earlier], amount, []
        for stage in ("committed", "reserved"):
            for place, held in old.open(1, stage):
                if take := min(held, left):
                    taken.append([earlier, 1, stage, place, take])
                    left -= take
        moves = [(place, -take) for _, _, _, place, take in taken] + [((org, month), amount)]
        if not taken or not self.fits(moves):
            return False
        self.move(moves)
        for _, line, stage, place, take in taken:
            old.holds[line, stage, place] -= take
            old.passed += take
        if old.empty:
            old.status = "closed"
        self.papers[number] = Paper(
            holds={(1, "committed", (org, month)): amount}, draws={1: (earlier, 1)}, drawn=taken
        )
        return True

    def _commit(self, number: str, amount: int) -> bool:
        paper = self.papers[number]
        held = paper.open(1, "reserved")
        if not held:
            return False
        parts, left = [], amount
        for n, (place, there) in enumerate(held):
            put = left if n == len(held) - 1 else min(there, left)
            parts.append((place, min(there, put), put))
            left -= put
        moves = [(place, put - take) for place, take, put in parts]
        if not self.fits(moves):
            return False
        self.move(moves)
        for place, take, put in parts:
            paper.holds[1, "reserved", place] -= take
            self._put(paper, 1, "committed", place, put)
        return True

    def _execute(self, voucher: str, number: str, org: str, month: int, amount: int) -> bool:
        """A fact that names line 1 of a document, or none (number "")."""
        paper, left, booked = self.papers.get(number), amount, []
        for stage in ("committed", "reserved") if paper else ():
            mine = sorted(paper.open(1, stage), key=lambda h: h[0] != (org, month))
            for place, held in mine:
                if take := min(held, left):
                    booked.append((number, 1, stage, place, -take))
                    paper.holds[1, stage, place] -= take
                    left -= take
        booked.append((number if booked else "", 1, "executed", (org, month), amount))
        if paper and len(booked) > 1:
            paper.executed[1] += amount
            if paper.empty:
                paper.status = "closed"
        self.move((place, a) for _, _, _, place, a in booked)
        self.vouchers[voucher] = booked
        return True

    def _reverse(self, voucher: str) -> bool:
        booked = self.vouchers.pop(voucher, None)
        if booked is None:
            return False
        for number, line, stage, place, amount in booked:
            paper = self.papers.get(number)
            if stage == "executed":
                self.move([(place, -amount)])
                if paper:
                    paper.executed[line] -= amount
            elif paper and paper.status != "released":
                self.move([(place, -amount)])
                self._put(paper, line, stage, place, -amount)
                paper.status = "held"
        return True

    def _amend(self, number: str, org: str, month: int, amount: int) -> bool:
        """The document becomes one line (all documents amended have one)."""
        paper = self.papers[number]
        done = max(paper.executed[1], 0) + paper.passed
        if paper.status != "held" or amount < done:
            return False
        left = amount - done
        moves = [(place, -held) for (_, _, place), held in paper.holds.items()] + [((org, month), left)]
        if not self.fits(moves):
            return False
        self.move(moves)
        committed = min(sum(a for _, a in paper.open(1, "committed")), left)
        paper.holds = dict.fromkeys(paper.holds, 0)
        self._put(paper, 1, "committed", (org, month), committed)
        self._put(paper, 1, "reserved", (org, month), left - committed)
        return True

    def _end(self, number: str, how: str) -> bool:
        """release, close or cancel."""
        paper = self.papers[number]
        left: dict[tuple[str, int], int] = defaultdict(int)
        for (line, _, place), held in paper.holds.items():
            self.move([(place, -held)])
            left[paper.draws.get(line, ("", 0))] += held
        paper.holds = dict.fromkeys(paper.holds, 0)
        if how != "close":
            paper.status = "released"
        elif paper.status == "held":
            paper.status = "closed"
        for drawn in paper.drawn if how == "cancel" else []:
            earlier, line, stage, place, amount = drawn
            back = min(left[earlier, line], amount)
            if back and self.papers[earlier].status != "released" and self.fits([(place, back)]):
                self.move([(place, back)])
                self._put(self.papers[earlier], line, stage, place, back)
                self.papers[earlier].status = "held"
                self.papers[earlier].passed -= back
                drawn[4] -= back
            left[earlier, line] -= back
        paper.drawn = [d for d in paper.drawn if d[4]]
        return True

    def _expire(self, number: str) -> bool:
        if self.papers[number].status == "held":
            for (_, _, place), held in self.papers[number].holds.items():
                self.move([(place, -held)])
            self.papers[number].holds = dict.fromkeys(self.papers[number].holds, 0)
            self.papers[number].status = "released"
        return True

    def _change(self, cells: list[list[Any]]) -> bool:
        """A transfer or a supplement: caps move; none may fall below what is consumed."""
        delta: dict[Row, int] = defaultdict(int)
        for org, month, amount in cells:
            for row in rows_of((org, month)):
                delta[row] += amount
        if any(self.cells[o, m] + a < 0 for o, m, a in cells if a < 0):
            return False
        if any(d < 0 and self.used[r] > self.cap[r] + d for r, d in delta.items()):
            return False
        for org, month, amount in cells:
            self.budget((org, month), amount)
        return True

    def _put(self, paper: Paper, line: int, stage: str, place: Place, amount: int) -> None:
        if amount:
            paper.holds[line, stage, place] = paper.holds.get((line, stage, place), 0) + amount
