"""What the plan of a package says about stored cells: a table counted by hand, and a count over a naive dictionary."""

import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest

from bihuan.bootstrap import Container, build
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Principal, system
from bihuan.features.access.scope import Grant
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as model_queries
from bihuan.features.planning import cells, commands, merging, queries
from bihuan.features.planning.model import CellEdit
from bihuan.features.planning.replica import replica_of
from bihuan.features.planning.stored import filled_items, stored_cells
from bihuan.kernel.errors import Forbidden, ProblemsFound
from bihuan.settings import Settings

BOSS = system("boss")
ORG = "dimensions/org.csv"
CUBE = "cubes/销售.yaml"
Told = dict[tuple[str, str, str], int | None]

# stored: 预算 销量 A 01, A 02, B 01, C 01; 单价 A 01. 实际 销量 A 01. Six cells: A 4, B 1, C 1.
WRITTEN = {
    "预算": ["销量 A 2026-01 10", "销量 A 2026-02 0", "销量 B 2026-01 4", "销量 C 2026-01 7", "单价 A 2026-01 2.5"],
    "实际": ["销量 A 2026-01 12", "销量 B 2026-03 5", "销量 B 2026-03 -"],  # cleared again: stored no more
}


def package(name: str) -> dict[str, str]:
    return {
        "model.yaml": f"name: {name}\ntitle: {name}\ncalendar: {{base: month, start: 2026-01, end: 2026-12}}\n"
        "currency: 元\nunits: {元: '', 件: ''}\nversions: [实际, 预算]\n",
        ORG: "code,name,parent,weight\nG,集团,,\nH,华东,G,\nK,华南,G,\nA,甲,H,\nB,乙,H,\nC,丙,K,\n",
        CUBE: "cube: 销售\ntitle: 销售\ndims: [period, org]\nitems:\n  销量: {unit: 件, scale: 0}\n"
        "  单价: {unit: 元/件, time: average, total: average}\n  收入: {unit: '?', scale: 2}\n"
        "formulas: |\n  收入 = 销量 * 2\n",
    }


