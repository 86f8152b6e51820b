"""A branch brought back: by a table an accountant can read, by random edits against a naive three-way, and undone."""

import random
from decimal import Decimal

import pytest

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.planning import commands, merging
from bihuan.features.planning.merging import Choice, Merge
from bihuan.features.planning.model import ChangedSince, NotSaved, Version, VersionClosed
from bihuan.kernel.errors import Invalid

CELLS = [f"销量 {org} {product} 2026-{month:02d}" for org in "ABC" for product in ("P1", "P2") for month in (1, 2)]


def forked(world, values: dict[str, str], edit) -> tuple[Version, Version]:
    """A version that holds these values, and a branch of it."""
    base = world.version()
    world.save(base, *(edit(cell, None, value) for cell, value in values.items()))
    with world.database.writing() as uow:
        return base, commands.branch(uow, world.actor, version_id=base.id, code=f"{base.code}b", name="b")


def write(world, version: Version, edit, wanted: dict[str, str | None]) -> None:
    now = world.cells(version)
    world.save(version, *(edit(cell, now.get(cell), value) for cell, value in wanted.items()))


def seq(world, version: Version) -> int:
    with world.database.reading() as reader:
        return world.replica.pin(reader, version.id).seq


def name_of(cell: str) -> merging.CellName:
    item, org, product, period = cell.split()
    return ItemRef("销售", item), (("org", org), ("产品", product)), period


def merge(world, branch: Version, choices: dict[str, tuple[str | None, str]] | None = None, **how) -> Merge:
    """``choices``: cell → (what the base shows, "base" or "branch")."""
    decided = {
        name_of(cell): Choice(None if base is None else Decimal(base), take)
        for cell, (base, take) in (choices or {}).items()
    }
    with world.database.writing() as uow:
        actor = how.pop("actor", world.actor)
        how = {"branch_seq": seq(world, branch), "reason": "合并", **how}
        return merging.merge(uow, actor, branch_id=branch.id, choices=decided, **how)


# fork, base today, branch today → what merging gives; None blank, "?" a conflict
TABLE = [
    ("nobody changed it", "5", "5", "5", "5"),
    ("the branch alone", "5", "5", "7", "7"),
    ("the base alone", "5", "8", "5", "8"),
    ("both, alike", "5", "9", "9", "9"),
    ("both, differently", "5", "8", "7", "?"),
    ("the branch cleared it", "5", "5", None, None),
    ("the base cleared it, the branch changed it", "5", None, "7", "?"),
    ("the branch filled a blank", None, None, "7", "7"),
    ("the branch put a zero into a blank", None, None, "0", "0"),
    ("both filled a blank", None, "8", "7", "?"),
]


