"""Housekeeping that nobody asks for: orphaned warehouse files are removed, once no backup needs them."""

from bihuan.bootstrap import Container
from bihuan.jobs.registry import Job
from bihuan.store.warehouse import Warehouse


def sweep_warehouse(container: Container) -> None:
    """Files that were written but never published."""
    with container.database.writing() as uow:
        Warehouse(container.settings.data / "warehouse").sweep(uow)


JOBS = (Job("warehouse.sweep", sweep_warehouse, idempotent=True, every="17 * * * *"),)
