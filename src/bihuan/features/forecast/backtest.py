"""Rolling origins: every method forecasts periods that are known, from what was known before them.

Scores are kept per series as sums, so that they add up over any part of the company::

    WAPE   Σ|error| / Σ|actual|          MASE   mean of |error| / scale, scale = mean |y[t] - y[t - year]| of the series
    sMAPE  mean of 2|error| / (|actual| + |forecast|)
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from bihuan.features.forecast import methods
from bihuan.features.forecast.series import Floats, Series

ORIGINS_MAX = 12
ABS_ERROR, ABS_ACTUAL, POINTS, SCALED, SCALED_POINTS, SMAPE = range(6)  # columns of the sums
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Backtest:
    """``sums[method]`` float64[n, 6] as the columns above; ``errors[method]`` float64[n, origins]: forecast less actual,
    added over the ``horizon`` periods after each origin (nan where nothing could be compared)."""

    origins: tuple[int, ...]
    horizon: int
    sums: dict[str, Floats]
    errors: dict[str, Floats]


def origins_of(series: Series) -> tuple[tuple[int, ...], int]:
    """From how many known periods each test starts, and how far it looks; none with no more than a year of history."""
    first, periods = series.per_year, series.periods
    horizon = min(series.horizon, periods - first)
    if horizon < 1:
        return (), 0
    return tuple(range(first, periods - horizon + 1))[-ORIGINS_MAX:], horizon


def backtest(series: Series, wanted: Collection[str], progress: Progress = lambda _done, _all: None) -> Backtest:
    """Runs the wanted methods from every origin."""
    origins, horizon = origins_of(series)
    n = len(series.values)
    sums = {name: np.zeros((n, 6)) for name in wanted}
    errors = {name: np.full((n, len(origins)), np.nan) for name in wanted}
    scale = scales(series)
    for k, origin in enumerate(origins):
        real = series.values[:, origin : origin + horizon]
        for name, said in methods.run(series.cut(origin, horizon), wanted).items():
            sums[name] += score(real, said, scale)
            both = ~np.isnan(real) & ~np.isnan(said)
            total = np.where(both, said - real, 0.0).sum(axis=1)
            errors[name][:, k] = np.where(both.any(axis=1), total, np.nan)
        progress(k + 1, len(origins))
    return Backtest(origins, horizon, sums, errors)


def scales(series: Series) -> Floats:
    """[n]: the mean step from year to year; nan where there is none."""
    m = series.per_year
    step = np.abs(series.values[:, m:] - series.values[:, :-m])
    has = ~np.isnan(step)
    mean = np.where(has, step, 0.0).sum(axis=1) / np.maximum(has.sum(axis=1), 1)
    return np.where(mean > 0, mean, np.nan)


def score(real: Floats, said: Floats, scale: Floats) -> Floats:
    """[n, 6] sums over the periods that both have. A method that stays blank where there was a value scores as zero said."""
    has = ~np.isnan(real)
    error = np.where(has, np.abs(np.nan_to_num(said) - real), 0.0)
    size = np.where(has, np.abs(np.nan_to_num(said)) + np.abs(real), 0.0)
    scaled = has & ~np.isnan(scale)[:, None]
    relative = np.divide(2 * error, size, out=np.zeros_like(error), where=size > 0)
    return np.stack(
        [
            error.sum(axis=1),
            np.where(has, np.abs(real), 0.0).sum(axis=1),
            has.sum(axis=1),
            np.where(scaled, error / np.nan_to_num(scale, nan=1.0)[:, None], 0.0).sum(axis=1),
            scaled.sum(axis=1),
            relative.sum(axis=1),
        ],
        axis=1,
    )


@dataclass(frozen=True, slots=True)
class Scores:
    """Over some series; None where nothing was compared."""

    wape: float | None
    mase: float | None
    smape: float | None
    points: int


def scores_of(sums: Floats) -> Scores:
    """The measures of added sums [6] or [n, 6]."""
    total = sums.sum(axis=0) if sums.ndim > 1 else sums

    def over(a: int, b: int) -> float | None:
        return float(total[a] / total[b]) if total[b] > 0 else None

    return Scores(over(ABS_ERROR, ABS_ACTUAL), over(SCALED, SCALED_POINTS), over(SMAPE, POINTS), int(total[POINTS]))


def half_width(errors: Floats, level: float) -> float | None:
    """The half-width that ``level`` of the errors of a total [origins] stay within: split-conformal, so the ⌈level·(k + 1)⌉-th
    smallest of k; the largest where k is too small for that; None with fewer than three."""
    known = np.sort(np.abs(errors[~np.isnan(errors)]))
    if len(known) < 3:
        return None
    rank = int(np.ceil(level * (len(known) + 1)))
    return float(known[min(rank, len(known)) - 1])