@pytest.fixture(scope="module")
def container(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    made = build(Settings(data=tmp_path_factory.mktemp("data"), database_url=database_url))
    yield made
    made.database.engine.dispose()


def fill(container: Container, name: str, lines: dict[str, list[str]]) -> None:
    """A model of this name with these cells."""
    with container.database.writing() as uow:
        modelling.apply(uow, BOSS, package(name))
    for role, written in lines.items():
        for line in written:
            item, org, period, amount = line.split()
            after = None if amount == "-" else Decimal(amount)
            edit = CellEdit(ItemRef("销售", item), {"org": org}, period, None, after)
            with container.database.writing() as uow:
                version = queries.version(uow, name, role).id
                commands.append(uow, BOSS, version_id=version, edits=[edit], source="test", reason="")


@pytest.fixture(scope="module")
def model(container: Container) -> str:
    fill(container, "touched", WRITTEN)
    return "touched"


def told(container: Container, name: str, *edits: tuple[str, str, str]) -> Told:
    """The plan of the package with these replacements (file, old text, new text)."""
    files = package(name)
    for file, old, new in edits:
        assert files[file].count(old) == 1
        files[file] = files[file].replace(old, new)
    with container.database.reading() as reader:
        return {(c.kind, c.what, c.code): c.cells for c in modelling.plan(reader, BOSS, files)}


CASES: dict[str, tuple[list[tuple[str, str, str]], Told]] = {
    "a member is closed": (
        [(ORG, "B,乙,H,\n", "")],
        {("close", "member", "org:B"): 1, ("change", "tree", "org"): 1},
    ),
    "a member with all below it moves nowhere but is named otherwise": (
        [(ORG, "H,华东", "H,东区")],
        {("change", "member", "org:H"): None},
    ),
    "a leaf moves": (
        [(ORG, "A,甲,H", "A,甲,K")],
        {("move", "member", "org:A"): 4, ("change", "tree", "org"): 4},
    ),
    "a group moves with all below it": (
        [(ORG, "H,华东,G", "H,华东,K")],
        {("move", "member", "org:H"): 5, ("change", "tree", "org"): 5},
    ),
    "a weight: the member stays where it is, its total is another": (
        [(ORG, "C,丙,K,\n", "C,丙,K,-1\n")],
        {("change", "tree", "org"): 1},
    ),
    "a leaf gets somebody below it": (
        [(ORG, "C,丙,K,\n", "C,丙,K,\nD,丁,A,\n")],
        {("parent", "member", "org:A"): 4, ("add", "member", "org:D"): None, ("change", "tree", "org"): 0},
    ),
    "an item is removed": (
        [(CUBE, "  单价: {unit: 元/件, time: average, total: average}\n", "")],
        {("remove", "item", "销售!单价"): 1},
    ),
    "an item loses a dimension": (
        [(CUBE, "销量: {unit: 件, scale: 0}", "销量: {unit: 件, scale: 0, dims: [period]}")],
        {("change", "item", "销售!销量"): 5},
    ),
    "an item gets a note: nothing is touched": (
        [(CUBE, "销量: {unit: 件, scale: 0}", "销量: {unit: 件, scale: 0, note: 出库}")],
        {("change", "item", "销售!销量"): 0},
    ),
    "a formula covers what was entered": (
        [(CUBE, "  收入 = 销量 * 2\n", "  收入 = 销量 * 2\n  单价 = 收入 / 销量\n")],
        {("change", "formulas", "销售"): 1},
    ),
    "another formula of a computed item": (
        [(CUBE, "收入 = 销量 * 2", "收入 = 销量 * 3")],
        {("change", "formulas", "销售"): 0},
    ),
    "the calendar begins a year later": (
        [("model.yaml", "start: 2026-01, end: 2026-12", "start: 2027-01, end: 2027-12")],
        {("change", "calendar", "2027-01–2027-12"): 6},
    ),
    "a title": ([("model.yaml", "title: touched", "title: x")], {("change", "model", "title"): None}),
    "nothing": ([], {}),
}


@pytest.mark.parametrize("case", CASES)
def test_each_change_says_how_many_stored_cells_it_touches(container: Container, model: str, case: str) -> None:
    edits, expected = CASES[case]
    assert told(container, model, *edits) == expected


def test_the_move_says_from_where_to_where(container: Container, model: str) -> None:
    files = {**package(model), ORG: package(model)[ORG].replace("A,甲,H", "A,甲,K")}
    with container.database.reading() as reader:
        moves = [c.detail for c in modelling.plan(reader, BOSS, files) if c.kind == "move"]
    assert moves == ["H → K"]


def test_a_plan_of_what_is_wrong_counts_nothing_and_one_without_the_right_is_refused(
    container: Container, model: str
) -> None:
    wrong = {**package(model), CUBE: package(model)[CUBE].replace("销量 * 2", "没有 * 2")}
    reads = Principal(9, "li", "李", grants=(Grant("model.read"), Grant("model.export")))
    with container.database.reading() as reader:
        with pytest.raises(ProblemsFound):
            modelling.plan(reader, BOSS, wrong)
        with pytest.raises(Forbidden):
            modelling.plan(reader, reads, package(model))


@pytest.mark.parametrize("seed", range(3))
def test_the_count_is_that_of_a_dictionary_of_cells(container: Container, seed: int) -> None:
    """Random writes and clears over versions and a branch, which is counted as a version of its own; a closed one is not."""
    rng, name, kept = random.Random(seed), f"count{seed}", dict[tuple[str, ...], str]()
    lines: dict[str, list[str]] = {"预算": [], "实际": []}
    for _ in range(60):
        role, item, org = rng.choice(["预算", "实际"]), rng.choice(["销量", "单价"]), rng.choice("ABC")
        period, amount = f"2026-0{rng.randint(1, 3)}", rng.choice(["-", "0", "5", "8"])
        lines[role].append(f"{item} {org} {period} {amount}")
        kept[role, item, org, period] = amount
    fill(container, name, lines)
    filled = [key for key, amount in kept.items() if amount != "-"]
    with container.database.writing() as uow:
        base = queries.version(uow, name, "预算").id
        commands.branch(uow, BOSS, version_id=base, code="分支", name="分支")
        closed = commands.branch(uow, BOSS, version_id=base, code="作废", name="作废")
        merging.close_branch(uow, BOSS, branch_id=closed.id, closed=True, reason="不要了")
    filled += [key for key in filled if key[0] == "预算"]
    with container.database.reading() as reader:
        version = queries.version(reader, name, "预算")
        found = stored_cells(reader, version.model_id)
        assert filled_items(reader, version.model_id) == found.keys()
        codes = replica_of(reader).pin(reader, version.id).model.dimensions["org"].by_id
    got = {cells.code_of(ref): one for ref, one in found.items()}
    assert {item.partition("!")[2] for item in got} == {key[1] for key in filled}
    for item in ("销量", "单价"):
        of_item = [key for key in filled if key[1] == item]
        one = got[f"销售!{item}"]
        assert one.cells == len(of_item)
        assert {codes[i].code: n for i, n in one.members["org"].items()} == Counter(k[2] for k in of_item)
        assert dict(one.periods) == Counter(k[3] for k in of_item)


def test_the_hints_of_a_stored_model_go_by_the_cells_that_are_stored(container: Container) -> None:
    rates = "cube: 参数\ntitle: 参数\ndims: []\nitems:\n  税率: {unit: '%'}\n  闲置: {unit: 元}\n"
    files = package("hinted") | {"cubes/参数.yaml": rates}
    files[CUBE] = files[CUBE].replace("dims: [period, org]\n", "dims: [period, org]\nuses: [参数]\n", 1)
    files[CUBE] = files[CUBE].replace("销量 * 2", "销量 * 税率")
    with container.database.writing() as uow:
        modelling.apply(uow, BOSS, files)

    def hinted() -> list[tuple[str, str, str]]:
        with container.database.reading() as reader:
            return [(h.code, h.file, h.found) for h in model_queries.hints(reader, BOSS, "hinted")]

    unused = ("unused_parameter", "cubes/参数.yaml", "闲置")
    assert hinted() == [("never_filled", "cubes/参数.yaml", "税率"), unused]
    with container.database.writing() as uow:
        version = queries.version(uow, "hinted", "预算").id
        edit = CellEdit(ItemRef("参数", "税率"), {}, "", None, Decimal("0.06"))
        commands.append(uow, BOSS, version_id=version, edits=[edit], source="test", reason="")
    assert hinted() == [unused]
    cleared = CellEdit(ItemRef("参数", "税率"), {}, "", Decimal("0.06"), None)
    with container.database.writing() as uow:
        commands.append(uow, BOSS, version_id=version, edits=[cleared], source="test", reason="")
    assert hinted() == [("never_filled", "cubes/参数.yaml", "税率"), unused]
    reads = Principal(9, "li", "李", grants=(Grant("model.read"),))
    with container.database.reading() as reader, pytest.raises(Forbidden):
        model_queries.hints(reader, reads, "hinted")


@pytest.mark.parametrize("scale", [0, 1, 3])
@pytest.mark.parametrize("closed", [False, True])
def test_an_item_with_cells_keeps_its_decimals(container: Container, scale: int, *, closed: bool) -> None:
    """12.30 is kept as 1230 hundredths: at no decimals the same cell would read 1230."""
    name = f"scale{scale}{closed:d}"
    files = package(name)
    files[CUBE] = files[CUBE].replace("销量: {unit: 件, scale: 0}", "销量: {unit: 件, scale: 2}")
    other = files | {CUBE: files[CUBE].replace("scale: 2}\n  单价", f"scale: {scale}}}\n  单价")}
    with container.database.writing() as uow:
        modelling.apply(uow, BOSS, files)
    with container.database.reading() as reader:
        assert modelling.plan(reader, BOSS, other)  # nothing is stored yet: it may
    with container.database.writing() as uow:
        version = queries.version(uow, name, "预算").id
        edit = CellEdit(ItemRef("销售", "销量"), {"org": "A"}, "2026-01", None, Decimal("12.30"))
        commands.append(uow, BOSS, version_id=version, edits=[edit], source="test", reason="")
        if closed:
            uow.run("planning.set_status", id=version, status="closed")
    with pytest.raises(ProblemsFound) as refused, container.database.writing() as uow:
        modelling.apply(uow, BOSS, other, from_revision=1)
    (problem,) = refused.value.problems
    assert (problem.code, problem.file, problem.found) == ("scale_of_stored", CUBE, f"scale: {scale}")
    if not closed:
        with container.database.reading() as reader, pytest.raises(ProblemsFound):
            modelling.plan(reader, BOSS, other)
    with container.database.reading() as reader:
        state = replica_of(reader).pin(reader, version)
        item, panel = state.model.items[edit.item], state.sheet.inputs[edit.item]
        assert cells.shown(item, float(panel.values[0, 0]), int(panel.states[0, 0])) == Decimal("12.30")
        assert model_queries.find(reader, name).revision == 1


def test_decimals_may_change_until_a_cell_was_entered_and_not_after_it_was_cleared(container: Container) -> None:
    files = package("cleared")
    other = files | {CUBE: files[CUBE].replace("销量: {unit: 件, scale: 0}", "销量: {unit: 件, scale: 2}")}
    fill(container, "cleared", {"预算": ["单价 A 2026-01 2.5"]})
    with container.database.writing() as uow:
        assert modelling.apply(uow, BOSS, other, from_revision=1).revision == 2
        assert modelling.apply(uow, BOSS, files, from_revision=2).revision == 3
        version = queries.version(uow, "cleared", "预算").id
        for before, after in ((None, Decimal(10)), (Decimal(10), None)):
            edit = CellEdit(ItemRef("销售", "销量"), {"org": "A"}, "2026-01", before, after)
            commands.append(uow, BOSS, version_id=version, edits=[edit], source="test", reason="")
    with pytest.raises(ProblemsFound), container.database.writing() as uow:  # taking the clearing back brings 10 again
        modelling.apply(uow, BOSS, other, from_revision=3)
