"""Amounts moved within a dimension: both sides change, every total above them and of every other dimension stays."""

import random
from decimal import Decimal

import pytest

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Grant, Principal
from bihuan.features.access.scope import Limit
from bihuan.features.modelling.trees import ModelTrees
from bihuan.features.planning import commands, copying, holds, reallocating, spreading
from bihuan.features.planning.alike import Slice
from bihuan.features.planning.below import HELD
from bihuan.features.planning.copying import Copy
from bihuan.features.planning.holds import Hold
from bihuan.features.planning.model import CannotSpread, ChangedSince, NothingToFollow, TooManyHolds
from bihuan.features.planning.reallocating import ALONE, Reallocated, Reallocation
from bihuan.features.planning.spreading import Spread
from bihuan.kernel.errors import Invalid

VOLUME = ItemRef("销售", "销量")
START = {
    "销量 A P1 2026-01": "10", "销量 A P1 2026-02": "30", "销量 A P2 2026-01": "20",
    "销量 B P1 2026-01": "60", "销量 B P2 2026-02": "5", "销量 C P1 2026-01": "40",
}  # fmt: skip


@pytest.fixture
def version(world, edit):
    made = world.version()
    world.save(made, *(edit(cell, None, value) for cell, value in START.items()))
    return made


def moved(world, version, amount: str, seen: str | None, actor=None, **how) -> Reallocated:
    """To organisation A, all products, the first quarter, along the organisations from its siblings, unless said otherwise."""
    members = how.pop("members", {"org": "A", "产品": "P"})
    wanted = Reallocation(
        VOLUME,
        members,
        how.pop("period", "2026Q1"),
        how.pop("along", "org"),
        how.pop("source", ""),
        Decimal(amount),
        None if seen is None else Decimal(seen),
        **how,
    )
    with world.database.writing() as uow:
        return reallocating.reallocate(uow, actor or world.actor, version_id=version.id, wanted=wanted)


def test_from_another_member_in_proportion_to_what_it_has(world, version) -> None:
    """B has 60 (P1, January) and 5 (P2, February). Of 13 the first gives 12, the second 1; A gets 12 and 1 in the same places."""
    done = moved(world, version, "13", "60", source="B")
    assert changed(world, version) == {
        "A P1 2026-01": "22", "A P2 2026-02": "1", "B P1 2026-01": "48", "B P2 2026-02": "4",
    }  # fmt: skip
    assert (done.before, done.after, done.source_before, done.source_after) == (60, 73, 65, 52)
    assert (done.cells, done.changed) == (18, 4)


def test_from_the_siblings_so_that_the_parent_stays(world, version) -> None:
    """B and C have 105 in the quarter: of 21 B gives 12 and 1, C gives 8."""
    moved(world, version, "21", "60")
    assert changed(world, version) == {
        "A P1 2026-01": "30", "A P2 2026-02": "1", "B P1 2026-01": "48", "B P2 2026-02": "4", "C P1 2026-01": "32",
    }  # fmt: skip


def test_a_negative_amount_goes_to_the_siblings_by_what_they_have(world, version) -> None:
    """A gives 6 of 60: 1 (P1 January), 3 (P1 February), 2 (P2 January). B and C take January's P1 6 : 4, the rest equally."""
    moved(world, version, "-6", "60")
    assert changed(world, version) == {
        "A P1 2026-01": "9", "A P1 2026-02": "27", "A P2 2026-01": "18",
        "B P1 2026-01": "61", "B P1 2026-02": "2", "B P2 2026-01": "1", "C P1 2026-02": "1", "C P2 2026-01": "1",
    }  # fmt: skip


def test_from_one_period_to_another(world, version) -> None:
    """A's February (30 of P1) gives 12 to its January: all of it lands on P1."""
    moved(world, version, "12", "30", along="period", period="2026-01", source="2026-02")
    assert changed(world, version) == {"A P1 2026-01": "22", "A P1 2026-02": "18"}


