"""A slice copied onto other cells, and a slice brought back to a moment: what an accountant expects cell by cell."""

from decimal import Decimal

import pytest

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Grant, Principal
from bihuan.features.access.scope import Limit
from bihuan.features.modelling.trees import ModelTrees
from bihuan.features.planning import commands, copying
from bihuan.features.planning.alike import Slice
from bihuan.features.planning.copying import OUT_OF_REACH, Copied, Copy
from bihuan.features.planning.model import ChangedSince, UnknownState
from bihuan.kernel.errors import Invalid, NotFound

VOLUME, PRICE, RATE = (ItemRef("销售", code) for code in ("销量", "单价", "费率"))
START = {
    "销量 A P1 2026-01": "10", "销量 A P1 2026-02": "30", "销量 A P2 2026-01": "0", "销量 B P1 2026-01": "60",
    "单价 P1 2026-01": "2.5", "费率 ": "0.07",
}  # fmt: skip
ALL = {"org": "G", "产品": "P"}


@pytest.fixture
def version(world, edit):
    made = world.version()
    world.save(made, *(edit(cell, None, value) for cell, value in START.items()))
    return made


def copied(world, onto, factor="1", actor=None, *, items=(VOLUME,), members=ALL, period="2026-01", **source) -> Copied:
    wanted = Copy(tuple(items), members, period, Slice(**source), Decimal(factor))
    with world.database.writing() as uow:
        return copying.copy(uow, actor or world.actor, version_id=onto.id, wanted=wanted)


def undo(world, version, seq: int) -> int:
    with world.database.writing() as uow:
        return commands.undo(uow, world.actor, version_id=version.id, seq=seq)


def test_another_version_times_a_factor_each_cell_rounded_by_itself(world, version) -> None:
    """10 → 10.5 → 11, 0 → 0, 60 → 63; February is not in the slice; one undo empties it again."""
    other = world.version()
    done = copied(world, other, version=version.id, factor="1.05")
    assert world.cells(other) == {"销量 A P1 2026-01": "11", "销量 A P2 2026-01": "0", "销量 B P1 2026-01": "63"}
    (volume,) = done.items
    assert (volume.cells, volume.changed, volume.before, volume.after) == (9, 3, Decimal(0), Decimal(74))
    undo(world, other, done.seq)
    assert world.cells(other) == {}


def test_a_blank_of_the_source_is_copied_as_a_blank(world, version, edit) -> None:
    other = world.version()
    world.save(other, edit("销量 C P3 2026-01", None, "5"), edit("销量 C P3 2026-03", None, "7"))
    copied(world, other, version=version.id)
    assert "销量 C P3 2026-01" not in world.cells(other)
    assert world.cells(other)["销量 C P3 2026-03"] == "7"


def test_one_member_onto_another_and_several_items_at_once(world, version) -> None:
    """Product P2 gets what P1 has; a rate without members or periods is copied too, a price without organisation by product."""
    wanted = Copy((VOLUME, PRICE), {"org": "G", "产品": "P2"}, "2026", Slice(members={"产品": "P1"}))
    with world.database.writing() as uow:
        done = copying.copy(uow, world.actor, version_id=version.id, wanted=wanted)
    after = world.cells(version)
    assert [after.get(f"销量 {o} P2 2026-01") for o in "ABC"] == ["10", "60", None]
    assert (after["销量 A P2 2026-02"], after["单价 P2 2026-01"]) == ("30", "2.5")
    assert [(i.item, i.changed) for i in done.items] == [(VOLUME, 3), (PRICE, 1)]
    other = world.version()
    with world.database.writing() as uow:
        copying.copy(
            uow, world.actor, version_id=other.id, wanted=Copy((RATE,), {}, "2026", Slice(version.id), Decimal(3))
        )
    assert world.cells(other) == {"费率": "0.21"}


def test_a_slice_is_brought_back_to_a_moment_and_the_rest_stays(world, version, edit) -> None:
    before = world.cells(version)
    then = seq_of(world, version)
    world.save(
        version,
        edit("销量 A P1 2026-01", "10", "99"),
        edit("销量 B P1 2026-01", "60", None),
        edit("销量 C P3 2026-01", None, "4"),
    )
    world.save(version, edit("销量 A P1 2026-02", "30", "31"))
    done = copied(world, version, as_of=then)
    assert world.cells(version) == {**before, "销量 A P1 2026-02": "31"}
    assert done.items[0].changed == 3
    assert kind_of(world, version, done.seq) == "restore"
    undo(world, version, done.seq)
    assert world.cells(version)["销量 A P1 2026-01"] == "99"
    with pytest.raises(UnknownState):
        copied(world, version, as_of=99)


