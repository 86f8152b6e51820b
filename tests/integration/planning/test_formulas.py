"""Versions of a model with formulas: release, submitted states, revisions, roles; incremental = full = another worker."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bihuan.bootstrap import Container, build
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.sheet import Sheet
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.queries import compiled
from bihuan.features.planning import cells, commands, queries
from bihuan.features.planning.model import CannotFreeze, CellEdit, Version
from bihuan.features.planning.replica import Replica, replica_of
from bihuan.jobs.fold import fold_all
from bihuan.kernel.period import PeriodKey
from bihuan.settings import Settings

BOSS = system("boss")
REVENUE, GAP, COST = (ItemRef("销售", code) for code in ("收入", "差异", "费用"))
FORMULAS = "formulas: |\n  收入 = 销量 * 单价\n  差异 = 收入[版本: 实际] - 收入\n  费用 = 销量 * 3\n"


def package(name: str, formulas: str = FORMULAS) -> dict[str, str]:
    return {
        "model.yaml": f"name: {name}\ntitle: {name}\ncalendar: {{base: month, start: 2026-01, end: 2026-12}}\n"
        "currency: 元\nunits: {元: '', 件: ''}\nversions: [实际, 预算]\n",
        "dimensions/org.csv": "code,name,parent,weight\nG,集团,,\nA,甲,G,\nB,乙,G,\n",
        "cubes/销售.yaml": "cube: 销售\ntitle: 销售\ndims: [period, org]\nitems:\n  销量: {unit: 件, scale: 0}\n"
        "  单价: {unit: 元/件, time: average, total: average}\n  收入: {unit: 元, scale: 2}\n  差异: {unit: 元, scale: 2}\n"
        "  费用: {unit: '?', scale: 2, override: yes}\n" + formulas,
    }


class Plans:
    """The versions of one model, and short ways to write and read them."""

    def __init__(self, container, name: str, folder: Path) -> None:
        self.database, self.name, self.folder = container.database, name, folder
        self.apply(FORMULAS)

    def apply(self, formulas: str, from_revision: int | None = None) -> None:
        with self.database.writing() as uow:
            modelling.apply(uow, BOSS, package(self.name, formulas), name=self.name, from_revision=from_revision)

    def version(self, role: str) -> Version:
        with self.database.reading() as reader:
            return queries.version(reader, self.name, role)

    def run(self, command, role: str = "预算", **how):
        with self.database.writing() as uow:
            return command(uow, BOSS, version_id=self.version(role).id, **how)

    def write(self, role: str, *lines: str) -> int:
        """``"销量 A 2026-01 7"``; ``-`` clears."""
        edits = []
        for line in lines:
            item, org, period, amount = line.split()
            after = None if amount == "-" else Decimal(amount)
            edits.append(CellEdit(ItemRef("销售", item), {"org": org}, period, None, after))
        return self.run(commands.append, role, edits=edits, source="test", reason="")

    def read(self, role: str, item: ItemRef, org: str, period: str, replica: Replica | None = None) -> str | None:
        with self.database.reading() as reader:
            state = (replica or replica_of(reader)).pin(reader, self.version(role).id)
        return amount(state, item, org, period)

    def named(self, role: str, name: str, item: ItemRef, org: str, period: str) -> str | None:
        with self.database.reading() as reader:
            return amount(replica_of(reader).named(reader, self.version(role).id, name), item, org, period)

    def folded(self, version_id: int) -> int:
        """The seq the head's blocks stand at."""
        with self.database.reading() as reader:
            head = queries.version_by_id(reader, version_id)
            return reader.row("planning.manifest", id=head.manifest_id)["seq"]

    def cold(self) -> Replica:
        """Another worker, just started."""
        return Replica(compiled, self.folder)


def amount(state, ref: ItemRef, org: str, period: str) -> str | None:
    item = state.model.items[ref]
    row = np.array([[state.model.dimensions["org"].by_code[org].id]], np.int32)
    key = state.model.calendar.find(period)
    values, states = state.sheet.read(ref, rows=row, periods=[key])
    return cells.text(cells.shown(item, float(values[0, 0]), int(states[0, 0])))


