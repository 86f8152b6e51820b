"""Applying packages: fast-forward only, ids for ever, all problems at once, cells and data-managed members untouched."""

import threading
from collections.abc import Callable

import pytest

from bihuan.features.access.model import Principal, system
from bihuan.features.access.scope import Grant, Limit
from bihuan.features.modelling import commands, listing, queries
from bihuan.features.modelling.formulas import formulas
from bihuan.features.modelling.model import MARKER, NotDataManaged, NotFastForward, UnknownModel, marker
from bihuan.kernel.errors import Conflict, Forbidden, ProblemsFound
from bihuan.store.unit_of_work import Database, UnitOfWork

BOSS = system()
Files = dict[str, str]


@pytest.fixture
def package() -> Files:
    """Two departments, two cost accounts that data may extend, one cube with a formula."""
    return {
        "model.yaml": (
            "name: shop\ntitle: 小店\n"
            "calendar: {base: month, start: 2026-01, end: 2026-12}\n"
            "currency: 元\nunits: {元: '', 件: ''}\nversions: [实际, 预算]\n"
            "dimensions:\n  科目: {managed: data}\n"
        ),
        "dimensions/org.csv": "code,name,parent,weight\nG,小店,,\nA,甲店,G,\nB,乙店,G,\n",
        "dimensions/科目.csv": "code,name,parent,weight\n费用,费用,,\n薪酬,薪酬,费用,\n差旅,差旅,费用,\n",
        "cubes/10费用.yaml": (
            "cube: 费用\ntitle: 费用预算\ndims: [period, org, 科目]\nitems:\n"
            "  金额: {unit: 元, scale: 2}\n  累计: {unit: 元, scale: 2, time: last}\n"
            "formulas: |\n  累计 = YTD(金额)\n"
        ),
        "data/费用.csv": "item,org,科目,2026-01\n金额,A,差旅,100\n",
    }


def ids(uow: UnitOfWork, dim: str) -> dict[str, int]:
    compiled = queries.compiled(uow, "shop")
    return {m.code: m.id for m in compiled.dimensions[dim].members}


def test_the_first_apply_makes_revision_one_and_a_compiled_model(uow: UnitOfWork, package: Files) -> None:
    done = commands.apply(uow, BOSS, package)
    assert (done.code, done.revision, [c.kind for c in done.changes]) == ("shop", 1, ["add"])
    compiled = queries.compiled(uow, "shop")
    assert compiled.item("费用", "累计").rules[0].text == "累计 = YTD(金额)"
    assert queries.compiled(uow, "shop") is compiled, "kept per process"


