"""The field mapping of a document type as text (field_mapping.py). Pure.

mapping:
  head: {公司代码: text}                    fields of the document's head: text number date truth
  line: {成本中心: text, 是否已分摊: truth, 承担部门: text, 单据日期: date}
  others: keep                              fields not named here are kept with the document; not said: refused
  to:                                       a dimension, period or amount: its ways in order
    org:
      - {from: 承担部门, when: 是否已分摊}
      - {from: 公司代码 & "-" & 成本中心, lookup: {A-01: 研发一部}}
      - {from: 项目, property: 项目.部门}     a property of that member
      - {value: 集团本部}                   the default, if there is to be one
    period: [{from: 单据日期}]               a period's code, or a day in it
    amount: [{from: 价税合计 - 税额}]        to the fen
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast, get_args

from bihuan.features.control.directory import Property
from bihuan.features.control.field_mapping import (
    AMOUNT,
    PERIOD,
    SPOKEN,
    Field,
    FieldKind,
    FieldMapping,
    Mapped,
    Places,
    Way,
    map_fields,
)
from bihuan.features.process.condition import BadCondition, Condition, read_condition
from bihuan.features.process.condition_kinds import Kind, kind_of

Bad = Callable[[str, object, str], None]
_KEYS = {"head", "line", "others", "to"}
_WAY_KEYS = {"from", "value", "when", "lookup", "property"}
_KIND: Mapping[FieldKind, Kind] = {"text": "text", "number": "number", "date": "text", "truth": "truth"}


def read_mapping(where: str, raw: object, places: Places, bad: Bad) -> FieldMapping | None:
    """The mapping of a document type, None where there is none; what is wrong is told to ``bad``."""
    if raw in (None, ""):
        return None
    at = f"{where} mapping"
    to = _pairs(raw.get("to")) if isinstance(raw, Mapping) else None
    if not isinstance(raw, Mapping) or not to:
        bad(at, "没有 to" if isinstance(raw, Mapping) else raw, "head、line（字段）和 to（每个维度的取法）")
        return None
    for unknown in sorted(raw.keys() - _KEYS):
        bad(at, unknown, "只有 " + " ".join(sorted(_KEYS)))
    fields = (*_fields(at, "head", raw.get("head"), bad), *_fields(at, "line", raw.get("line"), bad))
    names = [f.name for f in fields]
    for twice in sorted({n for n in names if names.count(n) > 1}):
        bad(f"{at} line", twice, "每个字段写一次：head 或 line")
    if raw.get("others", "refuse") not in ("keep", "refuse"):
        bad(f"{at} others", raw["others"], "keep 或 refuse")
    kinds = {f.name: _KIND[f.kind] for f in fields}
    ways = {str(t): _ways(at, str(t), said, kinds, places, bad) for t, said in to}
    return FieldMapping(fields, ways, raw.get("others") == "keep")


def _fields(at: str, on: str, raw: object, bad: Bad) -> list[Field]:
    pairs = _pairs(raw or {})
    if pairs is None:
        bad(f"{at} {on}", raw, "字段: " + " ".join(get_args(FieldKind)))
        return []
    for name, kind in pairs:
        if kind not in get_args(FieldKind):
            bad(f"{at} {on} {name}", kind, "、".join(f"{k} {said}" for k, said in SPOKEN.items()))
    return [
        Field(str(name), cast(FieldKind, kind), "head" if on == "head" else "line")
        for name, kind in pairs
        if kind in get_args(FieldKind)
    ]


def _pairs(raw: object) -> list[tuple[Any, Any]] | None:
    """The pairs of a mapping, also as `mapping_json` keeps them; None for anything else."""
    if isinstance(raw, Mapping):
        return [*raw.items()]
    pairs = isinstance(raw, list) and all(isinstance(p, list | tuple) and len(p) == 2 for p in raw)
    return [(name, said) for name, said in raw] if isinstance(raw, list) and pairs else None


def _ways(at: str, target: str, raw: object, kinds: Mapping[str, Kind], places: Places, bad: Bad) -> tuple[Way, ...]:  # noqa: PLR0917
    here = f"{at} to {target}"
    if target not in (PERIOD, AMOUNT) and target not in places.parents:
        bad(f"{at} to", target, "period、amount 或维度的代码：" + " ".join(sorted(places.parents)))
        return ()
    if not isinstance(raw, list) or not raw or not all(isinstance(one, Mapping) for one in raw):
        bad(here, raw, "取法的列表：[{from: 字段}, {value: 缺省成员}]，至少一个")
        return ()
    ways = [_way(here, target, one, kinds, places, bad) for one in raw]
    for way in ways[:-1]:
        if way.source is None and way.when is None:
            bad(f"{here} value", way.value, "不带条件的缺省放在最后：后面的取法永远轮不到")
    return tuple(ways)


def _way(here: str, target: str, raw: Mapping[str, Any], kinds: Mapping[str, Kind], places: Places, bad: Bad) -> Way:  # noqa: PLR0917
    for unknown in sorted(raw.keys() - _WAY_KEYS):
        bad(here, unknown, "只有 " + " ".join(sorted(_WAY_KEYS)))
    if ("from" in raw) == ("value" in raw):
        bad(
            here,
            "from 和 value" if "from" in raw else "没有 from，也没有 value",
            "from（字段或式子）或 value（常数）之一",
        )
        return Way(None)
    when = None if raw.get("when") in (None, "") else _expression(f"{here} when", raw["when"], "truth", kinds, bad)
    if "value" in raw:
        for beside in sorted(raw.keys() & {"lookup", "property"}):
            bad(here, beside, "和 from 一起写，不和 value 一起")
        constant = str(raw["value"])
        _constant(f"{here} value", target, constant, places, bad)
        return Way(None, constant, when)
    looked = raw.keys() & {"lookup", "property"}
    if len(looked) > 1:
        bad(here, "lookup、property", "两个里写一个")
    wanted: Kind = "number" if target == AMOUNT and not looked else "text"
    source = _expression(f"{here} from", raw["from"], wanted, kinds, bad)
    table = _table(here, target, raw["lookup"], places, bad) if "lookup" in raw else None
    of, name = _property(here, raw["property"], places, bad) if "property" in raw else ("", "")
    return Way(source, "", when, table, of, name)


def _expression(at: str, raw: object, wanted: Kind, kinds: Mapping[str, Kind], bad: Bad) -> Condition | None:
    spoken = {"number": "数字", "text": "文字（数字字段先用 & 连接，或声明为 text）", "truth": "条件"}[wanted]
    try:
        found = read_condition(str(raw))
        if (kind := kind_of(found, kinds)) == wanted:
            return found
    except BadCondition as fault:
        bad(at, raw, str(fault))
    else:
        bad(at, raw, f"{spoken}，这里是{ {'number': '数字', 'text': '文字', 'truth': '是否'}[kind] }")
    return None


def _constant(at: str, target: str, value: str, places: Places, bad: Bad) -> None:
    """Complains of a constant that the target cannot have."""
    if target == AMOUNT:
        bad(at, value, "金额取自字段，不写常数")
        return
    found = Mapped({}, map_fields(FieldMapping((), {target: (Way(None, value),)}), {}, places).targets).targets[0]
    if found.fault:
        bad(at, value, found.tried[-1].note)


def _table(here: str, target: str, raw: object, places: Places, bad: Bad) -> dict[str, str]:
    if target == AMOUNT or not isinstance(raw, Mapping) or not raw:
        bad(f"{here} lookup", raw, "{字段的值: 成员}，至少一行；金额不查表")
        return {}
    table = {str(key): str(value) for key, value in raw.items()}
    for key, value in table.items():
        _constant(f"{here} lookup {key}", target, value, places, bad)
    return table


def _property(here: str, raw: object, places: Places, bad: Bad) -> Property:
    of, _, name = str(raw).partition(".")
    known = places.directory.properties.get(of)
    if of not in places.parents or not name:
        bad(f"{here} property", raw, "维度.属性，维度是 " + " ".join(sorted(places.parents)))
    elif not known or name not in known:
        bad(f"{here} property", raw, f"{of} 的属性：" + (" ".join(sorted(known or ())) or "没有"))
    return of, name


def mapping_json(mapping: FieldMapping) -> dict[str, Any]:
    """The inverse of `read_mapping`. Fields and targets are pairs: objects of the database do not keep their order."""

    def fields(on: str) -> list[list[str]]:
        return [[f.name, f.kind] for f in mapping.fields if f.on == on]

    return {
        "head": fields("head"),
        "line": fields("line"),
        **({"others": "keep"} if mapping.keep else {}),
        "to": [[target, [_way_json(way) for way in ways]] for target, ways in mapping.ways.items()],
    }


def _way_json(way: Way) -> dict[str, Any]:
    return {
        **({"value": way.value} if way.source is None else {"from": way.source.text}),
        **({"when": way.when.text} if way.when else {}),
        **({"lookup": dict(way.table)} if way.table is not None else {}),
        **({"property": f"{way.of}.{way.attribute}"} if way.of else {}),
    }


def needs(mappings: Sequence[FieldMapping]) -> tuple[set[str], set[Property], bool]:
    """Of the directory: dimensions whose names, properties whose values are looked up, and whether days are."""
    ways = [way for m in mappings for every in m.ways.values() for way in every]
    properties = {(way.of, way.attribute) for way in ways if way.of}
    dimensions = {d for m in mappings for d in m.dimensions} | {of for of, _ in properties}
    return dimensions, properties, any(PERIOD in m.ways for m in mappings)