def test_restoring_everything_is_what_restoring_the_version_is(world, version, edit) -> None:
    then = seq_of(world, version)
    before = world.cells(version)
    world.save(
        version, edit("销量 A P1 2026-01", "10", "1"), edit("单价 P1 2026-01", "2.5", "3"), edit("费率 ", "0.07", None)
    )
    copied(world, version, items=(VOLUME, PRICE, RATE), period="2026", as_of=then)
    assert world.cells(version) == before


def test_locked_cells_and_cells_out_of_scope_keep_what_they_have_and_are_counted(world, version, edit) -> None:
    other = world.version()
    world.save(other, edit("销量 B P1 2026-01", None, "1"))
    with world.database.writing() as uow:
        commands.set_locked(
            uow, world.actor, version_id=other.id, org_ids=["B"], locked=True, why="已提交", holder="李四"
        )
    done = copied(world, other, version=version.id)
    assert (dict(done.kept), world.cells(other)["销量 B P1 2026-01"]) == ({"已提交（李四）": 3}, "1")


def test_what_one_may_not_read_is_not_copied_nor_made_blank(world, version, edit) -> None:
    """Sees organisation A of the source only; may write everything in the target."""
    other = world.version()
    world.save(other, edit("销量 B P1 2026-01", None, "1"))
    seen = Grant("plan.read", limits={"version": ((Limit(version.code),),), "org": ((Limit("A"),),)})
    own = Grant("plan.read", limits={"version": ((Limit(other.code),),)})
    trees = ModelTrees(world.model)
    actor = Principal(9, "wang", "王五", grants=(seen, own, Grant("plan.write")), hierarchies=lambda _model: trees)
    done = copied(world, other, version=version.id, actor=actor)
    assert world.cells(other) == {"销量 A P1 2026-01": "10", "销量 A P2 2026-01": "0", "销量 B P1 2026-01": "1"}
    assert done.kept[OUT_OF_REACH] == 6


def test_a_preview_says_the_same_and_writes_nothing(world, version) -> None:
    other = world.version()
    wanted = Copy((VOLUME,), ALL, "2026-01", Slice(version.id), Decimal("1.05"))
    with world.database.reading() as reader:
        told = copying.preview(reader, world.actor, version_id=other.id, wanted=wanted)
    assert world.cells(other) == {}
    assert told.items == copied(world, other, version=version.id, factor="1.05").items


def test_copying_what_is_there_already_takes_no_seq(world, version) -> None:
    before = seq_of(world, version)
    assert copied(world, version, as_of=before).seq == before == seq_of(world, version)


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ({"items": (ItemRef("销售", "没有"),)}, NotFound),
        ({"members": {"org": "X", "产品": "P"}}, NotFound),
        ({"members": {**ALL, "渠道": "1"}}, Invalid),
        ({"period": "2031-01"}, NotFound),
        ({"version": 999_999}, NotFound),
        ({"factor": "1e15"}, Invalid),
    ],
)
def test_what_is_refused(world, version, how, fault) -> None:
    with pytest.raises(fault):
        copied(world, version, **how)


def test_a_changed_cell_stops_the_undo_of_a_copy(world, version, edit) -> None:
    other = world.version()
    done = copied(world, other, version=version.id)
    world.save(other, edit("销量 A P1 2026-01", "10", "12"))
    with pytest.raises(ChangedSince):
        undo(world, other, done.seq)


def seq_of(world, version) -> int:
    with world.database.reading() as reader:
        return int(
            reader.conn.exec_driver_sql("SELECT seq FROM plan_head WHERE version_id = %s", (version.id,)).scalar_one()
        )


def kind_of(world, version, seq: int) -> str:
    with world.database.reading() as reader:
        query = "SELECT kind FROM plan_log WHERE version_id = %s AND seq = %s LIMIT 1"
        return str(reader.conn.exec_driver_sql(query, (version.id, seq)).scalar_one())
