"""A budgeting season on a small group, in order: open, hand down, prepare, approve, look, release a subtree, close."""

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.control import commands as control
from bihuan.features.control import queries as control_queries
from bihuan.features.control.reconcile import reconcile
from bihuan.features.entry import commands as entry
from bihuan.features.entry import cycles, target_import, target_view, targets
from bihuan.features.entry.cycle import CycleClosed, CycleExists, LastRound, NoSuchCycle, NoSuchTemplate
from bihuan.features.entry.model import KIND, NothingToRelease
from bihuan.features.entry.subject import PlanUnitSubject
from bihuan.features.entry.summary import summary, units_of
from bihuan.features.entry.target_rules import TargetEdit
from bihuan.features.modelling import commands as modelling
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as plans
from bihuan.features.planning.model import CellEdit, ChangedSince
from bihuan.features.process import commands as process
from bihuan.features.process import model as process_model
from bihuan.features.process.model import ReasonRequired
from bihuan.kernel.errors import Forbidden, Invalid
from bihuan.store.unit_of_work import Database

from .season import AMOUNT, CYCLE, PACKAGE, Season, build, edit, opened


@pytest.fixture(scope="module")
def season(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Season]:
    kept = dict(process_model._subjects)
    process_model.register(KIND, PlanUnitSubject())
    made = build(database, Path(tmp_path_factory.mktemp("blocks")))
    with database.writing() as uow:
        access.set_business_date(uow, system(), date(2026, 10, 31))
    yield made
    process_model._subjects.clear()
    process_model._subjects.update(kept)


def hand_out(season: Season, who: str, *edits: TargetEdit) -> targets.TargetsSaved:
    with season.database.writing() as uow:
        return targets.set_targets(uow, season.person(who), cycle_id=season.cycle, edits=edits, reason="下达")


def seen(season: Season, who: str) -> dict[tuple[str, str], target_view.TargetRow]:
    with season.database.reading() as reader:
        found = target_view.sheet(reader, season.person(who), season.cycle)
    return {(row.org, row.key): row for row in found.rows}


def units(season: Season, who: str = "guan") -> dict[str, dict[str, Any]]:
    with season.database.reading() as reader:
        return {u["org"]: u for u in units_of(reader, season.person(who), season.cycle)}


def test_01_a_stranger_and_a_head_cannot_open_a_cycle_and_an_unknown_template_is_named(season: Season) -> None:
    for who in ("wai", "jia"):
        with pytest.raises(Forbidden), season.database.writing() as uow:
            cycles.open_cycle(uow, season.person(who), model="group", template="2027年度预算")
    with pytest.raises(NoSuchTemplate, match="2027年度预算"), season.database.writing() as uow:
        cycles.open_cycle(uow, season.person("guan"), model="group", template="2028")


def test_02_opening_makes_the_version_and_a_unit_with_a_due_date_for_every_department(season: Season) -> None:
    opened(season)
    found = units(season)
    assert list(found) == ["A1", "A2", "B1", "B2"]
    assert {u["due_at"] for u in found.values()} == {date(2026, 11, 15)}
    assert {u["state_name"] for u in found.values()} == {"未开始"}
    assert found["A1"]["holder"] == "jia1", "the narrowest of those who may submit it"
    assert found["A2"]["holder"] == "jia"
    assert (found["A1"]["days_left"], found["A1"]["overdue"]) == (15, False)


def test_03_opening_it_twice_is_refused_and_changes_nothing(season: Season) -> None:
    with pytest.raises(CycleExists, match="GUAN 开启"), season.database.writing() as uow:
        cycles.open_cycle(uow, season.person("guan"), model="group", template="2027年度预算")
    assert len(units(season)) == 4


def test_04_two_administrators_who_open_it_at_once_get_one_cycle(season: Season) -> None:
    with season.database.writing() as uow:
        text = CYCLE.replace("2027年度预算", "滚动").replace("2027预算", "2027滚动")
        modelling.apply(uow, system(), {**PACKAGE, "cycles/滚动.yaml": text}, from_revision=1)
    barrier, outcomes = threading.Barrier(2), []

    def go() -> None:
        barrier.wait()
        try:
            with season.database.writing() as uow:
                outcomes.append(cycles.open_cycle(uow, season.person("guan"), model="group", template="滚动"))
        except Exception as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(o, int) for o in outcomes) == 1, outcomes
    assert {o for o in outcomes if isinstance(o, str)} <= {"CycleExists", "NameTaken"}


