"""The methods: small examples by hand, and what must hold of any series."""

import numpy as np
import pytest

from bihuan.features.forecast import methods
from bihuan.features.forecast.backtest import backtest, half_width, origins_of, scores_of
from bihuan.features.forecast.choice import forecast, kinds_of
from bihuan.features.forecast.methods import LUMPY, REGULAR
from bihuan.features.forecast.series import Series, filled

NAN = np.nan
ALL = tuple(dict.fromkeys((*REGULAR, *LUMPY)))


def series(values: object, horizon: int = 2, *, pool: list[int] | None = None, festival: object = None) -> Series:
    y = np.asarray(values, float)
    periods = y.shape[1] + horizon
    moving = np.zeros((periods, 0)) if festival is None else np.asarray(festival, float)
    return Series(y, np.arange(periods) % 12, 12, moving, np.array(pool or [0] * len(y)))


def company(n: int = 12, periods: int = 22, seed: int = 1, noise: float = 0.08) -> np.ndarray:
    """Siblings with one season, sizes and growth of their own, and noise."""
    rng = np.random.default_rng(seed)
    season = np.exp(rng.normal(0, 0.25, 12))
    size, growth = np.exp(rng.normal(10, 1, n)), 1 + rng.normal(0.06, 0.05, n)
    t = np.arange(periods)
    return size[:, None] * growth[:, None] ** (t / 12) * season[t % 12] * np.exp(rng.normal(0, noise, (n, periods)))


def test_last_year_grown_by_half_of_what_the_known_months_grew() -> None:
    # ten months of this year are 20 % above last year's: half of it, for ten of twelve months
    year = [100.0] * 10 + [130.0, 90.0]
    said = methods.run(series([[*year, *[120.0] * 10]]), ("seasonal_naive", "seasonal_growth"))
    assert said["seasonal_naive"].tolist() == [[130.0, 90.0]]
    assert said["seasonal_growth"][0] == pytest.approx(np.array([130.0, 90.0]) * 1.2 ** (0.5 * 10 / 12))


def test_the_recent_mean_counts_zeros_and_not_blanks() -> None:
    y = [[0.0, NAN, 6.0, NAN, 0.0, 0.0, NAN, NAN, NAN, NAN, NAN, 12.0]]
    assert methods.run(series(y), ("recent_mean",))["recent_mean"].tolist() == [[18 / 5, 18 / 5]]


def test_siblings_with_one_season_and_no_noise_are_forecast_almost_exactly() -> None:
    y = company(noise=0.0, periods=24)
    said = methods.run(series(y[:, :22]), ("pooled_season",))["pooled_season"]
    assert said == pytest.approx(y[:, 22:], rel=0.03)


def test_a_festival_that_moved_is_expected_where_it_moves_to() -> None:
    """January lost a third in the first year, when the festival fell there; in the third it falls into February."""
    rng = np.random.default_rng(3)
    festival = np.zeros((26, 1))
    festival[0], festival[13], festival[25] = 1.0, 1.0, 1.0  # Jan of the first year, Feb of the second and third
    y = 1000 * np.exp(rng.normal(0, 0.3, (20, 1)) + np.log(2 / 3) * festival[:26, 0] + rng.normal(0, 0.02, (20, 26)))
    one = series(y[:, :24], 2, festival=festival)
    pooled = methods.run(one, ("pooled_season", "seasonal_naive"))
    error = {k: np.abs(v - y[:, 24:]).sum() for k, v in pooled.items()}
    assert pooled["pooled_season"][:, 1].sum() < 0.85 * pooled["pooled_season"][:, 0].sum()
    assert error["pooled_season"] < error["seasonal_naive"] * 1.5
    # seen from one year only, seasonal-naive puts the loss into January again
    early = series(y[:, :12], 2, festival=festival[:14])
    said = methods.run(early, ("pooled_season", "seasonal_naive"))
    real = y[:, 12:14]
    assert np.abs(said["pooled_season"] - real).sum() < 0.6 * np.abs(said["seasonal_naive"] - real).sum()


