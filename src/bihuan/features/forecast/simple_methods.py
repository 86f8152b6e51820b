"""Methods that a planner can check with a pencil: last year's period, grown or not, and the recent mean."""

import numpy as np

from bihuan.features.forecast.series import Floats, Series

DAMPING = 0.5  # of last year's growth, how much is expected to go on
GROWTH_BOUNDS = (0.5, 2.0)


def seasonal_naive(series: Series) -> Floats:
    """[n, horizon]: the same period of the year before; blank where that is blank."""
    out = np.full((len(series.values), series.horizon), np.nan)
    for h in range(series.horizon):
        at = series.periods + h - series.per_year * (1 + h // series.per_year)
        if at >= 0:
            out[:, h] = series.values[:, at]
    return out


def growth(series: Series) -> Floats:
    """[n]: the last year over the year before, over those periods that both have; damped and bounded; 1 where unknown."""
    m = series.per_year
    now, before = series.values[:, m:][:, -m:], series.values[:, :-m][:, -m:]
    if not now.shape[1]:
        return np.ones(len(series.values))
    both = ~np.isnan(now) & ~np.isnan(before)
    total, base = (np.where(both, v, 0.0).sum(axis=1) for v in (now, before))
    known = (base > 0) & (total >= 0)
    rate = np.clip(np.where(known, total / np.where(known, base, 1.0), 1.0), *GROWTH_BOUNDS)
    # a few periods say less than a whole year
    weight = DAMPING * both.sum(axis=1) / m
    return np.asarray(rate**weight)


def seasonal_growth(series: Series) -> Floats:
    """[n, horizon]: the same period of the year before, times the damped growth."""
    return seasonal_naive(series) * growth(series)[:, None]


def recent_mean(series: Series) -> Floats:
    """[n, horizon]: the mean of the last year's values, zeros counted, blanks not; blank when the last year is blank."""
    last = series.values[:, -series.per_year :]
    has = ~np.isnan(last)
    count = has.sum(axis=1)
    mean = np.where(has, last, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.repeat(np.where(count > 0, mean, np.nan)[:, None], series.horizon, axis=1)


def half_and_half(series: Series) -> Floats:
    """[n, horizon]: midway between last year's period and the recent mean: for amounts that come in some months only."""
    naive, mean = seasonal_naive(series), recent_mean(series)
    return np.asarray(np.where(np.isnan(naive), mean, (naive + mean) / 2))
