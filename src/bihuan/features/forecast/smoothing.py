"""Methods for long histories: damped exponential smoothing with a season, and theta. numpy only, one series at a time.

Parameters come from a fixed grid, tried all at once; the best by one-step errors wins. Positive series are smoothed on
logarithms, others as they are.
"""

from itertools import product

import numpy as np

from bihuan.features.forecast.series import Floats, Series, began, filled

MIN_YEARS = 2
_GRID = np.array(
    [
        (alpha, beta, gamma, phi)
        for alpha, beta, gamma, phi in product(
            (0.02, 0.08, 0.15, 0.25, 0.4, 0.6), (0.0, 0.02, 0.1, 0.25), (0.02, 0.08, 0.2, 0.4), (0.85, 0.95, 0.98)
        )
        if beta <= alpha and not (beta == 0 and phi != 0.95)
    ]
)
_ALPHAS = np.linspace(0.02, 0.9, 23)


def smoothing(series: Series, moved: Floats | None = None) -> Floats:
    """[n, horizon]: damped trend and season by exponential smoothing; nan with less than two years."""
    return _each(series, moved, _smooth_one)


def theta(series: Series, moved: Floats | None = None) -> Floats:
    """[n, horizon]: seasonally adjusted level by exponential smoothing with half the long-run slope, season put back."""
    return _each(series, moved, _theta_one)


def _each(series: Series, moved: Floats | None, one: object) -> Floats:
    """Runs a method over each series; ``moved`` [n, periods + horizon]: what the festival adds to the logarithm, taken off
    before and put back after."""
    assert callable(one)
    n, m, horizon, periods = len(series.values), series.per_year, series.horizon, series.periods
    out = np.full((n, horizon), np.nan)
    whole, start = filled(series.values, m), began(series.values)
    recent = ~np.isnan(series.values[:, -m:]).all(axis=1)
    for i in np.flatnonzero(recent & (periods - start >= MIN_YEARS * m)):
        y, season = whole[i, start[i] :], series.season[start[i] :]
        shift = np.zeros(len(season)) if moved is None else moved[i, start[i] :]
        positive = bool((y > 0).all())
        work = np.log(y) - shift[: len(y)] if positive else y
        ahead = one(work, season, m, horizon)
        out[i] = np.exp(ahead + shift[len(y) :]) if positive else ahead
    return out


def _smooth_one(y: Floats, season: np.ndarray, m: int, horizon: int) -> Floats:
    level, slope, index = _start(y, season, m)
    grid = _GRID
    alpha, beta, gamma, phi = grid.T
    lv, sl = np.full(len(grid), level), np.full(len(grid), slope)
    ix = np.repeat(index[None, :], len(grid), axis=0)
    loss = np.zeros(len(grid))
    for t, value in enumerate(y):
        s = season[t]
        base = lv + phi * sl
        error = value - base - ix[:, s]
        if t >= m:  # the first year only settles the start
            loss += error * error
        lv, sl = base + alpha * error, phi * sl + beta * error
        ix[:, s] += gamma * (1 - alpha) * error
    k = int(loss.argmin())
    damp = np.cumsum(phi[k] ** np.arange(1, horizon + 1))
    return np.asarray(lv[k] + damp * sl[k] + ix[k, season[len(y) :]])


def _start(y: Floats, season: np.ndarray, m: int) -> tuple[float, float, Floats]:
    """Level and slope before the first period, and the additive season, from the first years."""
    head = y[: 4 * m]
    first = season[: len(head)]
    years = len(head) // m
    slope = float((head[(years - 1) * m : years * m].mean() - head[:m].mean()) / (m * max(1, years - 1)))
    time = np.arange(len(head))
    level = float(head[: years * m].mean() - slope * (years * m + 1) / 2)
    rest = head - level - slope * (time + 1)
    index = np.array([rest[first == s].mean() if (first == s).any() else 0.0 for s in range(m)])
    return level, slope, index - index.mean()


def _theta_one(y: Floats, season: np.ndarray, m: int, horizon: int) -> Floats:
    index = _classical(y, season, m)
    flat = y - index[season[: len(y)]]
    lv = np.full(len(_ALPHAS), flat[: m // 2 + 1].mean())
    loss = np.zeros(len(_ALPHAS))
    for t, value in enumerate(flat):
        error = value - lv
        if t >= m // 2:
            loss += error * error
        lv = lv + _ALPHAS * error
    time = np.arange(len(flat)) - (len(flat) - 1) / 2
    slope = float((time * flat).sum() / (time * time).sum())
    k = int(loss.argmin())
    steps = np.arange(horizon) + (1 - (1 - _ALPHAS[k]) ** len(flat)) / _ALPHAS[k]
    return np.asarray(lv[k] + slope / 2 * steps + index[season[len(y) :]])


def _classical(y: Floats, season: np.ndarray, m: int) -> Floats:
    """The additive season of the newest years by a centred moving mean; never switched off."""
    kernel = np.ones(m) / m if m % 2 else np.concatenate([[0.5], np.ones(m - 1), [0.5]]) / m
    half = len(kernel) // 2
    if len(y) < len(kernel) + m:  # too short for a moving mean over a whole year more
        line = np.full(len(y), y.mean())
        rest, place = y - line, season[: len(y)]
    else:
        rest, place = y[half : len(y) - half] - np.convolve(y, kernel, "valid"), season[half : len(y) - half]
    # the newest years count most
    age = (len(rest) - 1 - np.arange(len(rest))) // m
    weight = 0.8**age
    index = np.zeros(m)
    for s in range(m):
        here = place == s
        if here.any():
            index[s] = (rest[here] * weight[here]).sum() / weight[here].sum()
    return np.asarray(index - index.mean())
