"""Reading a model package: a folder of text becomes a compiled model, its data and its expected answers, or problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from bihuan.engine.compile import compile_model, outline, scope_of
from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import (
    Base,
    CalendarDefinition,
    CubeDefinition,
    ItemDefinition,
    Iteration,
    ModelDefinition,
    Place,
    ValueType,
)
from bihuan.engine.formula.scope import Scope
from bihuan.features.modelling.data import Entered, Expected, read_data, read_expected
from bihuan.features.modelling.dimension_files import read_dimensions, text_of, units_of
from bihuan.features.modelling.texts import Problems, Table, Yaml, read_csv, read_yaml, report_unknown
from bihuan.kernel.errors import ProblemsFound

MODEL_KEYS = (
    "name", "title", "calendar", "currency", "units", "roles", "versions", "languages", "references", "properties", "dimensions",
)  # fmt: skip
CALENDAR_KEYS = ("base", "start", "end", "history", "ahead", "fiscal_start", "long_years")
CUBE_KEYS = ("cube", "title", "dims", "uses", "items", "iterate", "formulas")
ITEM_KEYS = (
    "name", "unit", "type", "dims", "time", "total", "fill", "scale", "round", "decimals", "override", "sign", "favourable", "note",
    "iterate",
)  # fmt: skip
ROUNDS, MOST_ROUNDS = 100, 1000  # of a circle solved by repetition


@dataclass(frozen=True)
class Package:
    """What a folder says, with nothing wrong in it."""

    folder: Path
    definition: ModelDefinition
    model: CompiledModel
    data: tuple[Entered, ...]
    expected: tuple[Expected, ...]


def read_package(folder: Path, ids: Mapping[str, Mapping[str, int]] | None = None) -> Package:
    """The whole package; raises `ProblemsFound` with every problem of every file, and then nothing was read."""
    problems = Problems()
    definition = read_definition(folder, problems)
    if definition is None:
        raise ProblemsFound(problems)
    model: CompiledModel | None = None
    try:
        model = compile_model(definition, ids)
        scope: Scope | None = scope_of(model)
    except ProblemsFound as found:
        problems.extend(found.problems)
        scope = outline(definition, ids)
    data: list[Entered] = []
    expected: list[Expected] = []
    if scope is not None:
        items = scope.items
        for cube in definition.cubes:
            if table := _table(folder, f"data/{cube.code}.csv", problems):
                data += read_data(table, cube.code, items, scope, problems)
            if table := _table(folder, f"expect/{cube.code}.csv", problems):
                expected += read_expected(table, cube.code, items, scope, problems)
        _strangers(folder, {cube.code for cube in definition.cubes}, problems)
    if problems or model is None:
        raise ProblemsFound(sorted(problems, key=lambda p: (p.file, p.line, p.column)))
    return Package(folder, definition, model, tuple(data), tuple(expected))


def read_definition(folder: Path, problems: Problems) -> ModelDefinition | None:
    """``model.yaml``, ``dimensions/`` and ``cubes/``; None when a file could not be read at all."""
    if not (folder / "model.yaml").is_file():
        problems.at("no_model", Place("model.yaml"), f"{folder} 不是模型包：没有 model.yaml")
        return None
    root = read_yaml(folder / "model.yaml", "model.yaml", problems)
    if root is None:
        return None
    keys = root.mapping("model.yaml")
    report_unknown(keys, MODEL_KEYS, "model.yaml ")
    units = units_of(keys)
    dimensions = read_dimensions(folder, keys, units, problems)
    cubes = [_cube(path, f"cubes/{path.name}", problems) for path in sorted((folder / "cubes").glob("*.yaml"))]
    if not cubes:
        problems.at("no_cubes", Place("cubes/"), "没有预算表", expected="cubes/*.yaml")
    calendar, versions = _calendar(keys, problems), _versions(keys)
    if calendar is None or any(cube is None for cube in cubes) or not cubes:
        return None
    return ModelDefinition(
        name=text_of(keys, "name", folder.resolve().name),
        title=text_of(keys, "title", folder.resolve().name),
        calendar=calendar,
        currency=text_of(keys, "currency", "元"),
        units=units,
        roles=keys["roles"].pairs("roles") if "roles" in keys else {},
        versions=tuple(versions),
        languages=keys["languages"].texts("languages") if "languages" in keys else ("zh",),
        dimensions=tuple(dimensions),
        cubes=tuple(cube for cube in cubes if cube is not None),
        first_versions={role: code for role, code in versions.items() if role != code},
    )


def _versions(keys: Mapping[str, Yaml]) -> dict[str, str]:
    """Version roles, and the code of each one's first version: ``[实际, 预算]``, or ``{实际: 实际, 预算: 2026预算}``."""
    if "versions" not in keys:
        return {}
    node = keys["versions"]
    if node.is_mapping:
        return {role: code or role for role, code in node.pairs("versions").items()}
    return {role: role for role in node.texts("versions")}


def _calendar(keys: Mapping[str, Yaml], problems: Problems) -> CalendarDefinition | None:
    if "calendar" not in keys:
        problems.at("no_calendar", Place("model.yaml", 1), "没有日历", expected="calendar: {base, start, end}")
        return None
    node = keys["calendar"]
    said = node.mapping("calendar")
    report_unknown(said, CALENDAR_KEYS, "calendar ")
    missing = [key for key in ("base", "start", "end") if key not in said]
    if missing:
        problems.at("no_calendar", node.place, f"日历缺 {'、'.join(missing)}", expected="base, start, end")
        return None
    base = said["base"].text("base")
    if base not in get_args(Base):
        said["base"].wrong("base", "、".join(get_args(Base)))
        return None
    counts = {key: said[key].whole(key) for key in ("history", "ahead") if key in said}
    long_years = said["long_years"].texts("long_years") if "long_years" in said else ()
    return CalendarDefinition(
        base=base,  # type: ignore[arg-type]  # one of Base by the test above
        start=said["start"].text("start"),
        end=said["end"].text("end"),
        fiscal_start=said["fiscal_start"].whole("fiscal_start", 1) if "fiscal_start" in said else 1,
        long_years=tuple(int(year) for year in long_years if year.isdigit()),
        place=node.place,
        **counts,
    )


