"""The main company of the demonstration, brought to 31 October 2026 stage by stage, by the commands that people use.

Each stage is a function in `STAGES`, done once; what else the demonstration shall begin with is one more stage or one more
line in one.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from bihuan.bootstrap import Container, models_folder
from bihuan.demo import actuals, budget, season
from bihuan.demo.books.files import Books, write_books
from bihuan.demo.people import COMPANY, add_staff, known
from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.control import commands as control
from bihuan.features.control.model import Request, RequestLine
from bihuan.features.forecast import commands as forecast
from bihuan.features.forecast.computing import compute
from bihuan.features.forecast.text import definition
from bihuan.features.modelling import queries as modelling
from bihuan.settings import Settings

DEFAULT_SEED = 2026
BUSINESS_DATE = date(2026, 10, 31)
POLICY = "集团费用控制"
FORECASTS = ("费用预测", "销售预测")
TAX = Decimal(6)  # percent, on top of what is asked for
_DONE = "demo_stages"  # the setting that says which stages are done, and from which seed


@dataclass(frozen=True)
class Setup:
    """What every stage works on. ``folder``: the model package; the books lie in the data folder."""

    container: Container
    folder: Path
    books: Books
    seed: int


def load_qiming(container: Container, *, seed: int, lines: int, say: Callable[[str], None]) -> None:
    """The stages that were not done yet, in order. The model has been applied. A company begun with a seed keeps it."""
    begun, done = _progress(container)
    left = [stage for stage in STAGES if stage.__name__ not in done]
    if not left:
        return
    seed = seed if begun is None else begun
    folder = models_folder() / COMPANY
    setup = Setup(
        container, folder, write_books(books_folder(container.settings), folder, seed=seed, lines=lines), seed
    )
    for stage in left:
        say(f"演示公司：{(stage.__doc__ or '').splitlines()[0].rstrip('.')}")
        stage(setup)
        done.append(stage.__name__)
        with container.database.writing() as uow:
            uow.value("access.set_setting", name=_DONE, value=json.dumps({"seed": seed, "done": done}))


def books_folder(settings: Settings) -> Path:
    """Where the files of the company's systems lie; November's are there to be loaded by hand."""
    return settings.data / "demo"


def _progress(container: Container) -> tuple[int | None, list[str]]:
    with container.database.reading() as reader:
        said = reader.value("access.setting", name=_DONE)
    return (None, []) if said is None else (said["seed"], list(said["done"]))


# --- the stages -------------------------------------------------------------------------------------------------------


def people(setup: Setup) -> None:
    """人员：各部门的预算负责人，业务日期"""
    with setup.container.database.writing() as uow:
        add_staff(uow, setup.books.company, setup.seed)
        access.set_business_date(uow, system("demo"), BUSINESS_DATE, reason="演示从这一天开始")


def rules(setup: Setup) -> None:
    """控制方案"""
    with setup.container.database.writing() as uow:
        control.apply_policies(uow, system("demo"), model=COMPANY)


def history(setup: Setup) -> None:
    """2025 年实际数"""
    actuals.load_history(setup.container, setup.folder, setup.books.history)


def budget_2026(setup: Setup) -> None:
    """2026 年预算：填报、提交、批准、下达"""
    budget.make_released(setup.container, setup.books, policy=POLICY)


def actuals_2026(setup: Setup) -> None:
    """2026 年一月到十月实际数"""
    actuals.load_year(setup.container, setup.folder, setup.books.deliveries, until=f"{BUSINESS_DATE:%Y-%m}")


def requests(setup: Setup) -> None:
    """在途的用款申请"""
    with setup.container.database.writing() as uow:
        requester = known(uow, setup.container, "jingban")
        for asked in setup.books.requests:
            place = {"org": asked.org, "科目": asked.item, "item": "费用!金额"}
            line = RequestLine(place, str(asked.month), asked.amount, asked.title, tax_rate=TAX, tax_included=False)
            filed = control.file(
                uow, requester, policy=POLICY, request=Request(asked.number, asked.number, (line,), title=asked.title)
            )
            assert filed.case is not None, "the policy names an approval"
            budget.approve(uow, setup.container, filed.case)


def cycle_2027(setup: Setup) -> None:
    """2027 年度预算：开启、下达目标，部分部门已填报、提交"""
    season.begin(setup.container, setup.books)


def forecasts(setup: Setup) -> None:
    """全年预测：实际到十月，后两个月按历史推算"""
    with setup.container.database.writing() as uow:
        chief, model = known(uow, setup.container, "cfo"), modelling.find(uow, COMPANY)
        for code in FORECASTS:
            run = forecast.begin_run(uow, chief, model=COMPANY, code=code)
            computed = compute(uow, model.id, definition(uow, COMPANY, code))
            forecast.publish(uow, chief, run_id=run, computed=computed)


STAGES: Sequence[Callable[[Setup], None]] = (
    people,
    rules,
    history,
    budget_2026,
    actuals_2026,
    requests,
    cycle_2027,
    forecasts,
)
