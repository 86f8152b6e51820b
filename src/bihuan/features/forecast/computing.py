"""A run's computation, without writing anything: every item's series, forecast, choice and backtest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bihuan.engine.compiled import CompiledItem
from bihuan.features.access.queries import business_date
from bihuan.features.forecast.choice import Result, forecast
from bihuan.features.forecast.gather import Gathered, Span, gather, span_of
from bihuan.features.forecast.model import Definition, NothingToForecast
from bihuan.features.forecast.series import Floats
from bihuan.features.planning import versions
from bihuan.features.planning.replica import replica_of
from bihuan.store.unit_of_work import Reader

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class ItemForecast:
    """``values`` float64[n, horizon] as the item keeps them (whole numbers of its scale), nan = blank."""

    gathered: Gathered
    result: Result
    values: Floats


@dataclass(frozen=True, eq=False)
class Computed:
    """What a run will write."""

    definition: Definition
    span: Span
    periods: Sequence[str]
    actual_seq: int
    items: Sequence[ItemForecast]


def compute(
    reader: Reader, model_id: int, definition: Definition, progress: Progress = lambda _step, _done, _all: None
) -> Computed:
    """Reads the actuals at their head and forecasts; raises `NothingToForecast`."""
    version = versions.by_name(reader, model_id, definition.actual)
    actual = replica_of(reader).pin(reader, version.id)
    calendar = actual.model.calendar
    span = span_of(calendar, definition, actual, business_date(reader))
    done = []
    for at, ref in enumerate(definition.items):
        gathered = gather(definition, actual, ref, span)

        def told(step: int, steps: int, at: int = at, name: str = gathered.item.definition.name) -> None:
            progress(name, at * steps + step, len(definition.items) * steps)

        result = forecast(gathered.series, method=definition.method, least=definition.least or None, progress=told)
        done.append(ItemForecast(gathered, result, kept_as(gathered.item, result.values)))
    if not any(len(each.values) for each in done):
        raise NothingToForecast("所选范围没有实际数", items=[str(ref) for ref in definition.items])
    return Computed(definition, span, [calendar.codes[i] for i in span.ahead], actual.seq, done)


def kept_as(item: CompiledItem, values: Floats) -> Floats:
    """Rounded half away from zero to what the item keeps, so that leaves add up exactly to every total."""
    if item.scale is not None:
        return np.asarray(np.copysign(np.floor(np.abs(values) + 0.5), values) + 0.0)
    decimals = item.definition.decimals
    return values if decimals is None else np.asarray(np.round(values, decimals))