@pytest.fixture(scope="module")
def make(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Plans]]:
    container = build(Settings(data=tmp_path_factory.mktemp("data"), database_url=database_url))
    made: list[Plans] = []

    def one() -> Plans:
        made.append(Plans(container, f"m{len(made)}", tmp_path_factory.mktemp("cold")))
        return made[-1]

    yield one
    container.database.engine.dispose()


@pytest.fixture
def plans(make) -> Plans:
    """Budget: A sells 10 at 2.50, B 4 at 5 in January; actual: A sold 12 at 2.50."""
    found = make()
    found.write("预算", "销量 A 2026-01 10", "单价 A 2026-01 2.5", "销量 B 2026-01 4", "单价 B 2026-01 5")
    found.write("实际", "销量 A 2026-01 12", "单价 A 2026-01 2.5")
    return found


def test_a_first_revision_gives_every_role_a_version(plans) -> None:
    assert [(plans.version(r).code, plans.version(r).bound) for r in ("实际", "预算")] == [
        ("实际", True),
        ("预算", True),
    ]


def test_what_one_version_reads_of_another_follows_it_on_every_worker(plans) -> None:
    """差异 A = 12 × 2.5 − 10 × 2.5 = 5; after one more piece sold 7.5."""
    cold = plans.cold()
    for replica in (None, cold):
        assert plans.read("预算", GAP, "A", "2026-01", replica) == "5.00"
    plans.write("实际", "销量 A 2026-01 13")
    for replica in (None, cold):
        assert plans.read("预算", GAP, "A", "2026-01", replica) == "7.50"


def test_a_release_turns_computed_items_into_inputs_and_what_stands_above_still_computes(plans) -> None:
    """Released 收入 G = 25 + 20 = 45 stays when the volume changes; a transfer of 5 from A to B moves it."""
    frozen = plans.run(commands.freeze, items=[REVENUE])
    assert {(c.members["org"], c.period): c.value for c in frozen.cells} == {
        ("A", "2026-01"): Decimal("25.00"),
        ("B", "2026-01"): Decimal("20.00"),
    }
    plans.write("预算", "销量 A 2026-01 100")
    cold = plans.cold()
    for replica in (None, cold):
        assert plans.read("预算", REVENUE, "G", "2026", replica) == "45.00"
    plans.write("预算", "收入 A 2026-01 20", "收入 B 2026-01 25")
    for replica in (None, cold, plans.cold()):
        assert plans.read("预算", REVENUE, "A", "2026-01", replica) == "20.00"
        assert plans.read("预算", REVENUE, "G", "2026", replica) == "45.00"
        assert plans.read("预算", GAP, "A", "2026-01", replica) == "10.00"
    plans.run(commands.fold)
    assert plans.read("预算", REVENUE, "A", "2026-01", plans.cold()) == "20.00"


def test_of_some_organisations_only_overridable_items_can_be_released(plans) -> None:
    """A's approved 费用 10 × 3 = 30 stays when the volume changes, B's still computes; 收入 may not be overridden."""
    with pytest.raises(CannotFreeze):
        plans.run(commands.freeze, items=[REVENUE], org_ids=["A"])
    frozen = plans.run(commands.freeze, items=[COST], org_ids=["A"])
    assert [(c.members["org"], c.value) for c in frozen.cells] == [("A", Decimal("30.00"))]
    plans.write("预算", "销量 A 2026-01 100", "销量 B 2026-01 100")
    for replica in (None, plans.cold()):
        assert plans.read("预算", COST, "A", "2026-01", replica) == "30.00"
        assert plans.read("预算", COST, "B", "2026-01", replica) == "300.00"
    edits = [
        CellEdit(COST, {"org": org}, "2026-01", Decimal(seen), Decimal(1)) for org, seen in (("A", 30), ("B", 300))
    ]
    result = plans.run(commands.save, edits=edits, base_seq=0, mode="valid")
    assert [(c.index, c.code) for c in result.cells] == [(0, "frozen")]
    assert plans.run(commands.freeze, items=[REVENUE], org_ids=["G"]).cells