def test_from_the_rest_of_the_year(world, version) -> None:
    moved(world, version, "12", "30", along="period", period="2026-01")
    assert changed(world, version) == {"A P1 2026-01": "22", "A P1 2026-02": "18"}


def test_what_has_no_counterpart_that_is_free_stays_and_is_counted(world, version) -> None:
    """A P1 January is held: B's P1 January may not give either, so all 5 come from P2 February."""
    done = moved(world, version, "5", "60", source="B", held=[({"org": "A", "产品": "P1"}, "2026-01")])
    assert changed(world, version) == {"A P2 2026-02": "5", "B P2 2026-02": "0"}
    assert done.kept == {HELD: 1, ALONE: 1}


def test_locked_cells_do_not_give(world, version) -> None:
    lock(world, version, "B")
    with pytest.raises(CannotSpread):
        moved(world, version, "5", "60", source="B")
    done = moved(world, version, "5", "60")
    assert changed(world, version) == {"A P1 2026-01": "15", "C P1 2026-01": "35"}
    assert done.kept["已提交（李四）"] == 9


def test_what_is_not_readable_neither_gives_nor_is_counted(world, version) -> None:
    trees = ModelTrees(world.model)
    grants = (Grant("plan.read", limits={"org": ((Limit("A"), Limit("C")),)}), Grant("plan.write"))
    actor = Principal(9, "wang", "王五", grants=grants, hierarchies=lambda _model: trees)
    done = moved(world, version, "5", "60", actor)
    assert changed(world, version) == {"A P1 2026-01": "15", "C P1 2026-01": "35"}
    assert (done.cells, done.source_before) == (18, 40)


WRONG = [
    ("the total moved on", {"seen": "59"}, ChangedSince),
    ("a dimension it has not", {"along": "渠道"}, Invalid),
    ("from itself", {"source": "G"}, Invalid),
    ("the top has no siblings", {"members": {"org": "G", "产品": "P"}, "seen": "165"}, Invalid),
    ("more decimals than are kept", {"amount": "0.5"}, Invalid),
    ("the year has no other periods", {"along": "period", "period": "2026", "seen": "60"}, Invalid),
]