def test_05_the_group_hands_down_and_a_division_passes_on_no_more_than_it_received(season: Season) -> None:
    assert hand_out(season, "guan", edit("A", "差旅费", None, "1000")).outcome == "saved"
    row = seen(season, "jia")["A", "差旅费"]
    assert (row.target.amount, row.passed, row.room) == (Decimal(1000), None, Decimal(1000))
    assert row.compare[0].amount == Decimal(100)  # last year: 60 + 20 + 20
    done = hand_out(season, "jia", edit("A", "差旅费", None, "100", "reserve"), edit("A1", "差旅费", None, "600"))
    assert done.outcome == "saved"
    too_much = hand_out(season, "jia", edit("A2", "差旅费", None, "300.01"))
    assert (too_much.outcome, too_much.cells[0].code) == ("nothing", "exceeds_target")
    assert "超出 0.01 元" in too_much.cells[0].message
    assert hand_out(season, "jia", edit("A2", "差旅费", None, "300")).outcome == "saved"
    row = seen(season, "jia")["A", "差旅费"]
    assert (row.target.amount, row.passed, row.reserve, row.room) == (1000, 900, 100, 0)


def test_06_nobody_sets_what_he_receives_himself_nor_what_is_not_his(season: Season) -> None:
    for who, said in (
        ("jia", edit("A", "差旅费", "1000", "2000")),
        ("jia1", edit("A1", "差旅费", "600", "700")),
    ):
        refused = hand_out(season, who, said)
        assert [c.code for c in refused.cells] == ["out_of_scope"], who
    unseen = hand_out(season, "jia", edit("B1", "差旅费", None, "1"))
    assert [c.code for c in unseen.cells] == ["unknown_member"], "what one may not see is not there"
    with pytest.raises(Forbidden):
        hand_out(season, "wai", edit("A1", "差旅费", "600", "700"))
    cell = CellEdit(targets.ItemRef("目标", "目标"), {"org": "A1", "科目": "国内"}, "2027-01", Decimal(600), Decimal(9))
    with season.database.writing() as uow:
        saved = planning.save(uow, season.person("jia1"), version_id=season.version, edits=[cell], base_seq=0)
    assert (saved.outcome, saved.cells[0].code) == ("nothing", "locked")
    assert "目标" in saved.cells[0].message


def test_07_a_target_cut_below_what_was_passed_down_is_refused_and_a_stale_one_is_a_conflict(season: Season) -> None:
    cut = hand_out(season, "guan", edit("A", "差旅费", "1000", "999"))
    assert [c.code for c in cut.cells] == ["exceeds_target"]
    stale = hand_out(season, "guan", edit("A", "差旅费", "900", "1100"))
    assert (stale.cells[0].code, stale.cells[0].now) == ("conflict", Decimal(1000))
    both = hand_out(season, "guan", edit("A", "差旅费", "1000", "900"), edit("A2", "差旅费", "300", "200"))
    assert both.outcome == "saved", "cut above and below in one go"
    assert (
        hand_out(season, "guan", edit("A2", "差旅费", "200", "300"), edit("A", "差旅费", "900", "1000")).outcome
        == "saved"
    )


