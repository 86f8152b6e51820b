"""The dimensions of a package: ``dimensions/*.csv`` and what model.yaml says about them and about units."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from bihuan.engine.definition import DimensionDefinition, EdgeDefinition, MemberDefinition, Place
from bihuan.features.modelling.texts import Problems, Row, Table, Yaml, read_csv, report_unknown
from bihuan.kernel.nearest import hint
from bihuan.kernel.period import day_meant
from bihuan.kernel.unit import BadUnit, parse_unit

DIMENSION_KEYS = ("name", "managed", "own_leaf")
PROPERTY_TYPES = ("number", "date", "text")
EDGE_COLUMNS = ("parent", "weight", "valid_from", "valid_to")


def text_of(keys: Mapping[str, Yaml], key: str, default: str) -> str:
    """The text under a key, or the default."""
    return keys[key].text(key) if key in keys else default


def units_of(keys: Mapping[str, Yaml]) -> dict[str, str]:
    """``{元: "", 千件: 1000 件}``, or a list of those that are no multiples; a multiple of nothing is reported."""
    if "units" not in keys:
        return {}
    node = keys["units"]
    if not node.is_mapping:
        return dict.fromkeys(node.texts("units"), "")
    said = node.mapping("units")
    units = {name: one.text(f"units“{name}”") for name, one in said.items()}
    for name, one in said.items():
        _known_unit(one, f"单位“{name}”", name, units)
    return units


def _known_unit(node: Yaml, what: str, text: str, units: Mapping[str, str]) -> bool:
    try:
        parse_unit(text, units)
    except BadUnit as error:
        node.problems.at("bad_unit", node.place, f"{what}写得不对", **{k: str(v) for k, v in error.facts.items()})
        return False
    return True


def read_dimensions(
    folder: Path, keys: Mapping[str, Yaml], unit_names: Mapping[str, str], problems: Problems
) -> list[DimensionDefinition]:
    """In the order of ``dimensions:`` in model.yaml, then by file name."""
    said = keys["dimensions"].mapping("dimensions") if "dimensions" in keys else {}
    references = _references(keys)
    kinds, units = _property_kinds(keys, unit_names)
    tables: dict[str, dict[str, Table]] = {}
    for path in sorted((folder / "dimensions").glob("*.csv")):
        dim, _, tree = path.name.removesuffix(".csv").partition(".")
        table = read_csv(path, f"dimensions/{path.name}", problems)
        if table is not None:
            tables.setdefault(dim, {})[tree] = table
    for dim, prop, node in [*_by_property(keys, "references", told=True), *_by_property(keys, "properties", told=True)]:
        columns = tables[dim][""].columns if dim in tables and "" in tables[dim] else ()
        if columns and prop not in columns:
            message = f"dimensions/{dim}.csv 没有列“{prop}”{hint(prop, columns)}"
            problems.at("unknown_property", node.key_place, message, found=prop, expected="、".join(columns))
    for name in [*said, *references, *kinds]:
        if name not in tables:
            problems.at("unknown_dimension", Place("model.yaml", 1), f"没有文件 dimensions/{name}.csv", found=name)
    order = [*(name for name in said if name in tables), *(name for name in tables if name not in said)]
    out = []
    for code in order:
        if "" not in tables[code]:
            problems.at("unknown_dimension", Place(f"dimensions/{code}.csv"), "有别的层级文件，没有维度本身的文件")
            continue
        options = said[code].mapping(code) if code in said else {}
        report_unknown(options, DIMENSION_KEYS, f"维度“{code}”")
        managed = text_of(options, "managed", "package")
        if managed not in {"package", "data"}:
            options["managed"].wrong("managed", "package 或 data")
        main = tables[code].pop("")
        own = options["own_leaf"].truth("own_leaf") if "own_leaf" in options else code == "org"
        out.append(
            DimensionDefinition(
                code=code,
                name=text_of(options, "name", code),
                members=tuple(_members(main, problems)),
                trees={"": _edges(main, problems)}
                | {name: _edges(t, problems, tree=True) for name, t in tables[code].items()},
                references=references.get(code, {}),
                managed="data" if managed == "data" else "package",
                property_types=kinds.get(code, {}),
                property_units=units.get(code, {}),
                own_leaf=own,
            )
        )
    return out


def _references(keys: Mapping[str, Yaml]) -> dict[str, dict[str, str]]:
    """``部门.城市: 城市`` -> {部门: {城市: 城市}}."""
    out: dict[str, dict[str, str]] = {}
    for dim, prop, node in _by_property(keys, "references"):
        out.setdefault(dim, {})[prop] = node.text(f"{dim}.{prop}")
    return out


def _by_property(keys: Mapping[str, Yaml], key: str, *, told: bool = False) -> Iterator[tuple[str, str, Yaml]]:
    """(dimension, property, what is said of it); a key of another form is reported, unless it was ``told`` before."""
    for name, node in (keys[key].mapping(key) if key in keys else {}).items():
        dim, dot, prop = name.partition(".")
        if dot and prop:
            yield dim, prop, node
        elif not told:
            node.problems.at("bad_value", node.key_place, f"{key} 的键是 维度.属性", found=name, expected="维度.属性")


def _property_kinds(
    keys: Mapping[str, Yaml], known: Mapping[str, str]
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """``部门.面积: number 平米`` -> types {部门: {面积: number}} and units {部门: {面积: 平米}}."""
    kinds: dict[str, dict[str, str]] = {}
    units: dict[str, dict[str, str]] = {}
    for dim, prop, node in _by_property(keys, "properties"):
        name = f"{dim}.{prop}"
        kind, _, unit = node.text(name).strip().partition(" ")
        if kind not in PROPERTY_TYPES or (unit and kind != "number"):
            node.wrong(f"属性“{name}”的类型", "number、number 单位（如 number 小时/件）、date 或 text")
        elif not unit or _known_unit(node, f"属性“{name}”的单位", unit, known):
            kinds.setdefault(dim, {})[prop] = kind
            if unit:
                units.setdefault(dim, {})[prop] = unit.strip()
    return kinds, units


def _members(table: Table, problems: Problems) -> list[MemberDefinition]:
    properties = [name for name in table.columns if name not in {"code", "name", *EDGE_COLUMNS}]
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


def _edges(table: Table, problems: Problems, *, tree: bool = False) -> tuple[EdgeDefinition, ...]:
    missing = [name for name in ("code", "parent") if name not in table.columns]
    if tree and missing:
        found, place = ",".join(table.columns), Place(table.file, 1)
        problems.at("no_column", place, f"缺列 {'、'.join(missing)}", found=found, expected="code,parent,weight")
    if "code" in missing:
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
        problems.at("bad_date", row.place, f"{column} 不是日期{day_meant(text)}", found=text, expected="2026-01-31")
        return None
