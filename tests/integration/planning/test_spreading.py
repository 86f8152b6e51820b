"""Typing at a total: the table an accountant reads, what keeps its amount and why, one undo, the total as it was seen."""

from decimal import Decimal

import pytest

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.planning import commands, spreading
from bihuan.features.planning.model import CannotSpread, ChangedSince
from bihuan.features.planning.spreading import Spread, Spreading
from bihuan.kernel.errors import Invalid, NotFound

START = {"销量 A P1 2026-01": "10", "销量 A P1 2026-02": "30", "销量 A P2 2026-01": "0", "销量 B P1 2026-01": "60"}


@pytest.fixture
def version(world, edit):
    made = world.version()
    world.save(made, *(edit(cell, None, value) for cell, value in START.items()))
    return made


def spread(world, version, amount: str, seen: str | None, **how) -> Spreading:
    """On all organisations and products in January, unless said otherwise."""
    members = how.pop("members", {"org": "G", "产品": "P"})
    wanted = Spread(
        ItemRef("销售", "销量"),
        members,
        how.pop("period", "2026-01"),
        Decimal(amount),
        None if seen is None else Decimal(seen),
        **how,
    )
    with world.database.writing() as uow:
        return spreading.spread(uow, world.actor, version_id=version.id, wanted=wanted)


def january(world, version) -> dict[str, str]:
    cells = world.cells(version)
    return {k.removeprefix("销量 ").removesuffix(" 2026-01"): v for k, v in cells.items() if k.endswith("2026-01")}


TABLE = [
    ("proportional to what is there", {"amount": "140"}, {"A P1": "20", "A P2": "0", "B P1": "120"}),
    ("to nothing: every figure is 0", {"amount": "0"}, {"A P1": "0", "A P2": "0", "B P1": "0"}),
    ("equal where something is", {"amount": "100", "method": "filled"}, {"A P1": "34", "A P2": "33", "B P1": "33"}),
    ("added by shares", {"amount": "7", "action": "add"}, {"A P1": "11", "A P2": "0", "B P1": "66"}),
    ("taken off by shares", {"amount": "7", "action": "subtract"}, {"A P1": "9", "A P2": "0", "B P1": "54"}),
]


@pytest.mark.parametrize(("how", "after"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_an_amount_on_the_total(world, version, how, after) -> None:
    done = spread(world, version, how.pop("amount"), "70", **how)
    assert january(world, version) == after  # what was blank and has no share stays blank
    assert done.total == sum(Decimal(v) for v in january(world, version).values())


def test_equal_reaches_blank_cells_too_and_repeat_puts_the_amount_in_each(world, version) -> None:
    """3 organisations × 3 products: 100 is 12 + 8 × 11."""
    done = spread(world, version, "100", "70", method="equal")
    assert (done.cells, sorted(january(world, version).values())) == (9, ["11"] * 8 + ["12"])
    spread(world, version, "5", "100", method="repeat")
    assert set(january(world, version).values()) == {"5"}


def test_a_quarter_is_split_among_its_months_and_one_undo_takes_it_back(world, version) -> None:
    """A, P1: January 10, February 30: 80 is 20 and 60, March stays blank."""
    before = world.cells(version)
    done = spread(world, version, "80", "40", members={"org": "A", "产品": "P1"}, period="2026Q1")
    after = world.cells(version)
    assert after == {**before, "销量 A P1 2026-01": "20", "销量 A P1 2026-02": "60"}
    assert (done.total, done.changed, done.cells) == (Decimal(80), 2, 3)
    with world.database.writing() as uow:
        commands.undo(uow, world.actor, version_id=version.id, seq=done.seq)
    assert world.cells(version) == before


def test_held_and_locked_cells_keep_their_amounts_and_are_counted(world, version) -> None:
    """B is submitted (60), A P1 is held (10): of 100 the other cells of A and C get 30."""
    with world.database.writing() as uow:
        commands.set_locked(
            uow, world.actor, version_id=version.id, org_ids=["B"], locked=True, why="已提交", holder="李四"
        )
    held = frozenset({((("org", "A"), ("产品", "P1")), "2026-01")})
    done = spread(world, version, "100", "70", method="equal", held=held)
    assert (done.total, dict(done.kept)) == (Decimal(100), {"已提交（李四）": 3, "保持不动": 1})
    now = january(world, version)
    assert (now["A P1"], now["B P1"], sum(int(v) for v in now.values())) == ("10", "60", 100)
    with pytest.raises(CannotSpread):
        spread(world, version, "99", "60", members={"org": "B", "产品": "P"})


def test_the_shares_of_another_version(world, version, edit) -> None:
    other = world.version()
    world.save(other, edit("销量 C P3 2026-01", None, "3"), edit("销量 A P1 2026-01", None, "1"))
    spread(world, version, "80", "70", method="like", like=other.id)
    assert january(world, version) == {"C P3": "60", "A P1": "20", "A P2": "0", "B P1": "0"}
    empty = world.version()
    with pytest.raises(CannotSpread):
        spread(world, version, "70", "80", method="like", like=empty.id)


def test_what_is_refused(world, version) -> None:
    with pytest.raises(ChangedSince, match="合计已经变了"):
        spread(world, version, "100", "71")
    with pytest.raises(ChangedSince):
        spread(world, version, "100", None)
    with pytest.raises(Invalid, match="最多 0 位小数"):
        spread(world, version, "1.5", "70")
    with pytest.raises(NotFound):
        spread(world, version, "100", "70", members={"org": "X", "产品": "P"})
    with pytest.raises(NotFound):
        spread(world, version, "100", "70", period="2031-01")
    wanted = Spread(ItemRef("销售", "单价"), {"产品": "P"}, "2026-01", Decimal(1), None)
    with world.database.writing() as uow, pytest.raises(Invalid, match="没有规定小数位"):
        spreading.spread(uow, world.actor, version_id=version.id, wanted=wanted)


def test_a_preview_says_the_same_and_writes_nothing(world, version) -> None:
    wanted = Spread(ItemRef("销售", "销量"), {"org": "G", "产品": "P"}, "2026-01", Decimal(140), Decimal(70))
    with world.database.reading() as reader:
        told = spreading.preview(reader, world.actor, version_id=version.id, wanted=wanted)
    before = world.cells(version)
    done = spread(world, version, "140", "70")
    assert before == {**START}
    assert (told.cells, told.changed, told.total) == (done.cells, done.changed, done.total)
