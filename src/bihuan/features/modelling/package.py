"""Reading a model package: a folder of text becomes a compiled model, its data and its expected answers, or problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import get_args

from bihuan.engine.compile import compile_model, outline, scope_of
from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import (
    Base,
    CalendarDefinition,
    CubeDefinition,
    DimensionDefinition,
    EdgeDefinition,
    ItemDefinition,
    Iteration,
    MemberDefinition,
    ModelDefinition,
    Place,
    ValueType,
)
from bihuan.engine.formula.scope import Scope
from bihuan.features.modelling.data import Entered, Expected, read_data, read_expected
from bihuan.features.modelling.texts import Problems, Row, Table, Yaml, read_csv, read_yaml, report_unknown
from bihuan.kernel.errors import ProblemsFound

_MODEL_KEYS = (
    "name", "title", "calendar", "currency", "units", "roles", "versions", "languages", "references", "properties", "dimensions",
)  # fmt: skip
_CALENDAR_KEYS = ("base", "start", "end", "history", "ahead", "fiscal_start", "long_years")
_DIMENSION_KEYS = ("name", "managed", "own_leaf")
_CUBE_KEYS = ("cube", "title", "dims", "uses", "items", "iterate", "formulas")
_ITEM_KEYS = (
    "name", "unit", "type", "dims", "time", "total", "fill", "scale", "round", "decimals", "override", "sign", "favourable", "note",
    "iterate",
)  # fmt: skip
ROUNDS, MOST_ROUNDS = 100, 1000  # of a circle solved by repetition
_EDGE_COLUMNS = ("parent", "weight", "valid_from", "valid_to")


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
    report_unknown(keys, _MODEL_KEYS, "model.yaml ")
    dimensions = _dimensions(folder, keys, problems)
    cubes = [_cube(path, f"cubes/{path.name}", problems) for path in sorted((folder / "cubes").glob("*.yaml"))]
    if not cubes:
        problems.at("no_cubes", Place("cubes/"), "没有预算表", expected="cubes/*.yaml")
    calendar, versions = _calendar(keys, problems), _versions(keys)
    if calendar is None or any(cube is None for cube in cubes) or not cubes:
        return None
    return ModelDefinition(
        name=_text(keys, "name", folder.name),
        title=_text(keys, "title", folder.name),
        calendar=calendar,
        currency=_text(keys, "currency", "元"),
        units=keys["units"].pairs("units") if "units" in keys else {},
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


def _text(keys: Mapping[str, Yaml], key: str, default: str) -> str:
    return keys[key].text(key) if key in keys else default


def _calendar(keys: Mapping[str, Yaml], problems: Problems) -> CalendarDefinition | None:
    if "calendar" not in keys:
        problems.at("no_calendar", Place("model.yaml", 1), "没有日历", expected="calendar: {base, start, end}")
        return None
    node = keys["calendar"]
    said = node.mapping("calendar")
    report_unknown(said, _CALENDAR_KEYS, "calendar ")
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


# --- dimensions -----------------------------------------------------------------------------------------------------


def _dimensions(folder: Path, keys: Mapping[str, Yaml], problems: Problems) -> list[DimensionDefinition]:
    """In the order of ``dimensions:`` in model.yaml, then by file name."""
    said = keys["dimensions"].mapping("dimensions") if "dimensions" in keys else {}
    references = _by_dimension(keys, "references")
    types = _by_dimension(keys, "properties")
    tables: dict[str, dict[str, Table]] = {}
    for path in sorted((folder / "dimensions").glob("*.csv")):
        dim, _, tree = path.name.removesuffix(".csv").partition(".")
        table = read_csv(path, f"dimensions/{path.name}", problems)
        if table is not None:
            tables.setdefault(dim, {})[tree] = table
    for name in [*said, *references, *types]:
        if name not in tables:
            problems.at("unknown_dimension", Place("model.yaml", 1), f"没有文件 dimensions/{name}.csv", found=name)
    order = [*(name for name in said if name in tables), *(name for name in tables if name not in said)]
    out = []
    for code in order:
        if "" not in tables[code]:
            problems.at("unknown_dimension", Place(f"dimensions/{code}.csv"), "有别的层级文件，没有维度本身的文件")
            continue
        options = said[code].mapping(code) if code in said else {}
        report_unknown(options, _DIMENSION_KEYS, f"维度“{code}”")
        managed = _text(options, "managed", "package")
        if managed not in {"package", "data"}:
            options["managed"].wrong("managed", "package 或 data")
        main = tables[code].pop("")
        own = options["own_leaf"].truth("own_leaf") if "own_leaf" in options else code == "org"
        out.append(
            DimensionDefinition(
                code=code,
                name=_text(options, "name", code),
                members=tuple(_members(main, problems)),
                trees={"": _edges(main, problems)} | {name: _edges(t, problems) for name, t in tables[code].items()},
                references=references.get(code, {}),
                managed="data" if managed == "data" else "package",
                property_types=types.get(code, {}),
                own_leaf=own,
            )
        )
    return out


def _by_dimension(keys: Mapping[str, Yaml], key: str) -> dict[str, dict[str, str]]:
    """``部门.城市: 城市`` -> {部门: {城市: 城市}}."""
    out: dict[str, dict[str, str]] = {}
    for name, node in (keys[key].mapping(key) if key in keys else {}).items():
        dim, dot, prop = name.partition(".")
        if not dot or not prop:
            node.problems.at("bad_value", node.key_place, f"{key} 的键是 维度.属性", found=name, expected="维度.属性")
            continue
        out.setdefault(dim, {})[prop] = node.text(name)
    return out


def _members(table: Table, problems: Problems) -> list[MemberDefinition]:
    properties = [name for name in table.columns if name not in {"code", "name", *_EDGE_COLUMNS}]
    if "code" not in table.columns:
        problems.at(
            "no_column", Place(table.file, 1), "缺列 code", found=",".join(table.columns), expected="code,name,parent"
        )
        return []
    out: dict[str, MemberDefinition] = {}
    for row in table.rows:
        code = row.get("code")
        if not code:
            problems.at("no_code", row.place, "缺成员编码 code")
        elif code not in out:
            said = {name: row.get(name) for name in properties}
            out[code] = MemberDefinition(code, row.get("name") or code, said, row.place)
        elif not (row.get("valid_from") or row.get("valid_to")):
            # a member that moves stands on several lines, each with its dates
            problems.at(
                "duplicate_member", row.place, f"成员“{code}”重复；改上级时写明 valid_from、valid_to", found=code
            )
    return list(out.values())


def _edges(table: Table, problems: Problems) -> tuple[EdgeDefinition, ...]:
    if "code" not in table.columns:
        return ()
    out = []
    for row in table.rows:
        if not (parent := row.get("parent")):
            continue
        out.append(
            EdgeDefinition(
                child=row.get("code"),
                parent=parent,
                weight=_weight(row, problems),
                valid_from=_date(row, "valid_from", problems),
                valid_to=_date(row, "valid_to", problems),
                place=row.place,
            )
        )
    return tuple(out)


def _weight(row: Row, problems: Problems) -> float:
    text = row.get("weight")
    try:
        value = float(text or 1)
    except ValueError:
        value = float("nan")
    if not -1e9 < value < 1e9:
        problems.at("bad_number", row.place, "权重 weight 不是数", found=text, expected="1、-1、0.6 …")
        return 1.0
    return value


def _date(row: Row, column: str, problems: Problems) -> date | None:
    if not (text := row.get(column)):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.at("bad_date", row.place, f"{column} 不是日期", found=text, expected="2026-01-31")
        return None


# --- cubes ----------------------------------------------------------------------------------------------------------


def _cube(path: Path, file: str, problems: Problems) -> CubeDefinition | None:
    root = read_yaml(path, file, problems)
    if root is None:
        return None
    keys = root.mapping(file)
    report_unknown(keys, _CUBE_KEYS, "预算表")
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
        title=_text(keys, "title", code),
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
    report_unknown(said, _ITEM_KEYS, f"指标“{code}”")

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
        name=_text(said, "name", code),
        unit=_text(said, "unit", "?"),
        type=one_of("type", get_args(ValueType)),  # type: ignore[arg-type]  # one of the choices
        dims=said["dims"].texts("dims") if "dims" in said else None,
        time=_text(said, "time", "") or None,
        total=_text(said, "total", "") or None,
        fill="all" if one_of("fill", ("plan", "all")) == "all" else "plan",
        scale=number("scale"),
        round=number("round"),
        decimals=number("decimals"),
        override="override" in said and said["override"].truth(f"“{code}”的 override"),
        sign=-1 if one_of("sign", ("1", "-1", "+1")) == "-1" else 1,
        favourable=one_of("favourable", ("", "more", "less")),  # type: ignore[arg-type]  # one of the choices
        note=_text(said, "note", ""),
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
