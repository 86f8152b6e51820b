"""The demonstration: people, the example models with their data, and the companies brought to where something happens.

Everything is done by the same commands that people use, as the people who may; loading it again changes nothing.
"""

from collections.abc import Callable
from pathlib import Path

from bihuan.bootstrap import Container, models_folder
from bihuan.demo.books.files import LINES
from bihuan.demo.people import DEMO_PASSWORD, DEMO_PEOPLE, add_people
from bihuan.demo.qiming import DEFAULT_SEED, books_folder, load_qiming
from bihuan.demo.starter import load_starter
from bihuan.features.access.model import Principal, system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.features.planning.packages import load_data
from bihuan.store.unit_of_work import UnitOfWork

__all__ = ["DEFAULT_SEED", "DEMO_PASSWORD", "DEMO_PEOPLE", "LINES", "books_folder", "load_demo", "load_small_demo"]


MODELS = ("m-company", "qiming", "starter")  # the other packages are worked examples, for ``bihuan model test``


def load_demo(
    container: Container,
    *,
    seed: int = DEFAULT_SEED,
    lines: int = LINES,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """People, models, and both companies, where they are not there yet; ``say`` hears of each step that takes a while.

    ``lines``: about how many voucher lines to October; fewer make the same company with coarser vouchers.
    """
    load_small_demo(container)
    load_qiming(container, seed=seed, lines=lines, say=say)


def load_small_demo(container: Container) -> None:
    """People, the models with the data that its package brings, and the small company's loop."""
    add_people(container)
    for name in MODELS:
        with container.database.writing() as uow:
            _model(uow, system("demo"), models_folder() / name)
    load_starter(container)


def _model(uow: UnitOfWork, actor: Principal, folder: Path) -> None:
    """Applies a shipped package and loads its data once; what users made of it since is theirs."""
    if uow.row("modelling.model", code=folder.name) is None:
        applied = modelling.apply(uow, actor, read_folder(folder), reason="示例", name=folder.name)
        load_data(uow, actor, model=applied.code, folder=folder)
