"""Several series side by side, as the methods take them. Pure arrays."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Series:
    """``values`` float64[n, periods] up to the last closed period; nan = blank, which is not zero.

    ``season`` int[periods + horizon] is each period's number in its year, from 0 to ``per_year`` - 1; ``festival``
    float64[periods + horizon, k] what moves between periods from year to year; ``pool`` int[n] numbers the siblings that
    learn from each other.
    """

    values: Floats
    season: Ints
    per_year: int
    festival: Floats
    pool: Ints

    @property
    def periods(self) -> int:
        """Length of the history."""
        return int(self.values.shape[1])

    @property
    def horizon(self) -> int:
        """How many periods are to be forecast."""
        return len(self.season) - self.periods

    def cut(self, periods: int, horizon: int) -> "Series":
        """As it was known after ``periods`` periods, to be forecast ``horizon`` periods ahead."""
        stop = periods + horizon
        assert stop <= len(self.season), "nothing is known of the periods after the horizon"
        return replace(self, values=self.values[:, :periods], season=self.season[:stop], festival=self.festival[:stop])

    def take(self, rows: NDArray[np.intp] | Flags) -> "Series":
        """Some of the series."""
        return replace(self, values=self.values[rows], pool=self.pool[rows])


def began(values: Floats) -> Ints:
    """int[n]: the first period that holds a value; the number of periods when none does."""
    has = ~np.isnan(values)
    return np.asarray(np.where(has.any(axis=1), has.argmax(axis=1), values.shape[1]), np.int64)


def filled(values: Floats, per_year: int) -> Floats:
    """Gaps after the beginning closed, for methods that step from period to period: the same period a year before, else a
    year after, else the value before. What lies before the beginning stays nan."""
    out = values.copy()
    periods = out.shape[1]
    start = began(values)
    for t in range(periods):
        gap = np.isnan(out[:, t]) & (t >= start)
        for other in (t - per_year, t + per_year, t - 1):
            if 0 <= other < periods and gap.any():
                out[gap, t] = out[gap, other]
                gap = np.isnan(out[:, t]) & (t >= start)
    return out
