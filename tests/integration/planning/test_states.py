"""States of a version: as-of, snapshots, branches, restore, undo, folding; a cold worker reads the same."""

import pytest

from bihuan.features.planning import commands
from bihuan.features.planning.model import ChangedSince, NameTaken, NotSaved, UnknownState

A1, A2, B1 = "销量 A P1 2026-01", "销量 A P2 2026-02", "销量 B P1 2026-03"


@pytest.fixture
def story(world, edit):
    """A version with three change sets: {A1: 1}, {A1: 1, A2: 2}, {A1: 10, A2: 2}."""
    v = world.version()
    world.save(v, edit(A1, None, "1"))
    world.save(v, edit(A2, None, "2"))
    world.save(v, edit(A1, "1", "10"))
    return v


def run(world, command, *args, **kwargs):
    with world.database.writing() as uow:
        return command(uow, world.actor, *args, **kwargs)


STORY = [{}, {A1: "1"}, {A1: "1", A2: "2"}, {A1: "10", A2: "2"}]


@pytest.mark.parametrize("seq", range(4))
def test_any_past_state_can_be_read(world, story, seq, tmp_path) -> None:
    assert world.cells(story, at=seq) == STORY[seq]
    run(world, commands.fold, version_id=story.id)
    assert world.cells(story, world.cold(tmp_path), at=seq) == STORY[seq]  # before the fold's manifest too


def test_a_seq_that_has_not_been_is_refused(world, story) -> None:
    with pytest.raises(UnknownState):
        world.cells(story, at=4)


def test_a_branch_starts_as_its_base_and_then_each_goes_its_own_way(world, story, edit, tmp_path) -> None:
    made = run(world, commands.branch, version_id=story.id, code=f"{story.code}-b", name="方案二")
    assert world.cells(made) == STORY[3]
    world.save(made, edit(A1, "10", "11"))
    world.save(story, edit(B1, None, "3"))
    assert world.cells(made) == {A1: "11", A2: "2"}
    assert world.cells(story) == {**STORY[3], B1: "3"}
    for folded in (story, made):
        run(world, commands.fold, version_id=folded.id)
        assert world.cells(made, world.cold(tmp_path / str(folded.id))) == {A1: "11", A2: "2"}
    assert world.cells(made, at=0) == STORY[3]


def test_a_branch_of_a_branch_and_a_branch_of_the_past(world, story, edit, tmp_path) -> None:
    past = run(world, commands.branch, version_id=story.id, code=f"{story.code}-p", name="一", as_of=1)
    world.save(past, edit(B1, None, "3"))
    again = run(world, commands.branch, version_id=past.id, code=f"{story.code}-pp", name="二")
    world.save(past, edit(B1, "3", "4"))
    assert world.cells(again) == world.cells(again, world.cold(tmp_path)) == {A1: "1", B1: "3"}
    assert (again.base_version_id, again.base_seq) == (past.id, 1)


def test_branching_copies_no_cells(world, story) -> None:
    with world.database.reading() as reader:
        before = reader.conn.exec_driver_sql("select count(*) from plan_block").scalar()
    run(world, commands.branch, version_id=story.id, code=f"{story.code}-c", name="c")
    with world.database.reading() as reader:
        assert reader.conn.exec_driver_sql("select count(*) from plan_block").scalar() == before


def test_a_code_or_snapshot_name_that_is_taken_is_refused(world, story) -> None:
    with pytest.raises(NameTaken):
        run(world, commands.branch, version_id=story.id, code=story.code, name="c")
    run(world, commands.snapshot, version_id=story.id, name="一上")
    with pytest.raises(NameTaken):
        run(world, commands.snapshot, version_id=story.id, name="一上")


def test_a_snapshot_keeps_what_was(world, story, edit, tmp_path) -> None:
    assert run(world, commands.snapshot, version_id=story.id, name="一上") == 3
    world.save(story, edit(A1, "10", "99"))
    run(world, commands.fold, version_id=story.id)
    for replica in (world.replica, world.cold(tmp_path)):
        with world.database.reading() as reader:
            assert world.entered(replica.named(reader, story.id, "一上")) == STORY[3]


def test_restore_is_a_new_change_set_and_history_stays(world, story) -> None:
    assert run(world, commands.restore, version_id=story.id, seq=1, reason="回到一上") == 4
    assert world.cells(story) == STORY[1]
    assert world.cells(story, at=3) == STORY[3]


def test_undo_takes_back_exactly_one_change_set(world, story) -> None:
    assert run(world, commands.undo, version_id=story.id, seq=2) == 4
    assert world.cells(story) == {A1: "10"}
    assert run(world, commands.undo, version_id=story.id, seq=4) == 5  # undoing the undo
    assert world.cells(story) == STORY[3]


def test_undo_is_refused_where_a_cell_changed_since_or_twice(world, story) -> None:
    with pytest.raises(ChangedSince):
        run(world, commands.undo, version_id=story.id, seq=1)
    run(world, commands.undo, version_id=story.id, seq=3)
    with pytest.raises(ChangedSince):
        run(world, commands.undo, version_id=story.id, seq=3)
    assert world.cells(story) == STORY[2]


def test_undo_of_a_locked_unit_is_refused(world, story) -> None:
    how = {"why": "已提交", "holder": "张三", "version_id": story.id}
    run(world, commands.set_locked, org_ids=["A"], locked=True, **how)
    with pytest.raises(NotSaved):
        run(world, commands.undo, version_id=story.id, seq=3)


def test_a_fold_changes_no_cell_and_a_second_one_writes_nothing(world, story, edit, tmp_path) -> None:
    assert run(world, commands.fold, version_id=story.id) == 3
    assert world.cells(story) == world.cells(story, world.cold(tmp_path)) == STORY[3]

    def manifests() -> int:
        with world.database.reading() as reader:
            return reader.conn.exec_driver_sql("select count(*) from plan_manifest").scalar()

    before = manifests()
    run(world, commands.fold, version_id=story.id)
    assert manifests() == before
    world.save(story, edit(B1, None, "3"))
    assert world.cells(story, world.cold(tmp_path / "b")) == {**STORY[3], B1: "3"}


def test_released_cells_refuse_edits_but_take_a_transfer(world, story, edit) -> None:
    from bihuan.engine.formula.bound import ItemRef

    frozen = run(world, commands.freeze, version_id=story.id, items=[ItemRef("销售", "销量")], org_ids=["A"])
    assert {(c.members["org"], c.members["产品"], c.period, int(c.value)) for c in frozen.cells} == {
        ("A", "P1", "2026-01", 10),
        ("A", "P2", "2026-02", 2),
    }
    [cell] = world.save(story, edit(A1, "10", "11")).cells
    assert cell.code == "frozen"
    assert "调剂" in cell.message
    assert world.save(story, edit(B1, None, "3")).outcome == "saved"
    seq = run(
        world, commands.append, version_id=story.id, edits=[edit(A1, "10", "8")], source="transfer", reason="调剂"
    )
    assert world.cells(story)[A1] == "8"
    assert world.cells(story, at=seq - 1)[A1] == "10"