# --- cubes ----------------------------------------------------------------------------------------------------------


def _cube(path: Path, file: str, problems: Problems) -> CubeDefinition | None:
    root = read_yaml(path, file, problems)
    if root is None:
        return None
    keys = root.mapping(file)
    report_unknown(keys, CUBE_KEYS, "预算表")
    if "cube" not in keys:
        problems.at("no_cube", root.place, "缺预算表编码 cube")
        return None
    code = keys["cube"].text("cube")
    items = keys["items"].mapping("items") if "items" in keys else {}
    if not items:
        problems.at("no_items", root.place, f"预算表“{code}”没有指标", expected="items")
    iterate = _iteration(keys["iterate"], "iterate") if "iterate" in keys else None
    formulas, place = _formulas(keys["formulas"], path) if "formulas" in keys else ("", root.place)
    return CubeDefinition(
        code=code,
        title=text_of(keys, "title", code),
        dims=keys["dims"].texts("dims") if "dims" in keys else (),
        uses=keys["uses"].texts("uses") if "uses" in keys else (),
        items=tuple(_item(name, node, iterate) for name, node in items.items()),
        formulas=formulas,
        formulas_place=place,
        place=root.place,
    )


def _formulas(node: Yaml, path: Path) -> tuple[str, Place]:
    """The block's text and the place of its first character in the file."""
    text, place = node.text("formulas"), node.place
    if getattr(node.node, "style", None) != "|":
        if text.strip():
            node.problems.at("formulas_block", place, "公式要写在 formulas: | 下面，每行一个", expected="formulas: |")
        return "", place
    lines = path.read_text("utf-8-sig").split("\n")
    first = text.split("\n")[0]
    raw = lines[place.line] if place.line < len(lines) else ""
    indent = len(raw.rstrip("\r")) - len(first) if first.strip() else 2
    return text, Place(place.file, place.line + 1, indent + 1)


def _iteration(node: Yaml, what: str) -> Iteration | None:
    """``{tolerance: 0.01, max: 100}``; the tolerance must be said, the rounds need not be."""
    said = node.mapping(what)
    report_unknown(said, ("tolerance", "max"), what)
    if "tolerance" not in said:
        node.wrong(what, "{tolerance: 0.01, max: 100}，tolerance 必须写")
        return None
    tolerance = said["tolerance"].decimal(f"{what} 的 tolerance", above=0.0)
    most = said["max"].whole(f"{what} 的 max", ROUNDS) if "max" in said else ROUNDS
    if not 1 <= most <= MOST_ROUNDS:
        said["max"].wrong(f"{what} 的 max", f"1 到 {MOST_ROUNDS}")
        return None
    return Iteration(tolerance, most)


def _item(code: str, node: Yaml, iterate: Iteration | None) -> ItemDefinition:
    said = node.mapping(f"指标“{code}”")
    report_unknown(said, ITEM_KEYS, f"指标“{code}”")

    def one_of(key: str, choices: tuple[str, ...]) -> str:
        if key not in said:
            return choices[0]
        text = said[key].text(key)
        if text not in choices:
            said[key].wrong(f"“{code}”的 {key}", "、".join(choice for choice in choices if choice))
            return choices[0]
        return text

    def number(key: str) -> int | None:
        return said[key].whole(f"“{code}”的 {key}") if key in said else None

    return ItemDefinition(
        code=code,
        name=text_of(said, "name", code),
        unit=text_of(said, "unit", "?"),
        type=one_of("type", get_args(ValueType)),  # type: ignore[arg-type]  # one of the choices
        dims=said["dims"].texts("dims") if "dims" in said else None,
        time=text_of(said, "time", "") or None,
        total=text_of(said, "total", "") or None,
        fill="all" if one_of("fill", ("plan", "all")) == "all" else "plan",
        scale=number("scale"),
        round=number("round"),
        decimals=number("decimals"),
        override="override" in said and said["override"].truth(f"“{code}”的 override"),
        sign=-1 if one_of("sign", ("1", "-1", "+1")) == "-1" else 1,
        favourable=one_of("favourable", ("", "more", "less")),  # type: ignore[arg-type]  # one of the choices
        note=text_of(said, "note", ""),
        iterate=_iteration(said["iterate"], f"“{code}”的 iterate") if "iterate" in said else iterate,
        place=node.place,
    )


# --- tables ---------------------------------------------------------------------------------------------------------


def _table(folder: Path, file: str, problems: Problems) -> Table | None:
    return read_csv(folder / file, file, problems) if (folder / file).is_file() else None


def _strangers(folder: Path, cubes: set[str], problems: Problems) -> None:
    """Data and expectations of a cube that does not exist would be silently ignored."""
    for name in ("data", "expect"):
        for path in sorted((folder / name).glob("*.csv")):
            if path.stem not in cubes:
                place = Place(f"{name}/{path.name}")
                problems.at(
                    "unknown_cube",
                    place,
                    f"没有叫“{path.stem}”的预算表",
                    found=path.stem,
                    expected="、".join(sorted(cubes)),
                )
