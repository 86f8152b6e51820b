"""The flows of a package, where applying it has not put them in force already."""

from pathlib import Path

import yaml

from bihuan.features.access.model import system
from bihuan.features.process import commands as process
from bihuan.features.process.model import flow_of
from bihuan.store.unit_of_work import UnitOfWork


def put_flows(uow: UnitOfWork, folder: Path) -> None:
    """Each flow of ``flows/`` that is not there yet."""
    for path in sorted((folder / "flows").glob("*.yaml")):
        text = yaml.safe_load(path.read_text("utf-8"))
        if uow.row("process.flow_latest", code=text["code"]) is None:
            process.put_flow(uow, system("demo"), flow_of(text))
