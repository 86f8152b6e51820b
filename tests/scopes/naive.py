"""A second, naive permission predicate, and what it says must stay hidden: loops over leaves, no masks, no bits."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product


@dataclass(frozen=True)
class Tree:
    """Parent of each member, "" at the top."""

    parent: Mapping[str, str]

    def above(self, member: str) -> list[str]:
        """The member and everything above it."""
        out = [member]
        while self.parent[out[-1]]:
            out.append(self.parent[out[-1]])
        return out

    @property
    def leaves(self) -> list[str]:
        return [m for m in self.parent if m not in self.parent.values()]

    def below(self, member: str) -> list[str]:
        """The leaves under a member, itself when it is one."""
        return [leaf for leaf in self.leaves if member in self.above(leaf)]


@dataclass(frozen=True)
class Box:
    """Members of each dimension that a grant names; a dimension not named is free."""

    org: tuple[str, ...] = ()
    account: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rights:
    """What somebody may see: in the allowed box and in none of the denied ones."""

    allowed: Box
    denied: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Fact:
    """One amount at a leaf, of one kind: budget, executed, reserved."""

    org: str
    account: str
    period: str
    kind: str
    amount: Decimal


@dataclass(frozen=True)
class World:
    """Two trees, the months, the amounts."""

    orgs: Tree
    accounts: Tree
    periods: tuple[str, ...]
    facts: tuple[Fact, ...]

    def inside(self, box: Box, org: str, account: str) -> bool:
        in_org = not box.org or any(m in box.org for m in self.orgs.above(org))
        return in_org and (not box.account or any(m in box.account for m in self.accounts.above(account)))

    def sees(self, rights: Rights, org: str, account: str) -> bool:
        """Whether one leaf cell is visible."""
        return self.inside(rights.allowed, org, account) and not any(
            self.inside(box, org, account) for box in rights.denied
        )

    def spans(self) -> Iterator[tuple[str, ...]]:
        """Months, quarters, years to date."""
        p = self.periods
        yield from ((one,) for one in p)
        yield from (p[i : i + 3] for i in range(0, len(p), 3))
        yield from (p[:i] for i in range(2, len(p) + 1))

    def totals(self, facts: Iterable[Fact]) -> set[Decimal]:
        """Every sum that a page may show of these facts: node × node × span, by kind, and what kinds differ by."""
        cells: dict[tuple[str, str, str, str], Decimal] = {}
        for f in facts:
            for org, account in product(self.orgs.above(f.org), self.accounts.above(f.account)):
                key = (org, account, f.period, f.kind)
                cells[key] = cells.get(key, Decimal(0)) + f.amount
        nodes = {(o, a) for o, a, _, _ in cells}
        kinds = sorted({k for *_, k in cells})
        out: set[Decimal] = set()
        for (org, account), span in product(nodes, list(self.spans())):
            sums = {k: sum((cells.get((org, account, p, k), Decimal(0)) for p in span), Decimal(0)) for k in kinds}
            out |= set(sums.values())
            budget, executed, reserved = (sums.get(k, Decimal(0)) for k in ("budget", "executed", "reserved"))
            out.add(sums.get("target", Decimal(0)) - budget)
            out |= {executed - budget, budget - executed - reserved, budget - reserved, executed + reserved}
        return {abs(value) for value in out}

    def secrets(self, rights: Rights) -> set[Decimal]:
        """Amounts and totals that need a hidden cell to be known."""
        shown = [f for f in self.facts if self.sees(rights, f.org, f.account)]
        return self.totals(self.facts) - self.totals(shown) - {abs(f.amount) for f in shown}

    def hidden_orgs(self, rights: Rights) -> set[str]:
        """Organisations of which nothing is visible and that stand above nothing visible."""
        seen = {
            up
            for org, account in product(self.orgs.leaves, self.accounts.leaves)
            if self.sees(rights, org, account)
            for up in self.orgs.above(org)
        }
        return set(self.orgs.parent) - seen