@pytest.mark.parametrize("seed", range(6))
def test_no_forecast_of_amounts_that_were_never_negative_is_negative(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = company(8, 14 + seed * 5, seed, noise=0.8)
    y[rng.random(y.shape) < 0.2] = 0.0
    y[rng.random(y.shape) < 0.1] = NAN
    result = forecast(series(y, 5))
    assert (np.nan_to_num(result.values) >= 0).all()
    for said in methods.run(series(y, 5), ALL).values():
        assert (np.nan_to_num(said) >= 0).all()


@pytest.mark.parametrize("periods", [13, 22, 36, 60])
def test_in_another_unit_every_method_says_the_same(periods: int) -> None:
    y = company(6, periods, 5)
    here, there = methods.run(series(y, 4), ALL), methods.run(series(y * 10_000, 4), ALL)
    for name in ALL:
        assert there[name] == pytest.approx(here[name] * 10_000, rel=1e-8, nan_ok=True), name


def test_a_series_alone_in_another_unit_does_not_change_its_siblings() -> None:
    y = company(6, 22, 5)
    scaled = y.copy()
    scaled[0] *= 1000
    here, there = forecast(series(y)), forecast(series(scaled))
    assert [c.method for c in here.choices] == [c.method for c in there.choices]
    assert there.values[1:] == pytest.approx(here.values[1:], rel=1e-8)
    assert there.values[0] == pytest.approx(here.values[0] * 1000, rel=1e-8)


def test_years_later_the_same_history_gives_the_same_forecast() -> None:
    y = company(5, 22, 9)
    later = np.concatenate([np.full((5, 24), NAN), y], axis=1)
    for name, said in methods.run(series(y), ALL).items():
        assert methods.run(series(later), ALL)[name] == pytest.approx(said, rel=1e-9, nan_ok=True), name


def test_blank_history_gives_a_blank_forecast_and_zeros_give_zero() -> None:
    y = np.array([[NAN] * 22, [5.0] * 6 + [NAN] * 16, [0.0] * 22, [100.0] * 22])
    result = forecast(series(y))
    assert np.isnan(result.values[:2]).all()
    assert result.values[2:].tolist() == [[0.0, 0.0], [pytest.approx(100.0)] * 2]
    assert [c.kind for c in result.choices] == ["silent", "silent", "lumpy", "regular"]


def test_kinds_tell_short_and_lumpy_series_from_regular_ones() -> None:
    y = np.full((4, 22), 10.0)
    y[0, :15] = NAN
    y[1, ::2] = 0.0
    y[2, 20] = -3.0
    assert kinds_of(series(y), 12) == ["short", "lumpy", "lumpy", "regular"]


def test_a_gap_is_closed_with_the_year_before_and_what_lies_before_the_beginning_stays_blank() -> None:
    y = np.array([[NAN, 2.0, 3.0, 4.0, NAN, NAN, 7.0, 8.0]])
    assert filled(y, 4).tolist()[0][1:] == [2.0, 3.0, 4.0, 4.0, 2.0, 7.0, 8.0]
    assert np.isnan(filled(y, 4)[0, 0])


def test_the_backtest_of_last_years_period_by_hand() -> None:
    y = np.array([[float(v) for v in range(1, 13)] + [2.0, 4.0, 6.0]])  # forecasts of 1 2 3 for 2 4 6
    tested = backtest(series(y, 2), ("seasonal_naive",))
    assert (tested.origins, tested.horizon) == ((12, 13), 2)
    scores = scores_of(tested.sums["seasonal_naive"][0])
    # from 12: |1-2| + |2-4|; from 13: |2-4| + |3-6|; scale: the mean step from year to year, (1 + 2 + 3) / 3 = 2
    assert scores.wape == pytest.approx((1 + 2 + 2 + 3) / (2 + 4 + 4 + 6))
    assert scores.mase == pytest.approx((1 + 2 + 2 + 3) / 4 / 2)
    assert scores.smape == pytest.approx((2 / 3 + 4 / 6 + 4 / 6 + 6 / 9) / 4)
    assert tested.errors["seasonal_naive"].tolist() == [[-3.0, -5.0]]


def test_with_a_year_or_less_nothing_is_tested_and_the_default_is_named() -> None:
    one = series(company(3, 12))
    assert origins_of(one) == ((), 0)
    assert {(c.method, c.basis, c.scores) for c in forecast(one).choices} == {("combination", "kind", None)}


def test_the_half_width_is_the_next_larger_error() -> None:
    assert half_width(np.array([5.0, -1.0, 3.0, NAN, -9.0]), 0.5) == 5.0  # of 1 3 5 9 the ⌈0.5·5⌉ = third
    assert half_width(np.array([5.0, 1.0]), 0.8) is None


@pytest.mark.parametrize("seed", range(5))
def test_the_choice_made_before_the_held_back_months_beats_last_years_period(seed: int) -> None:
    y = company(40, 24, seed, noise=0.15)
    result = forecast(series(y[:, :22], pool=[i % 5 for i in range(40)]))
    naive = methods.run(series(y[:, :22]), ("seasonal_naive",))["seasonal_naive"]
    assert np.abs(result.values - y[:, 22:]).sum() < np.abs(naive - y[:, 22:]).sum()


def test_a_fixed_method_is_used_for_all_and_said_to_be() -> None:
    y = company(4, 22)
    result = forecast(series(y), method="seasonal_naive")
    assert result.values == pytest.approx(y[:, 10:12])
    assert {(c.method, c.basis) for c in result.choices} == {("seasonal_naive", "said")}
