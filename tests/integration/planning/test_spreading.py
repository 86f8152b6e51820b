"""Typing at a total: the table an accountant reads, what keeps its amount and why, one undo, the total as it was seen."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.shapes import Growth, Line, pattern_of
from bihuan.features.planning import alike, commands, spreading
from bihuan.features.planning.alike import Slice
from bihuan.features.planning.model import CannotSpread, ChangedSince, NothingToFollow
from bihuan.features.planning.spreading import Spread, Spreading
from bihuan.kernel.calendar import make_calendar
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
    held = [({"org": "A", "产品": "P1"}, "2026-01")]
    done = spread(world, version, "100", "70", method="equal", held=held)
    assert (done.total, dict(done.kept)) == (Decimal(100), {"已提交（李四）": 3, "保持不动": 1})
    now = january(world, version)
    assert (now["A P1"], now["B P1"], sum(int(v) for v in now.values())) == ("10", "60", 100)
    with pytest.raises(CannotSpread):
        spread(world, version, "99", "60", members={"org": "B", "产品": "P"})


def test_the_shares_of_another_version(world, version, edit) -> None:
    other = world.version()
    world.save(other, edit("销量 C P3 2026-01", None, "3"), edit("销量 A P1 2026-01", None, "1"))
    spread(world, version, "80", "70", method="like", like=Slice(other.id))
    assert january(world, version) == {"C P3": "60", "A P1": "20", "A P2": "0", "B P1": "0"}
    empty = world.version()
    with pytest.raises(NothingToFollow):
        spread(world, version, "70", "80", method="like", like=Slice(empty.id))


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


def months(world, version, who: str = "A P1") -> list[str]:
    """What a row has from January on, "" where blank."""
    cells = world.cells(version)
    return [cells.get(f"销量 {who} 2026-{m:02d}", "") for m in range(1, 13)]


ALONG = [
    ("half as much more each month", {"period": "2026Q1", "method": "growth", "shape": Growth(0.5)}, "190", "40 60 90"),
    ("half of it each month", {"period": "2026Q1", "method": "growth", "shape": Growth(-0.5)}, "70", "40 20 10"),
    ("from two to four", {"period": "2026Q1", "method": "line", "shape": Line(2, 4)}, "90", "20 30 40"),
    (
        "a quarter of 13 weeks",
        {"period": "2026Q1", "method": "pattern", "shape": pattern_of("4-4-5")},
        "131",
        "40 40 51",
    ),
    (
        "four quarters of 5-4-4",
        {"period": "2026", "method": "pattern", "shape": pattern_of("5-4-4")},
        "520",
        "50 40 40 " * 4,
    ),
    ("a negative total", {"period": "2026Q1", "method": "pattern", "shape": pattern_of("1-2-1")}, "-7", "-2 -3 -2"),
    ("nothing in the middle", {"period": "2026Q1", "method": "pattern", "shape": pattern_of("1-0-1")}, "7", "4 0 3"),
]


@pytest.mark.parametrize(("how", "amount", "after"), [row[1:] for row in ALONG], ids=[row[0] for row in ALONG])
def test_an_amount_takes_a_course_along_time(world, version, how, amount, after) -> None:
    """-7 by 1-2-1 is -1.75, -3.5, -1.75: January is the first of the two largest remainders (0.75)."""
    done = spread(world, version, amount, "40", members={"org": "A", "产品": "P1"}, **how)
    assert months(world, version)[: len(after.split())] == after.split()
    assert done.total == Decimal(amount)


def test_rows_keep_their_share_of_the_year_and_what_has_none_stays_blank(world, version) -> None:
    """A P1 has 40 and B P1 60 of the first quarter's 100: of 1,300 by 4-4-5 they get 160 160 200 and 240 240 300."""
    spread(world, version, "1300", "100", period="2026Q1", method="pattern", shape=pattern_of("4-4-5"))
    assert (months(world, version)[:3], months(world, version, "B P1")[:3]) == (
        ["160", "160", "200"],
        ["240", "240", "300"],
    )
    assert months(world, version, "C P1")[:3] == ["", "", ""]