def test_what_was_applied_is_exported_with_its_revision_but_without_cells(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    exported = queries.export(uow, BOSS, "shop")
    assert exported.pop(MARKER) == marker("shop", 1)
    package.pop("data/费用.csv")
    assert exported == package


def test_the_same_package_again_changes_nothing(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    again = commands.apply(uow, BOSS, package)
    assert (again.revision, again.changes) == (1, ())


def test_a_package_that_does_not_come_from_the_last_revision_is_refused(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    first = queries.export(uow, BOSS, "shop")
    changed = {**first, "dimensions/org.csv": first["dimensions/org.csv"] + "C,丙店,G,\n"}
    assert commands.apply(uow, BOSS, changed).revision == 2
    with pytest.raises(NotFastForward) as refused:
        commands.apply(uow, BOSS, {**first, "model.yaml": first["model.yaml"].replace("小店", "大店")})
    assert refused.value.facts == {"model": "shop", "revision": 2, "came_from": 1}
    unmarked = {k: v for k, v in first.items() if k != MARKER}
    with pytest.raises(NotFastForward):
        commands.apply(uow, BOSS, unmarked)
    assert commands.apply(uow, BOSS, unmarked, from_revision=2).revision == 3


def test_the_plan_says_what_would_change_and_changes_nothing(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    files = queries.export(uow, BOSS, "shop")
    files["dimensions/org.csv"] = "code,name,parent,weight\nG,小店,,\nA,甲店(新),G,\nC,丙店,G,\n"
    files["cubes/10费用.yaml"] = files["cubes/10费用.yaml"].replace("YTD(金额)", "CUM(金额)")
    planned = {(c.kind, c.what, c.code) for c in commands.plan(uow, BOSS, files)}
    assert planned == {
        ("add", "member", "org:C"),
        ("change", "member", "org:A"),
        ("close", "member", "org:B"),
        ("change", "tree", "org"),
        ("change", "formulas", "费用"),
    }
    assert queries.find(uow, "shop").revision == 1


def test_member_ids_are_never_given_out_again(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    first = ids(uow, "org")
    gone = {**package, "dimensions/org.csv": "code,name,parent,weight\nG,小店,,\nA,甲店,G,\nC,丙店,G,\n"}
    commands.apply(uow, BOSS, gone, from_revision=1)
    second = ids(uow, "org")
    assert {c: second[c] for c in ("G", "A")} == {c: first[c] for c in ("G", "A")}
    assert second["C"] not in first.values()
    assert "B" not in second
    commands.apply(uow, BOSS, package, from_revision=2)
    assert ids(uow, "org") == first, "B came back with the id it had"
    assert {m.code for m in queries.compiled(uow, "shop", 2).dimensions["org"].members} >= {"C"}, "as it was then"


def test_members_that_data_brought_survive_an_apply_and_count_into_their_parent(
    uow: UnitOfWork, package: Files
) -> None:
    commands.apply(uow, BOSS, package)
    new = commands.add_member(uow, BOSS, model="shop", dimension="科目", code="会议", name="会议费", parent="费用")
    commands.apply(uow, BOSS, {**package, "model.yaml": package["model.yaml"].replace("小店", "大店")}, from_revision=1)
    loaded = queries.load(uow, "shop")
    assert loaded.model.dimensions["科目"].by_code["会议"].id == new
    assert new in loaded.trees.leaves("科目", "费用")
    with pytest.raises(Conflict):
        commands.add_member(uow, BOSS, model="shop", dimension="科目", code="会议", name="again")
    with pytest.raises(NotDataManaged):
        commands.add_member(uow, BOSS, model="shop", dimension="org", code="X", name="X")


def test_a_wrong_package_gets_every_error_at_once_and_changes_nothing(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    wrong = {
        **package,
        "dimensions/org.csv": package["dimensions/org.csv"] + "A,又一个甲店,G,\n",
        "cubes/10费用.yaml": package["cubes/10费用.yaml"].replace("YTD(金额)", "YTD(没有这个)"),
    }
    with pytest.raises(ProblemsFound) as found:
        commands.apply(uow, BOSS, wrong, from_revision=1)
    assert {p.file for p in found.value.problems} == {"dimensions/org.csv", "cubes/10费用.yaml"}
    assert all(p.line for p in found.value.problems)
    assert queries.find(uow, "shop").revision == 1


@pytest.mark.parametrize("path", ["../out.csv", "/etc/x.csv", "cubes/../../x.yaml", "a/b/c/d.csv", "x.py", "C:\\x.csv"])
def test_a_path_that_leads_out_of_the_folder_is_refused(uow: UnitOfWork, package: Files, path: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        commands.apply(uow, BOSS, {**package, path: "x"})
    assert [p.code for p in found.value.problems] == ["bad_path"]


def test_of_two_appliers_at_the_same_moment_one_wins(
    database: Database, package: Files, wipe: Callable[..., None]
) -> None:
    with database.writing() as uow:
        commands.apply(uow, BOSS, package)
    barrier, outcomes = threading.Barrier(4), []

    def try_it(n: int) -> None:
        files = {**package, "model.yaml": package["model.yaml"].replace("小店", f"小店{n}")}
        barrier.wait()
        try:
            with database.writing() as uow:
                outcomes.append(commands.apply(uow, BOSS, files, from_revision=1).revision)
        except NotFastForward:
            outcomes.append("refused")

    threads = [threading.Thread(target=try_it, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wipe("member", "dimension", "model_revision", "model")
    assert sorted(map(str, outcomes)) == ["2", "refused", "refused", "refused"]


def test_a_rolled_back_revision_leaves_nothing_in_the_process(
    database: Database, package: Files, wipe: Callable[..., None]
) -> None:
    with database.engine.connect() as conn:
        lost = UnitOfWork(conn)
        commands.apply(lost, BOSS, package)
        assert len(queries.compiled(lost, "shop").dimensions["org"].leaves) >= 2
        conn.rollback()
    one = {**package, "dimensions/org.csv": "code,name,parent,weight\nA,甲店,,\n"}
    with database.writing() as uow:
        commands.apply(uow, BOSS, one)
        assert [m.code for m in queries.compiled(uow, "shop").dimensions["org"].members] == ["A"]
    wipe("member", "dimension", "model_revision", "model")


def limited(trees: object, **limits: str) -> Principal:
    boxes = {dim: ((Limit(code),),) for dim, code in limits.items()}
    return Principal(9, "li", "李", grants=(Grant("model.read", limits=boxes),), hierarchies=lambda _model: trees)  # type: ignore[arg-type, return-value] # the trees of the compiled model


def test_a_reader_sees_the_members_in_scope_and_what_stands_above_them(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    loaded = queries.load(uow, "shop")
    actor = limited(loaded.trees, org="A")
    scope = actor.scope("model.read", "shop")
    assert [(m.code, m.parent) for m in listing.members(loaded.model, "org", "", scope)] == [("G", None), ("A", "G")]
    assert [m.code for m in listing.members(loaded.model, "科目", "", scope)] == ["费用", "薪酬", "差旅"]
    everything = [m.code for m in listing.members(loaded.model, "org", "", BOSS.scope("model.read", "shop"))]
    assert [c for c in everything if "." not in c] == ["G", "A", "B"]


def test_formulas_name_nothing_that_the_reader_may_not_know_of(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    loaded = queries.load(uow, "shop")

    def told(actor: Principal) -> list[tuple[str, tuple[str, ...], bool, list[str], list[str]]]:
        found = formulas(loaded.model, actor.scope("model.read", "shop"))
        return [(f.ref.item, f.texts, f.hidden, [r.item for r in f.reads], [r.item for r in f.read_by]) for f in found]

    assert told(BOSS) == [
        ("金额", (), False, [], ["累计"]),
        ("累计", ("累计 = YTD(金额)",), False, ["金额"], []),
    ]
    assert told(limited(loaded.trees, item="费用!累计")) == [("累计", (), True, [], [])]
    assert told(limited(loaded.trees, item="费用!金额")) == [("金额", (), False, [], [])]


def test_a_stranger_cannot_tell_a_hidden_model_from_none(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    stranger = Principal(9, "li", "李", grants=(Grant("model.*", limits={"model": ((Limit("other"),),)}),))
    for code in ("shop", "nothing"):
        with pytest.raises(UnknownModel):
            queries.get(uow, stranger, code)
    with pytest.raises(Forbidden):
        commands.apply(uow, stranger, package)
    assert queries.models(uow, stranger) == []


def test_a_rollback_is_the_next_revision_with_the_old_text_and_the_old_ids(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    first, before = queries.package(uow, queries.find(uow, "shop").id, 1), ids(uow, "org")
    without_b = {**package, "dimensions/org.csv": "code,name,parent,weight\nG,小店,,\nA,甲店,G,\nC,丙店,G,\n"}
    assert commands.apply(uow, BOSS, without_b, from_revision=1).revision == 2
    assert "B" not in ids(uow, "org")
    done = commands.rollback(uow, BOSS, model="shop", to=1, from_revision=2)
    assert (done.revision, {(c.kind, c.code) for c in done.changes if c.what == "member"}) == (
        3,
        {("add", "org:B"), ("close", "org:C")},
    )
    assert ids(uow, "org") == before
    assert queries.package(uow, queries.find(uow, "shop").id, 3) == first
    assert commands.rollback(uow, BOSS, model="shop", to=2, from_revision=3).revision == 4
    assert {"A", "C"} <= ids(uow, "org").keys()
    assert [r.reason for r in queries.revisions(uow, BOSS, "shop")][:2] == ["退回第 2 版", "退回第 1 版"]


def test_a_rollback_of_what_has_moved_on_or_never_was_is_refused(uow: UnitOfWork, package: Files) -> None:
    commands.apply(uow, BOSS, package)
    titled = {**package, "model.yaml": package["model.yaml"].replace("小店", "大店")}
    commands.apply(uow, BOSS, titled, from_revision=1)
    with pytest.raises(NotFastForward):
        commands.rollback(uow, BOSS, model="shop", to=1, from_revision=1)
    with pytest.raises(UnknownModel):
        commands.rollback(uow, BOSS, model="shop", to=7, from_revision=2)
    assert commands.rollback(uow, BOSS, model="shop", to=2, from_revision=2).changes == ()
    reader = Principal(1, "r", "r", grants=(Grant("model.read"),), hierarchies=BOSS.hierarchies)
    with pytest.raises(Forbidden):
        commands.rollback(uow, reader, model="shop", to=1, from_revision=2)
