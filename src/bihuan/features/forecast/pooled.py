"""Seasonal indices for short histories: siblings learn from each other, and each series keeps what it shows of its own.

On the logarithm of positive series, per pool::

    log y[i, t] = level[i] + (G + g[i])·t + S[season] + d[i, season] + festival·beta + noise

S, G, beta are the pool's; g and d are a series' own departures. Every term but the level is drawn towards zero by as much
as its prior spread says (a ridge, i.e. the posterior mean under normal priors), so one year of history gives the pool's
season, two years begin to give the series' own. Fitted by alternating between pool and series; outlying months count less.
"""

from dataclasses import dataclass

import numpy as np

from bihuan.features.forecast.series import Flags, Floats, Ints, Series

YEARS = 4  # older history says nothing about today's season
SEASON, FESTIVAL, GROWTH = 0.5, 0.5, 0.10  # prior spreads of the pool's terms, logarithms; growth per year
OWN_SEASON, OWN_GROWTH = 0.08, 0.05  # of a series' departures from its pool
ROUNDS = 12
ROBUST = 2.0  # residuals beyond so many spreads count less
FOLLOW = 0.15  # how fast the level follows the newest residuals
SPREAD_MAX = 0.4  # of the noise, when its half variance turns the median into the mean


@dataclass(frozen=True, eq=False)
class Pool:
    """What one pool's series have in common: int/float arrays over seasons, windows; growth per period."""

    season: Floats
    festival: Floats
    growth: float


@dataclass(eq=False)
class _Fit:
    """A pool being fitted: logarithms float64[n, t] (0 where blank), weights float64[n, t]."""

    log: Floats
    has: Flags
    time: Floats
    season: Ints
    festival: Floats
    per_year: int
    sigma: float = 0.1  # spread of the noise, found by `run`

    def run(self) -> tuple[Pool, Floats, Floats]:
        """The pool's terms, each series' own terms [n, 2 + seasons] (level, growth, season), the fit [n, t]."""
        n, m, k = len(self.log), self.per_year, self.festival.shape[1]
        common = np.concatenate([np.eye(m)[self.season], self.festival, self.time[:, None]], axis=1)
        own = np.concatenate([np.ones((len(self.time), 1)), self.time[:, None], np.eye(m)[self.season]], axis=1)
        theta, eta = np.zeros(m + k + 1), np.zeros((n, 2 + m))
        count = np.maximum(self.has.sum(axis=1), 1)
        eta[:, 0] = self.log.sum(axis=1) / count
        weight = self.has.astype(float)
        for _ in range(ROUNDS):
            residual = np.where(self.has, self.log - eta @ own.T, 0.0)
            theta = self._solve_common(common, residual, weight)
            residual = np.where(self.has, self.log - (common @ theta)[None, :], 0.0)
            eta = self._solve_own(own, residual, weight)
            error = np.where(self.has, residual - eta @ own.T, 0.0)
            self.sigma = max(1e-4, float(1.4826 * np.median(np.abs(error[self.has]))))
            weight = self.has * np.minimum(1.0, ROBUST * self.sigma / np.maximum(np.abs(error), 1e-12))
        fit = (common @ theta)[None, :] + eta @ own.T
        pool = Pool(theta[:m], theta[m : m + k], float(theta[-1]))
        return pool, eta, fit

    def _solve_common(self, design: Floats, residual: Floats, weight: Floats) -> Floats:
        m, k = self.per_year, self.festival.shape[1]
        total = weight.sum(axis=0)
        spread = np.concatenate([np.full(m, SEASON), np.full(k, FESTIVAL), [GROWTH / m]])
        left = (design * total[:, None]).T @ design + np.diag(self.sigma**2 / spread**2)
        return np.asarray(np.linalg.solve(left, design.T @ (weight * residual).sum(axis=0)))

    def _solve_own(self, design: Floats, residual: Floats, weight: Floats) -> Floats:
        m = self.per_year
        spread = np.concatenate([[1e3], [OWN_GROWTH / m], np.full(m, OWN_SEASON)])
        left = np.einsum("nt,ta,tb->nab", weight, design, design) + np.diag(self.sigma**2 / spread**2)
        right = (weight * residual) @ design
        return np.asarray(np.linalg.solve(left, right[:, :, None])[:, :, 0])


def fit_pools(series: Series) -> tuple[Floats, Floats]:
    """(forecast [n, horizon], festival factor's exponent [n, periods + horizon]); nan for series with a value that is not
    positive, or without values in the last year."""
    m, horizon = series.per_year, series.horizon
    window = min(series.periods, YEARS * m)
    values = series.values[:, series.periods - window :]
    has = ~np.isnan(values)
    fits = has[:, -m:].any(axis=1) & ~(has & ~(values > 0)).any(axis=1)
    out = np.full((len(values), horizon), np.nan)
    moved = np.zeros((len(values), series.periods + horizon))
    season, festival = series.season[-window - horizon :], series.festival[-window - horizon :]
    time = np.arange(1 - window, horizon + 1, dtype=float)
    log = np.where(has & (values > 0), np.log(np.where(values > 0, values, 1.0)), 0.0)
    for pool_id in np.unique(series.pool[fits]):
        rows = np.flatnonzero(fits & (series.pool == pool_id))
        fit = _Fit(log[rows], has[rows], time[:window], season[:window], festival[:window], m)
        pool, eta, line = fit.run()
        ahead = _line(pool, eta, time[window:], season[window:], festival[window:])
        level = _newest(np.where(has[rows], log[rows] - line, 0.0), has[rows])
        out[rows] = np.exp(ahead + level[:, None] + min(fit.sigma, SPREAD_MAX) ** 2 / 2)
        moved[rows] = (series.festival @ pool.festival)[None, :]
    return out, moved


def pooled_season(series: Series) -> Floats:
    """[n, horizon]: the forecasts of `fit_pools`."""
    return fit_pools(series)[0]


def _line(pool: Pool, eta: Floats, time: Floats, season: Ints, festival: Floats) -> Floats:
    common = pool.season[season] + festival @ pool.festival
    growth = (pool.growth + eta[:, 1])[:, None] * time[None, :]
    return np.asarray(eta[:, :1] + growth + common[None, :] + eta[:, 2:][:, season])


def _newest(residual: Floats, has: Flags) -> Floats:
    """[n]: where the level stands beside the line by the newest residuals; a blank month moves nothing."""
    level = np.zeros(len(residual))
    for t in range(residual.shape[1]):
        level = np.where(has[:, t], level + FOLLOW * (residual[:, t] - level), level)
    return level