@pytest.mark.parametrize("values", [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_one_cell(world, edit, values) -> None:
    fork, ours, theirs, after = values
    cell, other = "销量 A P1 2026-01", "销量 B P2 2026-02"
    base, branch = forked(world, {other: "1"} | ({cell: fork} if fork is not None else {}), edit)
    write(world, base, edit, {cell: ours})
    write(world, branch, edit, {cell: theirs})
    done = merge(world, branch)
    if after == "?":
        assert (done.outcome, done.conflicts, world.cells(base).get(cell)) == ("conflicts", 1, ours)
        told = done.open[0]
        assert [None if v is None else str(v) for v in (told.fork, told.base, told.branch)] == [fork, ours, theirs]
        assert told.theirs is not None
        assert told.theirs.author == "系统"
        for take, result in (("base", ours), ("branch", theirs)):
            again = merge(world, branch, {cell: (ours, take)})
            assert again.outcome == ("merged" if take == "branch" else "nothing")
            assert world.cells(base).get(cell) == result
    else:
        assert done.outcome == ("merged" if after != ours else "nothing")
        assert world.cells(base).get(cell) == after
    assert world.cells(base)[other] == "1"


def test_a_branch_without_edits_changes_nothing(world, edit) -> None:
    base, branch = forked(world, {CELLS[0]: "5", CELLS[1]: "6"}, edit)
    write(world, base, edit, {CELLS[0]: "50", CELLS[2]: "7"})
    before, at = world.cells(base), seq(world, base)
    assert merge(world, branch).outcome == "nothing"
    assert (world.cells(base), seq(world, base)) == (before, at)


@pytest.mark.parametrize("seed", range(6))
def test_random_edits_as_a_naive_three_way_says(world, edit, seed: int) -> None:
    """Three rounds of edits on both sides and a merge; each later one starts from what the one before took."""
    dice = random.Random(seed)
    start = {cell: str(dice.randrange(1, 100)) for cell in CELLS if dice.random() < 0.7}
    base, branch = forked(world, start, edit)
    ancestor = dict(start)
    for _ in range(3):
        for side in (base, branch):
            some = dice.sample(CELLS, dice.randrange(1, 7))
            write(world, side, edit, {cell: dice.choice([None, "0", str(dice.randrange(100))]) for cell in some})
        ours, theirs = world.cells(base), world.cells(branch)
        expected, choices = dict(ours), {}
        for cell in CELLS:
            was, mine, new = ancestor.get(cell), ours.get(cell), theirs.get(cell)
            if new in (was, mine):
                continue
            if was != mine:
                choices[cell] = (mine, dice.choice(["base", "branch"]))
                if choices[cell][1] == "base":
                    continue
            expected.pop(cell, None)
            if new is not None:
                expected[cell] = new
        first = merge(world, branch) if choices else None
        assert first is None or (first.outcome, first.conflicts) == ("conflicts", len(choices))
        done = merge(world, branch, choices)
        assert done.conflicts == 0
        assert world.cells(base) == expected
        if done.outcome == "merged":  # else nothing was written and what was decided is not remembered
            ancestor = theirs


def test_undo_of_a_merge_brings_the_base_back_and_lets_it_be_merged_again(world, edit) -> None:
    base, branch = forked(world, {CELLS[0]: "5"}, edit)
    write(world, branch, edit, {CELLS[0]: "6", CELLS[1]: "7"})
    before = world.cells(base)
    done = merge(world, branch)
    after = world.cells(base)
    with world.database.writing() as uow:
        commands.undo(uow, world.actor, version_id=base.id, seq=done.seq)
    assert world.cells(base) == before
    assert (merge(world, branch).changed, world.cells(base)) == (2, after)
    with world.database.writing() as uow, pytest.raises(ChangedSince):
        commands.undo(uow, world.actor, version_id=base.id, seq=done.seq)


def test_what_was_looked_at_is_what_is_merged(world, edit) -> None:
    """Later edits of the branch stay out; a base value that moved on after the decision is asked again."""
    base, branch = forked(world, {CELLS[0]: "5"}, edit)
    write(world, base, edit, {CELLS[0]: "8"})
    write(world, branch, edit, {CELLS[0]: "7"})
    seen = seq(world, branch)
    write(world, branch, edit, {CELLS[1]: "9"})
    assert merge(world, branch, {CELLS[0]: ("5", "branch")}, branch_seq=seen).outcome == "conflicts"
    assert merge(world, branch, {CELLS[0]: ("8", "branch")}, branch_seq=seen).outcome == "merged"
    assert world.cells(base) == {CELLS[0]: "7"}
    assert merge(world, branch).outcome == "merged"
    assert world.cells(base) == {CELLS[0]: "7", CELLS[1]: "9"}


def test_what_is_locked_refuses_the_whole_merge(world, edit) -> None:
    base, branch = forked(world, {}, edit)
    write(world, branch, edit, {"销量 A P1 2026-01": "1", "销量 B P1 2026-01": "2"})
    with world.database.writing() as uow:
        commands.set_locked(
            uow, world.actor, version_id=base.id, org_ids=["B"], locked=True, why="已提交", holder="李四"
        )
    with pytest.raises(NotSaved, match="已提交"):
        merge(world, branch)
    assert world.cells(base) == {}


def test_a_discarded_branch_takes_no_writes_until_it_is_taken_back(world, edit) -> None:
    base, branch = forked(world, {CELLS[0]: "5"}, edit)
    with world.database.writing() as uow:
        merging.close_branch(uow, world.actor, branch_id=branch.id, closed=True, reason="不用了")
    with pytest.raises(VersionClosed):
        write(world, branch, edit, {CELLS[0]: "6"})
    with world.database.writing() as uow:
        merging.close_branch(uow, world.actor, branch_id=branch.id, closed=False, reason="")
    write(world, branch, edit, {CELLS[0]: "6"})
    with world.database.writing() as uow, pytest.raises(Invalid, match="不是分支"):
        merging.close_branch(uow, world.actor, branch_id=base.id, closed=True, reason="")
