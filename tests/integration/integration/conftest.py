"""A small company, its general ledger as a source, and a warehouse in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bihuan.bootstrap import Container, build
from bihuan.engine.compile import compile_model
from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import (
    CalendarDefinition,
    CubeDefinition,
    DimensionDefinition,
    EdgeDefinition,
    ItemDefinition,
    MemberDefinition,
    ModelDefinition,
)
from bihuan.features.access.model import system
from bihuan.features.integration import commands
from bihuan.features.modelling import commands as modelling
from bihuan.settings import Settings
from bihuan.store.warehouse import Warehouse

if TYPE_CHECKING:
    from .books import Books

SOURCE = """
source: gl
title: 总账凭证
model: company
cube: 费用
fields:
  {voucher: 凭证号, date: 日期, account: 科目, department: 部门, memo: 摘要, debit: 借方, credit: 贷方, document: 单据号}
exclude:
  结转损益: {memo: "结转*"}
"""
MAPPING = """rule,account,department,to.item,to.org,sign
差旅费,660202,,差旅费,=department,
办公费,660203,,办公费,=department,
收入,6001,,收入,=department,-1
资金往来,1*,,IGNORE,,
"""


def _members(*codes: str) -> tuple[MemberDefinition, ...]:
    return tuple(MemberDefinition(code, code) for code in codes)


@pytest.fixture(scope="session")
def company() -> CompiledModel:
    """Months of 2026; 集团 over D110 and D120; three items of money by organisation."""
    org = DimensionDefinition(
        "org",
        "组织",
        _members("集团", "D110", "D120"),
        {"": (EdgeDefinition("D110", "集团"), EdgeDefinition("D120", "集团"))},
    )
    items = tuple(ItemDefinition(code, code, unit="元", scale=2) for code in ("差旅费", "办公费", "收入"))
    return compile_model(
        ModelDefinition(
            name="company",
            title="公司",
            calendar=CalendarDefinition("month", "2026-01", "2026-12"),
            currency="元",
            units={"元": ""},
            roles={},
            versions=("预算", "实际"),
            languages=("zh",),
            dimensions=(org,),
            cubes=(CubeDefinition("费用", "费用", ("org", "period"), (), items, ""),),
        )
    )


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture(scope="module")
def container(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    built = build(Settings(data=tmp_path_factory.mktemp("data"), database_url=database_url))
    yield built
    built.database.engine.dispose()


@pytest.fixture
def books(container: Container, tmp_path: Path, request: pytest.FixtureRequest) -> "Books":
    from .books import Books, definition, package

    code = f"b{abs(hash(request.node.name)) % 10**8}"
    with container.database.writing() as uow:
        modelling.apply(uow, system(), package(code), name=code)
        commands.define_source(uow, system(), definition=definition(code), mapping=MAPPING)
    return Books(container, code, tmp_path)