def test_the_season_of_another_version_and_the_shares_of_another_member(world, version, edit) -> None:
    """The other version's January : February is 1 : 3, whatever product it was; B P1 has 60 in January, nothing later."""
    other = world.version()
    world.save(other, edit("销量 C P3 2026-02", None, "9"), edit("销量 C P2 2026-01", None, "3"))
    at = {"members": {"org": "A", "产品": "P"}, "period": "2026Q1"}
    seasonal = Slice(other.id, members={"org": "C"})
    spread(world, version, "80", "40", **at, method="seasonal", like=seasonal)
    assert (months(world, version)[:3], months(world, version, "A P2")[:3]) == (["20", "60", ""], ["0", "", ""])
    spread(world, version, "50", "80", **at, method="like", like=Slice(members={"org": "B"}))
    assert (months(world, version)[:3], months(world, version, "A P2")[:3]) == (["50", "0", ""], ["0", "", ""])
    with pytest.raises(NothingToFollow):  # the axis does not reach last year
        spread(world, version, "40", "50", **at, method="like", like=Slice(years=1))
    with pytest.raises(NotFound, match="没有成员"):
        spread(world, version, "40", "50", **at, method="like", like=Slice(members={"org": "X"}))
    with pytest.raises(Invalid, match="没有维度"):
        spread(world, version, "40", "50", **at, method="like", like=Slice(members={"地区": "X"}))


def test_last_year_is_the_same_number_of_the_year_before(world) -> None:
    item = world.model.items[ItemRef("销售", "销量")]
    longer = replace(world.model, calendar=make_calendar("month", "2026-01", "2026-12", history=12))
    found = alike.columns((world.model, item), (longer, item), 1)
    assert (found["2026-01"], found["2026-12"], len(found)) == (0, 11, 12)
    assert alike.columns((world.model, item), (longer, item), 0)["2026-01"] == 12
    assert alike.columns((world.model, item), (world.model, item), 1) == {}


HOW = [
    {"method": "proportional"},
    {"method": "equal"},
    {"method": "filled"},
    {"method": "like", "like": Slice()},
    {"method": "seasonal", "like": Slice()},
    {"method": "growth", "shape": Growth(0.07)},
    {"method": "line", "shape": Line(1, 1.9)},
    {"method": "pattern", "shape": pattern_of("4-5-4")},
]


@pytest.mark.parametrize("how", HOW, ids=[str(how["method"]) for how in HOW])
@pytest.mark.parametrize("action", ["replace", "add", "subtract"])
def test_the_parts_make_the_typed_total_what_stays_stays_and_undo_is_nothing_done(world, version, how, action) -> None:
    """B is locked (60 in January), A P1's February (30) held; amounts large, small, negative and zero, one after the other."""
    with world.database.writing() as uow:
        commands.set_locked(
            uow, world.actor, version_id=version.id, org_ids=["B"], locked=True, why="已提交", holder="李四"
        )
    held = [({"org": "A", "产品": "P1"}, "2026-02")]
    for amount in (1_000_003, 7, -5, -999_999):
        before = world.cells(version)
        was = sum(int(v) for v in before.values())
        done = spread(world, version, str(amount), str(was), period="2026Q1", held=held, action=action, **how)
        after = world.cells(version)
        total = amount if action == "replace" else was + amount * (1 if action == "add" else -1)
        assert sum(int(v) for v in after.values()) == total == int(done.total)
        assert (after["销量 B P1 2026-01"], after["销量 A P1 2026-02"]) == ("60", "30")
        assert done.changed == sum(before.get(k) != v for k, v in after.items())
        with world.database.writing() as uow:
            commands.undo(uow, world.actor, version_id=version.id, seq=done.seq)
        assert world.cells(version) == before


def test_a_method_without_what_it_needs_is_refused_with_what_to_say(world, version) -> None:
    for method in ("growth", "line", "pattern"):
        with pytest.raises(Invalid, match="还要说明"):
            spread(world, version, "1", "70", method=method)
    for method in ("like", "seasonal"):
        with pytest.raises(Invalid, match="哪一片"):
            spread(world, version, "1", "70", method=method)
    with pytest.raises(Invalid, match="分不成整数轮"):
        spread(world, version, "1", "70", method="pattern", shape=pattern_of("4-4-5"))
    with pytest.raises(Invalid, match="大于 -100 %"):
        spread(world, version, "1", "70", method="growth", shape=Growth(-1))
