"""The one wiring file: settings -> the objects a process runs with; protocols of earlier features bound to later ones."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

import bihuan
from bihuan.features.access import commands as access
from bihuan.features.access.model import Principal
from bihuan.features.access.roles import ROLES
from bihuan.features.access.scope import Flat, Hierarchies
from bihuan.features.collaboration import model as collaboration
from bihuan.features.collaboration.plan_cells import KIND as PLAN_CELL
from bihuan.features.collaboration.plan_cells import PlanCells
from bihuan.features.control.approval_facts import document_facts
from bihuan.features.control.changing.exceptions import EXCEPTION
from bihuan.features.control.changing.subject import ExceptionSubject
from bihuan.features.control.comments import Documents
from bihuan.features.control.hooks import on_forced, on_transfer
from bihuan.features.control.subjects import DOCUMENT, TRANSFER, DocumentSubject, TransferSubject
from bihuan.features.entry.comments import PlanUnits
from bihuan.features.entry.cycle_text import CycleTexts
from bihuan.features.entry.model import KIND as PLAN_UNIT
from bihuan.features.entry.subject import PlanUnitSubject, unit_facts
from bihuan.features.entry.texts import TextsListener
from bihuan.features.entry.todos import unit_todos
from bihuan.features.forecast.text import ForecastTexts
from bihuan.features.integration.package_texts import SourceRevisions
from bihuan.features.modelling.model import RevisionListener, listeners
from bihuan.features.modelling.queries import compiled, trees
from bihuan.features.modelling.touched import counters, filled_by
from bihuan.features.monitoring.commands import on_forced as open_forced_case
from bihuan.features.monitoring.comments import Cases
from bihuan.features.monitoring.revisions import AlertTexts
from bihuan.features.monitoring.todos import case_todos
from bihuan.features.monitoring.transferring import on_transfer as follow_transfer
from bihuan.features.planning.replica import open_replica
from bihuan.features.planning.revisions import PlanRevisions
from bihuan.features.planning.stored import filled_items, stored_cells
from bihuan.features.process import model as process
from bihuan.features.process import todo
from bihuan.features.process.revisions import FlowRevisions
from bihuan.settings import Settings
from bihuan.store import embedded
from bihuan.store.unit_of_work import Database, UnitOfWork, open_database, utc_now
from bihuan.store.warehouse import Warehouse

on_forced(open_forced_case)  # a fact beyond its limit opens a case
on_transfer(follow_transfer)  # a case that decided on a transfer follows its approval


# who joins an apply of a package, in order: its texts are read, and take effect; a source's row is locked before plan heads
LISTENERS: tuple[type[RevisionListener], ...] = (
    SourceRevisions,
    PlanRevisions,
    FlowRevisions,
    CycleTexts,
    TextsListener,
    AlertTexts,
    ForecastTexts,
)


def _no_trees(_model: str) -> Hierarchies:
    return Flat()


@dataclass(frozen=True)
class Container:
    """What a web worker, a job process or a command-line run holds. ``trees``: a model's hierarchies, for the predicate."""

    settings: Settings
    database: Database
    trees: Callable[[str], Hierarchies] = field(default=_no_trees)

    @cached_property
    def warehouse(self) -> Warehouse:
        """Landed files and voucher lines."""
        return Warehouse(self.settings.data / "warehouse")


def build(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Container:
    """Connects; ``settings.database_url`` must be known by now (the supervisor fills it in for the embedded server)."""
    assert settings.database_url, "the supervisor starts the embedded server first"
    database = open_database(settings.database_url, now=now)
    open_replica(database.engine, models=compiled, folder=settings.data / "blocks")
    for kind in LISTENERS:
        if not any(isinstance(listener, kind) for listener in listeners):
            listeners.append(kind())
    if stored_cells not in counters:
        counters.append(stored_cells)
    if filled_items not in filled_by:
        filled_by.append(filled_items)
    bind_subjects()
    bind_comments()
    # a pool of its own: a request that holds a connection must not wait for a second one from the same pool
    return Container(settings, database, trees(open_database(settings.database_url, pool_size=2, now=now)))


def bind_subjects() -> None:
    """What flows may move: plan units, spend requests, transfers; and whose open work stands beside the tasks."""
    process.register(PLAN_UNIT, PlanUnitSubject(), unit_facts)
    process.register(DOCUMENT, DocumentSubject(), document_facts)
    process.register(TRANSFER, TransferSubject())
    process.register(EXCEPTION, ExceptionSubject())
    todo.add_source("entry", unit_todos)
    todo.add_source("monitoring", case_todos)


def bind_comments() -> None:
    """What people may comment on."""
    collaboration.register(PLAN_CELL, PlanCells())
    collaboration.register(PLAN_UNIT, PlanUnits())
    collaboration.register("document", Documents())
    collaboration.register("case", Cases())


@contextmanager
def opened(settings: Settings) -> Iterator[Container]:
    """A container for one command-line run: attaches to the running server, or runs it for a while; schema brought up."""
    from bihuan.store.migrations import migrate  # noqa: PLC0415 - Alembic takes a fifth of every worker's start, and serves none

    with embedded.database(settings.data, settings.database_url, settings.app_database_url) as urls:
        migrate(urls.owner)
        container = build(replace(settings, database_url=urls.app))
        try:
            yield container
        finally:
            container.database.engine.dispose()


def load_roles(uow: UnitOfWork, actor: Principal) -> None:
    """The roles a fresh installation has; an administrator's changes to one that is there stay."""
    known = {row["code"] for row in uow.rows("access.roles")}
    for role in ROLES:
        if role.code not in known:
            access.define_role(uow, actor, code=role.code, name=role.name, grants=role.grants, note=role.note)


def models_folder() -> Path:
    """The example models: inside the installed package, or at the top of the repository."""
    installed = Path(bihuan.__file__).parent / "models"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "models"
