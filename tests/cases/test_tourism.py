"""The monthly series of the 2010 tourism forecasting competition: 24 months ahead, against the published scores.

The combination is the one that a series of a budget gets when its history is long; nothing here is tuned to these series.
"""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bihuan.features.forecast import methods
from bihuan.features.forecast.choice import forecast
from bihuan.features.forecast.series import Series

HORIZON = 24


@pytest.fixture(scope="module")
def series(cases: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name -> (training, test)."""
    file = cases / "forecast" / "tourism_monthly.csv.gz"
    if not file.is_file():
        pytest.skip(f"no {file.name}")
    found: dict[str, dict[str, list[float]]] = {}
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["series"], {"train": [], "test": []})[row["split"]].append(float(row["value"]))
    return {name: (np.array(s["train"]), np.array(s["test"])) for name, s in found.items()}


@pytest.fixture(scope="module")
def published(cases: Path) -> dict[tuple[str, str], float]:
    """(method, measure) -> mean over the 24 months."""
    with (cases / "forecast" / "tourism_scores_tcomp.csv").open(encoding="utf-8") as lines:
        rows = [r for r in csv.DictReader(lines) if (r["frequency"], r["horizon"]) == ("monthly", "1-24")]
    return {(r["method"], r["measure"]): float(r["value"]) for r in rows}


def as_series(values: np.ndarray) -> Series:
    season = (np.arange(len(values) + HORIZON) + (-len(values)) % 12) % 12
    return Series(values[None, :], season, 12, np.zeros((len(season), 0)), np.zeros(1, int))


def scores(said: np.ndarray, train: np.ndarray, test: np.ndarray) -> tuple[float, float]:
    """MAPE in percent, MASE with the mean yearly step of the whole training part."""
    error = np.abs(said - test)
    return float(np.mean(error / test) * 100), float(error.mean() / np.abs(train[12:] - train[:-12]).mean())


@pytest.mark.parametrize("known", [0, 36, 24], ids=["all history", "36 months", "24 months"])
def test_the_combination_beats_last_years_months_and_stands_near_the_best_published(
    series: dict[str, tuple[np.ndarray, np.ndarray]],
    published: dict[tuple[str, str], float],
    count: Callable[[str], None],
    known: int,
) -> None:
    wanted = ("seasonal_naive", "seasonal_growth", "smoothing", "theta", "combination")
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in wanted}
    for train, test in series.values():
        for name, said in methods.run(as_series(train[-known:]), wanted).items():
            found[name].append(scores(said[0], train, test))
    mean = {name: np.mean(values, axis=0) for name, values in found.items()}
    told = "  ".join(f"{name} {mape:.2f}/{mase:.3f}" for name, (mape, mase) in mean.items())
    count(f"tourism monthly, {len(series)} series, {known or 'all'} months of history, MAPE/MASE: {told}")
    best, naive = mean["combination"], mean["seasonal_naive"]
    assert naive == pytest.approx(
        [published["Naive", "MAPE"], published["Naive", "MASE"]], abs=0.01
    )  # the set-up agrees
    assert best[0] < naive[0]
    assert best[1] < 0.95 * naive[1]
    if not known:
        bars = {m: (published[m, "MAPE"], published[m, "MASE"]) for m in ("ETS", "ARIMA", "Theta")}
        count("  published: " + "  ".join(f"{m} {a:.2f}/{b:.2f}" for m, (a, b) in bars.items()))
        assert best[0] < 1.02 * bars["ETS"][0]
        assert best[1] < 1.02 * bars["ETS"][1]


def test_what_is_chosen_by_backtest_beats_last_years_months_too(
    series: dict[str, tuple[np.ndarray, np.ndarray]], count: Callable[[str], None]
) -> None:
    """Series by series, without siblings, on the last five years."""
    chosen, naive = [], []
    for train, test in list(series.values())[::3]:
        one = as_series(train[-60:])
        chosen.append(scores(forecast(one).values[0], train, test))
        naive.append(scores(methods.run(one, ("seasonal_naive",))["seasonal_naive"][0], train, test))
    best, plain = np.mean(chosen, axis=0), np.mean(naive, axis=0)
    count(
        f"tourism monthly, chosen by backtest on 60 months: {best[0]:.2f}/{best[1]:.3f} against {plain[0]:.2f}/{plain[1]:.3f}"
    )
    assert best[1] < 0.95 * plain[1]