def test_08_heads_who_hand_out_at_the_same_time_never_exceed_what_was_received(season: Season) -> None:
    hand_out(season, "guan", edit("B", "培训费", None, "1000"))
    barrier, outcomes = threading.Barrier(12), []

    def give(who: str, org: str, amount: int) -> None:
        barrier.wait()
        for step in range(4):
            outcomes.append(
                hand_out(season, who, edit(org, "培训费", None if not step else str(amount), str(amount))).outcome
            )

    workers = [
        threading.Thread(target=give, args=(who, org, amount))
        for who in ("yi", "guan")
        for org in ("B1", "B2")
        for amount in (400, 600, 700)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    row = seen(season, "yi")["B", "培训费"]
    assert row.target.amount == 1000
    assert row.room is not None
    assert row.room >= 0
    assert (row.passed or 0) + (row.reserve or 0) + row.room == 1000
    assert set(outcomes) == {"saved", "nothing"}


def test_09_a_division_cut_while_its_head_passes_on_ends_on_one_side_or_the_other(season: Season) -> None:
    for round_ in range(6):
        before = seen(season, "guan")["B", "差旅费"]
        if before.target.amount is None:
            hand_out(season, "guan", edit("B", "差旅费", None, "100"))
        barrier, results = threading.Barrier(2), {}

        def cut(gate: threading.Barrier = barrier, out: dict[str, str] = results) -> None:
            gate.wait()
            out["cut"] = hand_out(season, "guan", edit("B", "差旅费", "100", "50")).outcome

        def give(gate: threading.Barrier = barrier, out: dict[str, str] = results) -> None:
            gate.wait()
            out["give"] = hand_out(season, "yi", edit("B1", "差旅费", None, "80")).outcome

        threads = [threading.Thread(target=t) for t in (cut, give)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results.values()) == ["nothing", "saved"], (round_, results)
        now = seen(season, "guan")["B", "差旅费"]
        assert now.room is not None
        assert now.room >= 0
        if results["give"] == "saved":
            hand_out(season, "yi", edit("B1", "差旅费", "80", None))
        else:
            hand_out(season, "guan", edit("B", "差旅费", "50", "100"))
        assert seen(season, "guan")["B", "差旅费"].target.amount == 100


def test_10_a_handing_down_can_be_taken_back_by_who_made_it_until_it_was_built_upon(season: Season) -> None:
    done = hand_out(season, "jia", edit("A1", "差旅费", "600", "500"))
    with pytest.raises(Forbidden), season.database.writing() as uow:
        targets.undo_targets(uow, season.person("jia1"), cycle_id=season.cycle, seq=done.seq)
    with season.database.writing() as uow:
        targets.undo_targets(uow, season.person("jia"), cycle_id=season.cycle, seq=done.seq)
    assert seen(season, "jia")["A1", "差旅费"].target.amount == 600
    first = hand_out(season, "jia", edit("A1", "差旅费", "600", "500"))
    hand_out(season, "jia", edit("A1", "差旅费", "500", "600"))
    with pytest.raises(ChangedSince), season.database.writing() as uow:
        targets.undo_targets(uow, season.person("guan"), cycle_id=season.cycle, seq=first.seq)
    with season.database.reading() as reader:
        trail = plans.cell_history(
            reader,
            system(),
            version_id=season.version,
            item=targets.ItemRef("目标", "目标"),
            members={"org": "A1", "科目": "国内"},
            period="2027-01",
        )
    assert [(str(c.before), str(c.after)) for c in trail[:2]] == [("500.00", "600.00"), ("600.00", "500.00")]
    assert trail[0].author == "JIA"


def test_11_a_table_is_imported_whole_or_not_at_all(season: Season) -> None:
    text = "组织\t差旅费\t培训费\n甲一部\t610\t1,2x\n丙部\t1\t2\n"
    with season.database.reading() as reader:
        hand = targets.handing(reader, season.person("guan"), season.cycle)
        book = targets.read_book(plans.replica_state(reader, season.version), hand)
        bad = target_import.read_table(hand, book, text, orgs=hand.orgs, keys=hand.rules.keys, unit=Decimal(1))
        good = target_import.read_table(
            hand,
            book,
            "部门,科目,目标,预留\n甲事业部,培训费,2,0.5\nA1,差旅费,0.06,\n",
            orgs=hand.orgs,
            keys=hand.rules.keys,
            unit=Decimal(10000),
        )
    assert [(p.line, p.found) for p in bad.problems] == [(2, "1,2x"), (3, "丙部")]
    assert [(e.org, e.key, e.part, str(e.after)) for e in good.edits] == [
        ("A", "培训费", "target", "20000.00"),
        ("A", "培训费", "reserve", "5000.00"),
    ], "what stands there already is no edit"


def test_12_a_target_is_distributed_by_last_year_to_the_last_step(season: Season) -> None:
    with season.database.writing() as uow:
        guan = season.person("guan")
        weights = target_view.weights(uow, guan, season.cycle, "上年实际")
        done = targets.distribute(
            uow, guan, cycle_id=season.cycle, org="A", weights=weights, keys=["差旅费"], reason=""
        )
    assert done.outcome == "saved"
    rows = seen(season, "jia")  # 900 to give, last year 80 : 20
    assert [rows[o, "差旅费"].target.amount for o in ("A1", "A2")] == [720, 180]
    with pytest.raises(Invalid), season.database.writing() as uow:
        targets.distribute(uow, season.person("guan"), cycle_id=season.cycle, org="A1", weights={})


def test_13_the_head_of_a_unit_sees_target_planned_and_what_remains(season: Season) -> None:
    cell = CellEdit(AMOUNT, {"org": "A1", "科目": "国外"}, "2027-05", None, Decimal("20.5"))
    with season.database.writing() as uow:
        planning.save(uow, season.person("jia1"), version_id=season.version, edits=[cell], base_seq=0)
    with season.database.reading() as reader:
        travel, training = target_view.of_unit(reader, season.person("jia1"), season.unit("A1"))
        with pytest.raises(entry.NoSuchUnit):
            target_view.of_unit(reader, season.person("jia1"), season.unit("A2"))
    assert (travel.key, travel.target, travel.current, travel.room) == (
        "差旅费",
        720,
        Decimal("20.5"),
        Decimal("699.5"),
    )
    assert (training.target, training.current, training.room) == (None, None, None)
    assert units(season)["A1"]["state_name"] == "编制中"
    assert units(season)["A2"]["state_name"] == "未开始", "handing targets down is not preparing"


def test_14_what_one_sees_is_cut_by_the_scope_and_totals_in_part_are_marked(season: Season) -> None:
    rows = seen(season, "jia")
    assert {org for org, _ in rows} == {"G", "A", "A1", "A2"}
    assert rows["G", "差旅费"].target.partial
    assert rows["G", "差旅费"].target.amount == 1000, "only its own division's"
    assert (rows["G", "差旅费"].room, rows["G", "差旅费"].reserve) == (None, None)
    assert list(units(season, "jia")) == ["A1", "A2"]
    with pytest.raises(NoSuchCycle), season.database.reading() as reader:
        target_view.sheet(reader, season.person("wai"), season.cycle)


def test_15_a_due_date_passes_and_its_holder_is_told_once(season: Season) -> None:
    with season.database.writing() as uow:
        access.set_business_date(uow, system(), date(2026, 11, 13))
        told = {row["org"] for row in cycles.announce_due(uow) if row["cycle_id"] == season.cycle}
        assert told == {"A1", "A2", "B1", "B2"}
        assert cycles.announce_due(uow) == []
        access.set_business_date(uow, system(), date(2026, 11, 16))
        cycles.set_due(uow, season.person("guan"), unit_id=season.unit("A2"), due_at=date(2026, 12, 1), reason="停产")
    found = units(season)
    assert {org: u["overdue"] for org, u in found.items()} == {"A1": True, "A2": False, "B1": True, "B2": True}
    with pytest.raises(Forbidden), season.database.writing() as uow:
        cycles.set_due(uow, season.person("jia"), unit_id=season.unit("A1"), due_at=date(2026, 12, 1))


def submit(season: Season, org: str, who: str = "jia") -> Any:
    with season.database.writing() as uow:
        return entry.submit(uow, season.person(who), unit_id=season.unit(org), flow="一级")


def decide(season: Season, moved: Any, action: Any, comment: str = "") -> None:
    with season.database.writing() as uow:
        process.act(uow, season.person("shen"), task_id=next(iter(moved.tasks)), action=action, comment=comment)


def test_16_the_summary_counts_who_submitted_and_adds_it_up(season: Season) -> None:
    moved = submit(season, "A1", "jia1")
    with season.database.reading() as reader:
        found = summary(reader, season.person("guan"), season.cycle)
    assert (found.total, found.submitted, found.overdue) == (4, 1, 2)
    rows = {(r.org, r.key): r for r in found.rows}
    assert [rows[o, "差旅费"].submitted for o in ("A1", "A", "G", "A2")] == [Decimal("20.5")] * 3 + [None]
    assert (rows["G", "差旅费"].target.amount, rows["G", "差旅费"].current.amount) == (1100, Decimal("20.5"))
    decide(season, moved, "return", "国外差旅偏低")
    assert units(season)["A1"]["state_name"] == "已退回"


def test_17_a_subtree_is_released_at_once_and_only_its_approved_units(season: Season) -> None:
    with pytest.raises(NothingToRelease), season.database.writing() as uow:
        control.release_subtree(uow, season.person("guan"), cycle_id=season.cycle, org="G")
    for org, who in (("A1", "jia1"), ("A2", "jia")):
        decide(season, submit(season, org, who), "approve")
    submit(season, "B1", "guan")
    with season.database.reading() as reader:
        assert summary(reader, season.person("guan"), season.cycle).releasable == {"A1": 1, "A2": 1, "A": 2, "G": 2}
    with pytest.raises(Forbidden), season.database.writing() as uow:
        control.release_subtree(uow, season.person("jia"), cycle_id=season.cycle, org="A")
    with season.database.writing() as uow:
        done = control.release_subtree(uow, season.person("guan"), cycle_id=season.cycle, org="G")
    assert (done.orgs, done.left, done.policies) == (("A1", "A2"), ("B1", "B2"), ("费用2027",))
    assert (done.cells, done.total) == (1, Decimal("20.5"))
    assert [u["state_name"] for u in units(season).values()] == ["已下达", "已下达", "已提交", "未开始"]
    with season.database.reading() as reader:
        assert reconcile(reader, control_queries.policy(reader, "费用2027")) == []


def test_18_the_next_round_names_the_state_and_moves_due_dates_of_what_is_open(season: Season) -> None:
    with season.database.writing() as uow:
        assert cycles.next_round(uow, season.person("guan"), cycle_id=season.cycle) == "二上"
    found = units(season)
    assert (found["B2"]["due_at"], found["A1"]["due_at"]) == (date(2026, 12, 15), date(2026, 11, 15))
    with pytest.raises(LastRound), season.database.writing() as uow:
        cycles.next_round(uow, season.person("guan"), cycle_id=season.cycle)


def test_19_a_closed_cycle_takes_neither_targets_nor_submissions_until_it_is_reopened(season: Season) -> None:
    with pytest.raises(ReasonRequired), season.database.writing() as uow:
        cycles.close_cycle(uow, season.person("guan"), cycle_id=season.cycle, reason=" ")
    with season.database.writing() as uow:
        cycles.close_cycle(uow, season.person("guan"), cycle_id=season.cycle, reason="预算批复")
    with pytest.raises(CycleClosed):
        hand_out(season, "guan", edit("A", "差旅费", "1000", "1100"))
    with pytest.raises(CycleClosed):
        submit(season, "B2", "guan")
    with season.database.writing() as uow:
        cycles.reopen_cycle(uow, season.person("guan"), cycle_id=season.cycle, reason="追加一轮")
    assert hand_out(season, "guan", edit("A", "差旅费", "1000", "1100")).outcome == "saved"
    with season.database.reading() as reader:
        actions = [row["action"] for row in reader.rows("access.actions", **_trail())]
    assert {"entry.cycle.open", "entry.target", "entry.target.undo", "entry.cycle.closed"} <= set(actions)


def _trail() -> dict[str, Any]:
    return {"kind": "budget_cycle", "subject": None, "actor": None, "action": None, "before_id": None, "limit": 1000}


def test_20_a_template_added_as_text_only_acts_otherwise(season: Season) -> None:
    """Divisions plan, what is given may exceed what was received: it warns; key items and columns are others."""
    text = (
        "cycle: 试算\nfiscal_year: 2027\nversion: {code: 2027试算, role: 预算}\nunits: {level: 1}\n"
        "rounds: [{code: 一次, due: 10}]\nflow: 一级\n"
        "targets: {item: 目标!目标, reserve: 目标!预留, measure: 费用!金额, by: 科目, keys: [费用合计], rule: 提示}\n"
    )
    with season.database.writing() as uow:
        rolling = CYCLE.replace("2027年度预算", "滚动").replace("2027预算", "2027滚动")
        files = {**PACKAGE, "cycles/滚动.yaml": rolling, "cycles/试算.yaml": text}
        modelling.apply(uow, system(), files, from_revision=2)
    with season.database.writing() as uow:
        guan = season.person("guan")
        made = cycles.open_cycle(uow, guan, model="group", template="试算")
        assert [u["org"] for u in units_of(uow, guan, made)] == ["A", "B"]
        assert {u["due_at"] for u in units_of(uow, guan, made)} == {date(2026, 11, 26)}
        given = [edit("G", "费用合计", None, "100"), edit("A", "费用合计", None, "150")]
        done = targets.set_targets(uow, guan, cycle_id=made, edits=given)
    assert done.outcome == "saved"
    assert done.warnings == ("集团 的“费用合计”：已下达 150 ＋ 预留 0 ＞ 收到 100，超出 50 元",)