def test_a_submitted_state_keeps_its_numbers_when_the_formula_changes(plans) -> None:
    plans.run(commands.snapshot, name="一上", kind="submit")
    plans.run(commands.snapshot, name="草稿", kind="snapshot")
    plans.apply("formulas: |\n  收入 = 销量 * 单价 * 2\n  差异 = 收入[版本: 实际] - 收入\n", from_revision=1)
    cold = plans.cold()
    for replica in (None, cold):
        assert plans.read("预算", REVENUE, "G", "2026-01", replica) == "90.00"
    assert plans.named("预算", "一上", REVENUE, "G", "2026-01") == "45.00"
    assert plans.named("预算", "草稿", REVENUE, "G", "2026-01") == "45.00"  # as of its own revision


def test_a_revision_takes_a_seq_and_the_past_is_computed_by_the_revision_of_its_time(plans) -> None:
    before = plans.version("预算")
    plans.apply("formulas: |\n  收入 = 销量 * 单价 * 2\n", from_revision=1)
    after = plans.version("预算")
    assert (after.seq, after.revision) == (before.seq + 1, before.revision + 1)
    with plans.database.reading() as reader:
        past = plans.cold().at(reader, after.id, before.seq)
        now = plans.cold().pin(reader, after.id)
    assert (amount(past, REVENUE, "A", "2026-01"), past.revision) == ("25.00", 1)
    assert (amount(now, REVENUE, "A", "2026-01"), now.revision) == ("50.00", 2)


def test_the_fold_job_folds_what_has_run_ahead(plans) -> None:
    version_id = plans.version("预算").id
    container = Container(Settings(data=plans.folder), plans.database)
    fold_all(container, least=1_000_000)
    assert plans.folded(version_id) == 0
    fold_all(container, least=1)
    assert plans.folded(version_id) == plans.version("预算").seq
    assert plans.read("预算", REVENUE, "G", "2026", plans.cold()) == "45.00"


def everything(sheet: Sheet) -> list[tuple[bytes, bytes]]:
    """The bits of every item at every member and period."""
    model = sheet.model
    keys = [PeriodKey("base", i) for i in range(model.calendar.size)] + [PeriodKey("year", 0)]
    rows = np.array([[m.id] for m in model.dimensions["org"].members], np.int32)
    read = [sheet.read(ref, rows=rows, periods=keys) for ref in model.items]
    return [(values.tobytes(), states.tobytes()) for values, states in read]


CHANGE = st.tuples(
    st.sampled_from(["销量", "单价"]),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["2026-01", "2026-06", "2026-12"]),
    st.sampled_from(["-", "0", "7", "-3.25", "1000000.1"]),
)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.lists(st.lists(CHANGE, min_size=1, max_size=4, unique_by=lambda c: c[:3]), min_size=1, max_size=5))
def test_incremental_equals_full_equals_another_worker_and_undo_is_the_inverse(make, story) -> None:
    plans = make()
    version_id = plans.version("预算").id

    def state(replica: Replica | None = None):
        with plans.database.reading() as reader:
            return (replica or replica_of(reader)).pin(reader, version_id)

    bits = [everything(state().sheet)]
    for change in story:
        before = state().seq
        plans.write("预算", *(" ".join(c) for c in change))
        warm = state()
        if warm.seq == before:
            continue  # nothing really changed
        bits.append(everything(warm.sheet))
        full = Sheet.build(warm.model, dict(warm.sheet.inputs), others=None)
        assert bits[-1] == everything(full.with_others(others_of(plans, warm)))
    assert bits[-1] == everything(state(plans.cold()).sheet)
    for seq in range(len(bits) - 1, 0, -1):
        plans.run(commands.undo, seq=seq)
        assert everything(state().sheet) == bits[seq - 1]


def others_of(plans: Plans, state) -> dict[str, Sheet]:
    with plans.database.reading() as reader:
        return {role: replica_of(reader).pin(reader, other).sheet for role, (other, _) in state.others.items()}
