"""Reproducible chance. Each thing draws from a stream named after it, so that one more thing does not change the others."""

import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice(random.Random):
    """A stream of chance of a name."""

    def about(self, middle: float, spread: float) -> float:
        """A positive number around ``middle``; ``spread`` is the standard deviation of its logarithm."""
        return middle * self.lognormvariate(0.0, spread)

    def parts(self, total: int, count: int, least: int = 1) -> list[int]:
        """``total`` cut into at most ``count`` parts of at least ``least`` each, unequal; the parts add up exactly."""
        count = max(1, min(count, abs(total) // least))
        if count == 1:
            return [total]
        weights = [self.lognormvariate(0.0, 0.7) for _ in range(count)]
        spare, whole = abs(total) - least * count, sum(weights)
        out = [least + int(spare * w / whole) for w in weights]
        out[0] += abs(total) - sum(out)
        return out if total > 0 else [-part for part in out]

    def handfuls(self, things: Sequence[T], most: int) -> Iterator[list[T]]:
        """All things in random order, one to ``most`` at a time."""
        left = list(things)
        self.shuffle(left)
        while left:
            size = self.randint(1, most)
            yield left[:size]
            left = left[size:]

    def one(self, things: Sequence[T]) -> T:
        """One of several."""
        return things[int(self.random() * len(things))]


def dice(seed: int, *names: object) -> Dice:
    """The stream of these names."""
    return Dice("/".join(str(name) for name in (seed, *names)))  # a made-up ledger is no secret


def dealt(seed: int, middle: float, spread: float, *names: object) -> float:
    """`Dice.about` of a stream that is asked only once."""
    return dice(seed, *names).about(middle, spread)
