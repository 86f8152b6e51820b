"""Undo and redo, again and again: redo after undo is as if nothing had been, and neither writes over what came later."""

import random

import pytest

from bihuan.features.planning import commands
from bihuan.features.planning.model import ChangedSince, NotSaved

CELL = "销量 A P1 2026-01"


def act(world, version, how: str, seq: int) -> int:
    with world.database.writing() as uow:
        return getattr(commands, how)(uow, world.actor, version_id=version.id, seq=seq)


@pytest.fixture
def changed(world, edit):
    """A version in which the cell went from 1 to 2; the version and the seq of the second change."""
    version = world.version()
    world.save(version, edit(CELL, None, "1"))
    done = world.save(version, edit(CELL, "1", "2"), edit("销量 B P1 2026-01", None, "9"))
    return version, done.seq


def test_undone_redone_and_undone_again_for_as_long_as_one_likes(world, changed) -> None:
    version, seq = changed
    after = world.cells(version)
    for _ in range(3):
        act(world, version, "undo", seq)
        assert world.cells(version) == {CELL: "1"}
        act(world, version, "redo", seq)
        assert world.cells(version) == after


def test_what_is_not_undone_is_not_redone_and_what_is_undone_not_undone_twice(world, changed) -> None:
    version, seq = changed
    with pytest.raises(ChangedSince, match="没有被撤销"):
        act(world, version, "redo", seq)
    act(world, version, "undo", seq)
    with pytest.raises(ChangedSince, match="已经撤销"):
        act(world, version, "undo", seq)
    act(world, version, "redo", seq)
    with pytest.raises(ChangedSince, match="没有被撤销"):
        act(world, version, "redo", seq)


def test_a_later_change_of_one_cell_stops_the_redo_of_all(world, changed, edit) -> None:
    version, seq = changed
    act(world, version, "undo", seq)
    world.save(version, edit(CELL, "1", "5"))
    with pytest.raises(ChangedSince, match="后来又被改过"):
        act(world, version, "redo", seq)
    assert world.cells(version) == {CELL: "5"}


def test_a_lock_that_came_between_stops_the_redo(world, changed) -> None:
    version, seq = changed
    act(world, version, "undo", seq)
    with world.database.writing() as uow:
        commands.set_locked(
            uow, world.actor, version_id=version.id, org_ids=["B"], locked=True, why="已提交", holder="李四"
        )
    with pytest.raises(NotSaved, match="已提交"):
        act(world, version, "redo", seq)


def test_undoing_undoes_of_undoes_is_told_apart(world, changed) -> None:
    """Undone (u), the undo undone (v), that undone again (w): the change is undone; so redo does it and undo refuses."""
    version, seq = changed
    u = act(world, version, "undo", seq)
    v = act(world, version, "undo", u)
    w = act(world, version, "undo", v)
    assert (world.cells(version), w) == ({CELL: "1"}, v + 1)
    with pytest.raises(ChangedSince, match="已经撤销"):
        act(world, version, "undo", seq)
    act(world, version, "redo", seq)
    assert world.cells(version)[CELL] == "2"


def test_a_random_walk_is_what_a_list_of_edits_done_and_undone_says(world, edit) -> None:
    """Each edit has a cell of its own; the naive way: a set of those that are done."""
    rng, version = random.Random(7), world.version()
    places = [f"销量 {o} {p} 2026-{m:02d}" for o in "ABC" for p in ("P1", "P2") for m in (1, 2)]
    seqs = {place: world.save(version, edit(place, None, "3")).seq for place in places}
    done = set(places)
    for _ in range(60):
        place = rng.choice(places)
        how = rng.choice(["undo", "redo"])
        try:
            act(world, version, how, seqs[place])
        except ChangedSince:
            assert (how == "undo") == (place not in done)
        else:
            (done.discard if how == "undo" else done.add)(place)
    assert world.cells(version) == dict.fromkeys(done, "3")
