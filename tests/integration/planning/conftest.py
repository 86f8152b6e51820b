"""A small model, three organisations × three products × twelve months, and versions of it in a real database."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from bihuan.engine.compiled import CompiledItem, CompiledModel, Total
from bihuan.engine.definition import CalendarDefinition, ItemDefinition, ModelDefinition
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Principal, system
from bihuan.features.planning import commands
from bihuan.features.planning.model import CellEdit, Version
from bihuan.features.planning.replica import Replica, open_replica
from bihuan.kernel.calendar import make_calendar
from bihuan.kernel.hierarchy import Edge, Hierarchy
from bihuan.kernel.member import Dimension, Member
from bihuan.store.unit_of_work import Database

_codes = count(1)


def small_model() -> CompiledModel:
    """Inputs only: 销售!销量 (whole), 销售!单价 (plain number), 销售!费率 (a parameter)."""
    calendar = CalendarDefinition("month", "2026-01", "2026-12")
    definition = ModelDefinition("small", "小模型", calendar, "元", {}, {}, ("预算",), ("zh",), (), ())

    def dimension(code: str, top: str, leaves: str) -> Dimension:
        members = (Member(0, top, top), *(Member(i, c, c) for i, c in enumerate(leaves.split(), 1)))
        tree = Hierarchy("", tuple(Edge(m.id, 0) for m in members[1:]))
        return Dimension(code, code, members, {"": tree})

    def item(code: str, dims: tuple[str, ...], scale: int | None, grain: str = "base") -> CompiledItem:
        said = ItemDefinition(code, code, scale=scale)
        return CompiledItem(
            ItemRef("销售", code), said, "number", None, scale, dims, grain, Total("sum"), Total("sum"), "plan"
        )

    items = (item("销量", ("org", "产品"), 0), item("单价", ("产品",), None), item("费率", (), 2, ""))
    return CompiledModel(
        definition,
        make_calendar("month", "2026-01", "2026-12"),
        {"org": dimension("org", "G", "A B C"), "产品": dimension("产品", "P", "P1 P2 P3")},
        {i.ref: i for i in items},
        (),
    )


@dataclass(frozen=True)
class World:
    """Versions of the small model."""

    database: Database
    replica: Replica
    actor: Principal
    model: CompiledModel

    def version(self, role: str = "预算") -> Version:
        """A fresh, empty version."""
        with self.database.writing() as uow:
            return commands.create_version(
                uow, self.actor, model_id=1, code=f"v{next(_codes)}", name="v", role=role, revision=1, bound=False
            )

    def save(self, version: Version | int, *edits: CellEdit, actor: Principal | None = None, **how: object) -> object:
        """One request that saves."""
        version_id = version if isinstance(version, int) else version.id
        with self.database.writing() as uow:
            return commands.save(uow, actor or self.actor, version_id=version_id, edits=edits, **{"base_seq": 0, **how})

    def cells(self, version: Version | int, replica: Replica | None = None, at: int | None = None) -> dict[str, str]:
        """Every entered cell, ``"销量 A P1 2026-01" -> "7"``, as another request sees it."""
        version_id = version if isinstance(version, int) else version.id
        replica = replica or self.replica
        with self.database.reading() as reader:
            state = replica.pin(reader, version_id) if at is None else replica.at(reader, version_id, at)
        return entered(state)

    @staticmethod
    def entered(state: object) -> dict[str, str]:
        """Every entered cell of a state."""
        return entered(state)

    def cold(self, folder: Path) -> Replica:
        """Another worker, just started."""
        return Replica(self.replica.models, folder)


def entered(state: object) -> dict[str, str]:
    from bihuan.features.planning import cells

    out = {}
    for ref, panel in state.sheet.inputs.items():
        item = state.model.items[ref]
        for row, key in enumerate(panel.keys):
            names = [state.model.dimensions[d].by_id[int(m)].code for d, m in zip(item.dims, key, strict=True)]
            for column, code in enumerate(cells.axis(state.model, item)):
                amount = cells.shown(item, panel.values[row, column], panel.states[row, column])
                if amount is not None:
                    out[" ".join([ref.item, *names, code]).strip()] = cells.text(amount)
    return out


def edit(cell: str, before: str | None, after: str | None) -> CellEdit:
    """``edit("销量 A P1 2026-01", None, "7")``."""
    item, *rest = cell.split()
    dims = {"销量": ("org", "产品"), "单价": ("产品",), "费率": ()}[item]
    members = dict(zip(dims, rest, strict=False))
    period = rest[len(dims)] if len(rest) > len(dims) else ""
    amounts = [None if a is None else Decimal(a) for a in (before, after)]
    return CellEdit(ItemRef("销售", item), members, period, *amounts)


@pytest.fixture(name="edit")
def _edit() -> Callable[..., CellEdit]:
    return edit


@pytest.fixture(scope="module")
def world(database: Database, tmp_path_factory: pytest.TempPathFactory) -> World:
    model = small_model()
    replica = open_replica(
        database.engine, models=lambda reader, model_id, revision: model, folder=tmp_path_factory.mktemp("blocks")
    )
    return World(database, replica, system("tester"), model)
