"""The method against last year's months on the manufacturing group's held-back months, for several companies of the generator.

What is chosen is chosen from what was known before the held-back months.
"""

import numpy as np
import pytest

from bihuan.bootstrap import models_folder
from bihuan.features.forecast import methods
from bihuan.features.forecast.choice import forecast
from bihuan.features.forecast.festival import effects, spans_of
from bihuan.features.forecast.series import Series
from bihuan.kernel.calendar import make_calendar

company_of = pytest.importorskip("bihuan.demo.books.company", reason="the generator is not there").read_company
FESTIVAL = effects(spans_of(make_calendar("month", "2025-01", "2026-12")))


def histories(seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Expenses and revenue by organisation and item or product: amounts [n, 24 months], sibling numbers [n]."""
    from bihuan.demo.books.budget import make_budget
    from bihuan.demo.books.calendar import months
    from bihuan.demo.books.spending import make_actuals

    company, axis = company_of(models_folder() / "qiming", seed), months("2025-01", "2026-12")
    actuals = make_actuals(company, make_budget(company, seed), seed, axis)
    spent = {(o, i): None for o, i, _ in actuals.spent}
    sold = {(o, p): None for o, p, _ in actuals.sold}
    family = {p: p[:2] for _, p in sold}
    return {
        "expenses": (
            np.array([[actuals.spent.get((*pair, m), np.nan) for m in axis] for pair in spent]),
            np.unique([i for _, i in spent], return_inverse=True)[1],
        ),
        "revenue": (
            np.array([[actuals.sold[*pair, m].revenue for m in axis] for pair in sold]),
            np.unique([family[p] for _, p in sold], return_inverse=True)[1],
        ),
    }


def wape(said: np.ndarray, real: np.ndarray) -> float:
    return float(np.nansum(np.abs(np.nan_to_num(said) - real)) / np.nansum(np.abs(real)))


@pytest.mark.parametrize("seed", [2026, 7, 99])
def test_november_and_december_are_forecast_with_half_the_error_of_last_years_months(seed: int) -> None:
    for name, (amounts, pool) in histories(seed).items():
        for known, ahead in ((22, 2), (20, 2), (16, 6)):
            season = np.arange(known + ahead) % 12
            one = Series(amounts[:, :known], season, 12, FESTIVAL[: known + ahead], pool)
            real = amounts[:, known : known + ahead]
            naive = wape(methods.run(one, ("seasonal_naive",))["seasonal_naive"], real)
            chosen = wape(forecast(one).values, real)
            assert chosen < (0.6 if ahead == 2 else 0.75) * naive, (name, known, chosen, naive)


@pytest.mark.parametrize("seed", [2026, 7, 99])
def test_a_spring_festival_that_moved_from_january_to_february_is_followed(seed: int) -> None:
    """One year and a month are known; February and March of the second year are ahead."""
    for name, (amounts, pool) in histories(seed).items():
        one = Series(amounts[:, :13], np.arange(15) % 12, 12, FESTIVAL[:15], pool)
        naive = wape(methods.run(one, ("seasonal_naive",))["seasonal_naive"], amounts[:, 13:15])
        assert wape(forecast(one).values, amounts[:, 13:15]) < 0.75 * naive, name
