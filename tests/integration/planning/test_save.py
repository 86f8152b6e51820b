"""Saving: what is written, what is refused and why, what conflicts."""

import pytest

C = "销量 A P1 2026-01"


def test_a_saved_cell_is_read_back_and_took_one_seq(world, edit) -> None:
    v = world.version()
    result = world.save(v, edit(C, None, "7"), edit("单价 P1 2026-01", None, "3.5"), edit("费率", None, "0.13"))
    assert (result.outcome, result.seq, result.saved) == ("saved", 1, 3)
    assert world.cells(v) == {C: "7", "单价 P1 2026-01": "3.5", "费率": "0.13"}


def test_blank_is_not_zero(world, edit) -> None:
    v = world.version()
    world.save(v, edit(C, None, "0"))
    assert world.cells(v) == {C: "0"}
    world.save(v, edit(C, "0", None))
    assert world.cells(v) == {}


def test_a_save_that_changes_nothing_takes_no_seq(world, edit) -> None:
    v = world.version()
    world.save(v, edit(C, None, "7"))
    assert world.save(v, edit(C, "7", "7")).seq == 1


#   what stands there | what the client saw | what it types | outcome
CONFLICTS = [
    (None, None, "5", "saved"),
    ("5", "5", "6", "saved"),
    ("5", "5", None, "saved"),
    ("5", None, "6", "conflict"),  # somebody filled a cell the client saw blank
    (None, "5", "6", "conflict"),  # somebody cleared it
    ("5", "4", "6", "conflict"),
    ("0", None, "6", "conflict"),  # zero is not blank
    (None, "0", "6", "conflict"),
    ("5", "5.00", "6", "saved"),  # the same number written otherwise
]


@pytest.mark.parametrize("line", CONFLICTS)
def test_a_cell_conflicts_when_it_is_not_what_the_client_saw(world, edit, line) -> None:
    stands, saw, types, outcome = line
    v = world.version()
    if stands is not None:
        world.save(v, edit(C, None, stands))
    result = world.save(v, edit(C, saw, types))
    if outcome == "saved":
        assert result.outcome == "saved"
        return
    assert result.outcome == "nothing"
    [cell] = result.cells
    assert cell.status == "conflict"
    assert cell.theirs.value == (None if stands is None else int(stands))
    assert world.cells(v) == ({} if stands is None else {C: stands})


def test_a_conflict_says_who_when_and_both_values(world, edit) -> None:
    v = world.version()
    first = world.save(v, edit(C, None, "5"))
    [cell] = world.save(v, edit(C, None, "6")).cells
    assert (cell.theirs.seq, cell.theirs.value, cell.theirs.author) == (first.seq, 5, "系统")
    assert cell.theirs.at is not None
    assert "改为 5" in cell.message


def test_all_or_nothing_writes_nothing_and_valid_only_writes_the_rest(world, edit) -> None:
    v = world.version()
    world.save(v, edit(C, None, "5"))
    both = edit(C, None, "6"), edit("销量 A P2 2026-01", None, "8")
    result = world.save(v, *both)
    assert [c.code for c in result.cells] == ["conflict", "others_failed"]
    assert world.cells(v) == {C: "5"}
    result = world.save(v, *both, mode="valid")
    assert (result.outcome, result.saved, [c.index for c in result.cells]) == ("partly", 1, [0])
    assert world.cells(v) == {C: "5", "销量 A P2 2026-01": "8"}


REFUSALS = [
    ("销量 X P1 2026-01", "5", "unknown_member"),
    ("销量 G P1 2026-01", "5", "not_a_leaf"),
    ("销量 A P1 2027-01", "5", "outside_plan"),
    ("销量 A P1 2026", "5", "outside_plan"),
    ("销量 A P1 2026-01", "1e30", "not_a_number"),
    ("费率 2026-01", "5", "outside_plan"),
]


@pytest.mark.parametrize(("cell", "value", "code"), REFUSALS)
def test_what_is_no_leaf_cell_of_the_model_is_refused_with_its_reason(world, edit, cell, value, code) -> None:
    v = world.version()
    [refused] = world.save(v, edit(cell, None, value)).cells
    assert (refused.status, refused.code) == ("refused", code)
    assert refused.message


def test_the_same_cell_twice_in_one_save_is_refused(world, edit) -> None:
    v = world.version()
    result = world.save(v, edit(C, None, "5"), edit(C, None, "6"), mode="valid")
    assert [(c.index, c.code) for c in result.cells] == [(0, "twice")]
    assert world.cells(v) == {C: "6"}


def test_a_submitted_unit_refuses_edits_and_says_why_and_who(world, edit) -> None:
    from bihuan.features.planning import commands

    v = world.version()

    def lock(locked: bool) -> None:
        with world.database.writing() as uow:
            commands.set_locked(
                uow, world.actor, version_id=v.id, org_ids=["A"], locked=locked, why="已提交，待张三审批", holder="张三"
            )

    lock(True)
    result = world.save(v, edit(C, None, "5"), edit("销量 B P1 2026-01", None, "6"), mode="valid")
    assert [(c.index, c.code, c.message) for c in result.cells] == [(0, "locked", "已提交，待张三审批")]
    assert world.cells(v) == {"销量 B P1 2026-01": "6"}
    lock(False)
    assert world.save(v, edit(C, None, "5")).outcome == "saved"


def test_a_write_is_seen_within_its_own_transaction_and_gone_after_a_rollback(world, edit) -> None:
    from bihuan.features.planning import commands

    v = world.version()

    def write_thrice_and_fail() -> None:
        with world.database.writing() as uow:
            for n in range(3):
                change = edit(C, None if n == 0 else str(n), str(n + 1))
                commands.save(uow, world.actor, version_id=v.id, edits=[change], base_seq=0)
            assert world.replica.pin(uow, v.id).seq == 3
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_thrice_and_fail()
    assert world.cells(v) == {}
    assert world.save(v, edit(C, None, "9")).seq == 1  # the rolled-back writes left no gap
