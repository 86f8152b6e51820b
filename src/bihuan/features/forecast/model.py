"""Forecasts as values: the text's definition, a run, what it said of a series. No I/O.

Errors::

    NoSuchForecast      there is no text of this code in forecasts/
    NoSuchRun           there is no such run, or one may not know of it
    NothingToForecast   no period is left in the horizon, or no actuals are there
    RunUnderWay         the forecast is being computed already
    NotTheLastRun       only the newest run can be taken back
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bihuan.engine.formula.bound import ItemRef
from bihuan.kernel.errors import Conflict, Invalid, NotFound

Up = Literal["leaf", "parent"]  # siblings have the same leaf member, or the same parent of it
RunState = Literal["queued", "running", "done", "failed", "undone"]
SOURCE = "forecast"  # of the change sets that a run writes; what others write is a person's edit


class NoSuchForecast(NotFound):
    """模型包里没有这个预测。"""

    code = "no_such_forecast"


class NoSuchRun(NotFound):
    """没有这次预测运算，或您无权查看。"""

    code = "no_such_forecast_run"


class NothingToForecast(Invalid):
    """没有可以预测的期间或实际数。"""

    code = "nothing_to_forecast"


class RunUnderWay(Conflict):
    """这个预测正在运算，等它结束再运行。"""

    code = "run_under_way"


class NotTheLastRun(Conflict):
    """只能撤销最近一次预测运算。"""

    code = "not_the_last_run"


@dataclass(frozen=True, slots=True)
class Definition:
    """One text of ``forecasts/``. Names may hold ``{year}``, the fiscal year that is forecast.

    ``horizon`` 0 = the rest of the fiscal year, else so many periods; ``least``: periods of history below which a series is
    called short, 0 = a year; ``pool``: siblings agree on these dimensions, on the leaf or its parent; ``where``: only these members
    and those below; ``quiet``: a blank month of a source that is loaded means nothing happened.
    """

    code: str
    title: str
    file: str
    items: Sequence[ItemRef]
    version: str
    version_name: str
    role: str
    actual: str
    budget: str
    horizon: int
    method: str
    least: int
    festival: bool
    quiet: bool
    pool: Mapping[str, Up]
    where: Mapping[str, Sequence[str]]
    band: float

    def named(self, name: str, year: int) -> str:
        """A name with the year filled in."""
        return name.replace("{year}", str(year))


@dataclass(frozen=True, slots=True)
class Run:
    """One run; ``step`` done of total while it goes on. ``summary`` once it is done."""

    id: int
    model_id: int
    code: str
    state: RunState
    step: str
    done: int
    total: int
    version_id: int | None
    seq: int | None
    revision: int | None
    actual_seq: int | None
    switchover: str | None
    periods: Sequence[str] | None
    snapshot: str | None
    summary: Mapping[str, Any] | None
    problem: str | None
    author: int
    author_name: str
    at: datetime
    ended_at: datetime | None
