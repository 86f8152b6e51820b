"""Which method forecasts which series, and why: by what a series looks like, then by the backtest of its siblings.

A single series of two years is too short to choose by; the choice is made per pool and kind, and falls back to all series
of the kind where a pool has too few points.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bihuan.features.forecast import methods
from bihuan.features.forecast.backtest import Backtest, Progress, Scores, backtest, scores_of
from bihuan.features.forecast.methods import COMBINATION, LUMPY, NAIVE, REGULAR
from bihuan.features.forecast.series import Floats, Ints, Series, began

SILENT, SHORT, LUMPY_KIND, REGULAR_KIND = "silent", "short", "lumpy", "regular"
ZEROS_MAX = 0.3  # a larger share of zeros in the last two years makes a series lumpy
POINTS_MIN = 30  # fewer compared points than this say nothing of a pool
BETTER_BY = 0.02  # how much lower the error must be to prefer a single method to the combination
OWN_BETTER_BY = 0.10  # and for a pool to go another way than all series of its kind


@dataclass(frozen=True, slots=True)
class Choice:
    """``kind`` of series; ``basis``: what decided (said, kind, pool, all); scores of the method and of last year's period."""

    method: str
    kind: str
    basis: str
    scores: Scores | None = None
    naive: Scores | None = None


@dataclass(frozen=True, eq=False)
class Result:
    """``values`` float64[n, horizon], nan = blank; ``errors`` float64[n, origins] of the chosen methods."""

    values: Floats
    choices: Sequence[Choice]
    errors: Floats
    test: Backtest
    kinds: Sequence[str] = field(default=())


def forecast(
    series: Series, *, method: str = "auto", least: int | None = None, progress: Progress = lambda _done, _all: None
) -> Result:
    """The forecast of every series with the choice behind it. ``method``: one of `methods.NAMES` for all, or auto;
    ``least``: periods of history below which a series is short (default: a year)."""
    kinds = kinds_of(series, series.per_year if least is None else least)
    wanted = tuple(dict.fromkeys((*REGULAR, *LUMPY))) if method == "auto" else tuple(dict.fromkeys((NAIVE, method)))
    test = backtest(series, wanted, progress)
    choices = [Choice("", SILENT, "kind")] * len(kinds)
    for kind in (SHORT, LUMPY_KIND, REGULAR_KIND):
        rows = np.array([k == kind for k in kinds])
        if rows.any():
            _choose(choices, kind, rows, series.pool, test=test, said=method)
    said = methods.run(series, (*wanted, "recent_mean"))
    values = np.full((len(kinds), series.horizon), np.nan)
    errors = np.full((len(kinds), len(test.origins)), np.nan)
    for name in {c.method for c in choices} - {""}:
        here = np.array([c.method == name for c in choices])
        values[here] = said[name][here]
        if name in test.errors:
            errors[here] = test.errors[name][here]
    # a method that says nothing of a series which has recent values: their mean
    gap = np.isnan(values) & np.array([k != SILENT for k in kinds])[:, None]
    values = np.where(gap, said["recent_mean"], values)
    return Result(values, choices, errors, test, kinds)


def kinds_of(series: Series, least: int) -> list[str]:
    """What each series looks like: nothing for a year, too short, in some periods only (or negative), or regular."""
    m = series.per_year
    start = began(series.values)
    recent = series.values[:, -2 * m :]
    seen = np.asarray(np.isfinite(recent), np.bool_)
    empty = np.asarray(np.logical_not(seen[:, -m:]).all(axis=1), np.bool_)
    zeros = ((recent == 0) & seen).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    negative = np.asarray((np.where(seen, recent, 0.0) < 0).any(axis=1), np.bool_)
    return [
        SILENT
        if silent
        else SHORT
        if series.periods - start[i] < least
        else LUMPY_KIND
        if zeros[i] > ZEROS_MAX or negative[i]
        else REGULAR_KIND
        for i, silent in enumerate(empty.tolist())
    ]


def _choose(choices: list[Choice], kind: str, rows: np.ndarray, pool: Ints, *, test: Backtest, said: str) -> None:
    """Fills in the choices of the rows of one kind."""
    everybody = np.flatnonzero(rows)
    if said != "auto":
        for i in everybody:
            choices[i] = Choice(said, kind, "said", scores_of(test.sums[said][i]), scores_of(test.sums[NAIVE][i]))
        return
    if kind == SHORT:
        for i in everybody:
            choices[i] = Choice("recent_mean", kind, "kind")
        return
    general = _best(test, everybody, kind, "all")
    default = general or Choice(COMBINATION if kind == REGULAR_KIND else "half_and_half", kind, "kind")
    for number in np.unique(pool[everybody]):
        mine = everybody[pool[everybody] == number]
        own = _best(test, mine, kind, "pool", instead_of=default.method)
        for i in mine:
            choices[i] = own or default


def _best(test: Backtest, rows: Ints, kind: str, basis: str, instead_of: str = "") -> Choice | None:
    """The candidate with the least error on these rows, by MASE: so no series outweighs its siblings, whatever its unit.

    None when too few points were compared, or when it is not clearly better than the method it would stand in for."""
    candidates = REGULAR if kind == REGULAR_KIND else LUMPY
    scores = {name: scores_of(test.sums[name][rows]) for name in candidates}
    if scores[NAIVE].points < POINTS_MIN or scores[NAIVE].mase is None:
        return None
    error = {name: s.mase for name, s in scores.items() if s.mase is not None}
    best = min(error, key=lambda name: error[name])
    if instead_of and error[best] > error[instead_of] * (1 - OWN_BETTER_BY):
        return None
    if not instead_of and kind == REGULAR_KIND and error[best] > error[COMBINATION] * (1 - BETTER_BY):
        best = COMBINATION
    if error[best] >= error[NAIVE]:
        best = NAIVE
    return Choice(best, kind, basis, scores[best], scores[NAIVE])