@pytest.mark.parametrize(("how", "error"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_refused(world, version, how, error) -> None:
    with pytest.raises(error):
        moved(world, version, **{"amount": "5", "seen": "60", **how})
    assert changed(world, version) == {}


def test_a_preview_says_the_same_and_writes_nothing_and_one_undo_takes_it_back(world, version) -> None:
    before = world.cells(version)
    wanted = Reallocation(VOLUME, {"org": "A", "产品": "P"}, "2026Q1", "org", "B", Decimal(13), Decimal(60))
    with world.database.reading() as reader:
        told = reallocating.preview(reader, world.actor, version_id=version.id, wanted=wanted)
    assert world.cells(version) == before
    done = moved(world, version, "13", "60", source="B")
    assert (told.changed, told.after, told.source_after) == (done.changed, done.after, done.source_after)
    with world.database.writing() as uow:
        commands.undo(uow, world.actor, version_id=version.id, seq=done.seq)
    assert world.cells(version) == before


def test_random_moves_leave_every_other_total_as_it_was(world, version) -> None:
    """The naive way: sums over all cells by the other dimensions, and by organisation beside the two."""
    rng = random.Random(3)
    for _ in range(40):
        to, source = rng.sample("ABC", 2)
        product, period = rng.choice(["P", "P1", "P2", "P3"]), rng.choice(["2026", "2026Q1", "2026-02"])
        was = world.cells(version)
        seen = total(was, to, product, period)
        amount = rng.choice([-7, 1, 3, 11, 100_003])
        moved(world, version, str(amount), seen, members={"org": to, "产品": product}, period=period, source=source)
        now = world.cells(version)
        for code in "ABC":
            by = {to: amount, source: -amount}.get(code, 0)
            assert (
                Decimal(total(now, code, product, period) or 0) == Decimal(total(was, code, product, period) or 0) + by
            )
        assert others(now) == others(was)


def test_what_a_person_holds_stays_in_spreading_copying_and_reallocating_until_it_is_let_go(world, version) -> None:
    node = Hold(VOLUME, {"org": "A", "产品": "P"}, "2026Q1")
    with world.database.writing() as uow:
        holds.put(uow, world.actor, version.id, [node, node])
    assert held(world, version) == [node]
    spread = Spread(VOLUME, {"org": "G", "产品": "P"}, "2026-01", Decimal(230), Decimal(130))
    with world.database.writing() as uow:
        done = spreading.spread(uow, world.actor, version_id=version.id, wanted=spread)
    assert done.kept == {HELD: 3}
    assert changed(world, version) == {"B P1 2026-01": "120", "C P1 2026-01": "80"}  # 200 in all, 3 : 2
    with pytest.raises(CannotSpread):
        moved(world, version, "1", "60")
    with world.database.writing() as uow:
        copy = Copy((VOLUME,), {"org": "A", "产品": "P"}, "2026-01", Slice(members={"org": "B"}))
        assert not copying.copy(uow, world.actor, version_id=version.id, wanted=copy).items[0].changed
        holds.release(uow, world.actor, version.id, [node])
    assert held(world, version) == []
    moved(world, version, "1", "60", source="B")


def test_one_persons_holds_are_nobody_elses(world, version) -> None:
    other = Principal(9, "wang", "王五", grants=(Grant("plan.read"), Grant("plan.write")))
    with world.database.writing() as uow:
        holds.put(uow, other, version.id, [Hold(VOLUME, {"org": "G", "产品": "P"}, "2026")])
    moved(world, version, "1", "60")
    with world.database.writing() as uow:
        holds.release(uow, world.actor, version.id, None)
    with world.database.reading() as reader:
        assert len(holds.of_person(reader, other, version.id)) == 1


def test_no_more_is_held_than_may_be(world, version) -> None:
    many = [Hold(VOLUME, {"org": f"X{n}", "产品": "P"}, "2026") for n in range(holds.MOST + 1)]
    with pytest.raises(TooManyHolds), world.database.writing() as uow:
        holds.put(uow, world.actor, version.id, many)
    assert held(world, version) == []


def test_a_slice_that_is_empty_gives_no_shares_and_says_so(world, version) -> None:
    empty = world.version()
    spread = Spread(
        VOLUME, {"org": "G", "产品": "P"}, "2026-01", Decimal(1), Decimal(130), "like", like=Slice(empty.id)
    )
    with pytest.raises(NothingToFollow), world.database.writing() as uow:
        spreading.spread(uow, world.actor, version_id=version.id, wanted=spread)


def held(world, version) -> list[Hold]:
    with world.database.reading() as reader:
        return holds.of_person(reader, world.actor, version.id)


def changed(world, version) -> dict[str, str]:
    return {k.removeprefix("销量 "): v for k, v in world.cells(version).items() if START.get(k) != v}


def lock(world, version, org: str) -> None:
    with world.database.writing() as uow:
        commands.set_locked(
            uow, world.actor, version_id=version.id, org_ids=[org], locked=True, why="已提交", holder="李四"
        )


def total(found: dict[str, str], org: str, product: str, period: str) -> str | None:
    """The sum of the cells of an organisation below a product and in a period, None where all are blank."""
    inside = {"2026Q1": ("2026-01", "2026-02", "2026-03")}.get(period, (period,))
    mine = [
        Decimal(value)
        for (_, o, p, at), value in ((k.split(), v) for k, v in found.items())
        if o == org and product in ("P", p) and (period == "2026" or at in inside)
    ]
    return str(sum(mine)) if mine else None


def others(found: dict[str, str]) -> dict[tuple[str, str], Decimal]:
    """Sums by product and period over all organisations, without those that are 0."""
    out: dict[tuple[str, str], Decimal] = {}
    for key, value in found.items():
        _, _, product, at = key.split()
        out[product, at] = out.get((product, at), Decimal(0)) + Decimal(value)
    return {k: v for k, v in out.items() if v}
