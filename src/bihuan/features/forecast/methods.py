"""The methods by name, all run on the same series. A method that cannot say anything of a series leaves it blank (nan)."""

import warnings
from collections.abc import Collection, Mapping

import numpy as np

from bihuan.features.forecast.pooled import fit_pools
from bihuan.features.forecast.series import Floats, Series
from bihuan.features.forecast.simple_methods import half_and_half, recent_mean, seasonal_growth, seasonal_naive
from bihuan.features.forecast.smoothing import smoothing, theta

NAIVE, COMBINATION = "seasonal_naive", "combination"
NAMES: Mapping[str, str] = {
    NAIVE: "去年同期",
    "seasonal_growth": "去年同期 × 增长",
    "pooled_season": "季节指数（向同类收缩）",
    "smoothing": "指数平滑",
    "theta": "Theta",
    COMBINATION: "组合（取中位数）",
    "half_and_half": "同期与均值各半",
    "recent_mean": "近一年均值",
}
COMBINED = ("seasonal_growth", "pooled_season", "smoothing", "theta")
REGULAR = (NAIVE, *COMBINED, COMBINATION)
LUMPY = (NAIVE, "half_and_half", "recent_mean")


def run(series: Series, wanted: Collection[str]) -> dict[str, Floats]:
    """Each wanted method's forecast [n, horizon]; not negative where the last year is not."""
    parts = set(wanted) | (set(COMBINED) if COMBINATION in wanted else set())
    out: dict[str, Floats] = {}
    moved = None
    if parts & {"pooled_season", "smoothing", "theta"}:
        out["pooled_season"], moved = fit_pools(series)
    if "smoothing" in parts:
        out["smoothing"] = smoothing(series, moved)
    if "theta" in parts:
        out["theta"] = theta(series, moved)
    for name, method in _SIMPLE.items():
        if name in parts:
            out[name] = method(series)
    if COMBINATION in parts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a series of which no method says anything
            out[COMBINATION] = np.nanmedian([out[name] for name in COMBINED], axis=0)
    last = series.values[:, -series.per_year :]
    floor = np.where(np.nansum(last, axis=1) < 0, -np.inf, 0.0)[:, None]
    return {name: np.maximum(out[name], floor) for name in wanted}


_SIMPLE = {
    NAIVE: seasonal_naive,
    "seasonal_growth": seasonal_growth,
    "half_and_half": half_and_half,
    "recent_mean": recent_mean,
}
