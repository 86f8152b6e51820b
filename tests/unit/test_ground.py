import tomllib
from pathlib import Path

from bihuan.store.unit_of_work import UnitOfWork

ROOT = Path(__file__).resolve().parents[2]


def test_database_is_there(uow: UnitOfWork) -> None:
    assert uow.conn.exec_driver_sql("select count(*) from setting").scalar() == 0


def test_every_mutant_finds_its_text_once() -> None:
    """Else a guard that was rewritten would no longer be removed, and nobody would notice."""
    mutants = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text("utf-8"))["mutant"]
    stale = [m["name"] for m in mutants if (ROOT / m["file"]).read_text("utf-8").count(m["find"]) != 1]
    assert not stale
