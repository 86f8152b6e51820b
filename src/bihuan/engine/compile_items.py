"""Items of a definition with every property resolved: unit, scale, dimensions, grain, and what their totals are."""

from collections.abc import Mapping, Sequence

from bihuan.engine.compile_dimensions import Report, problem
from bihuan.engine.compiled import CompiledItem, Total, TotalKind
from bihuan.engine.definition import CubeDefinition, ItemDefinition, ModelDefinition
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.formula.scope import PERIOD_NAMES
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.member import Dimension
from bihuan.kernel.nearest import hint
from bihuan.kernel.scaled import MAX_SCALE
from bihuan.kernel.unit import BadUnit, Powers, Unit, parse_unit, show

_TIME: dict[str, TotalKind] = {kind: kind for kind in ("sum", "first", "last", "average", "formula", "none")}
_TOTAL: dict[str, TotalKind] = {kind: kind for kind in ("sum", "average", "min", "max", "formula", "none")}
WEIGHTED = "weighted by "
TOTAL_WORDS = "、".join(dict.fromkeys([*_TIME, *_TOTAL]))
Dims = tuple[tuple[str, ...], str]


def compile_items(
    definition: ModelDefinition, dimensions: Mapping[str, Dimension], calendar: Calendar, report: Report
) -> dict[ItemRef, CompiledItem]:
    """Items without rules and without bound totals: what names can refer to."""
    out: dict[ItemRef, CompiledItem] = {}
    for cube in definition.cubes:
        kept = _dims(cube, cube.dims, dimensions, calendar, report)
        _check_names(cube, dimensions, report)
        for item in cube.items:
            ref = ItemRef(cube.code, item.code)
            if ref not in out:
                out[ref] = _item(ref, cube, item, kept, (definition, dimensions, calendar, report))
    return out


def _check_names(cube: CubeDefinition, dimensions: Mapping[str, Dimension], report: Report) -> None:
    """Codes unique, no label equal to another item's code, no item named like a dimension."""
    seen: set[str] = set()
    codes = {item.code for item in cube.items}
    dims = {*dimensions, *(dim.name for dim in dimensions.values()), *PERIOD_NAMES}
    for item in cube.items:
        if item.code in seen:
            report(problem("duplicate_item", item.place, f"指标“{item.code}”重复", found=item.code))
        seen.add(item.code)
        if item.name != item.code and item.name in codes:
            message = f"指标“{item.code}”的名称“{item.name}”是另一个指标的编码"
            report(problem("name_clash", item.place, message, found=item.name))
        for name in {item.code, item.name} & dims:
            report(problem("name_clash", item.place, f"指标和维度同名：“{name}”", found=name, expected="不同的名称"))


def _dims(
    where: CubeDefinition | ItemDefinition,
    written: Sequence[str],
    dimensions: Mapping[str, Dimension],
    calendar: Calendar,
    report: Report,
) -> Dims:
    """The dimensions without the period in the model's order, and the grain ("" = no period)."""
    by_name = {dim.name: code for code, dim in dimensions.items()} | {code: code for code in dimensions}
    found, grain = set(), ""
    for text in written:
        name, _, level = text.partition(":")
        if name.strip() in PERIOD_NAMES:
            level = {"年": "year", "季": "quarter", "半年": "half", "月": "month"}.get(level.strip(), level.strip())
            if level and level not in calendar.groupings:
                expected = "、".join(calendar.groupings)
                report(problem("unknown_grain", where.place, f"日历没有层级“{level}”", found=text, expected=expected))
                continue
            if grain:
                report(problem("duplicate_dimension", where.place, "期间写了两次", found=text))
            grain = level if level and not (level == "year" and calendar.base == "year") else "base"
        elif (code := by_name.get(name)) is None or level:
            wide = "；分隔用半角逗号" if set(text) & set("，、；") else hint(name, [*by_name, *sorted(PERIOD_NAMES)])
            message, known = f"没有维度“{text}”{wide}", "、".join([*dimensions, "period"])
            report(problem("unknown_dimension", where.place, message, found=text, expected=known))
        elif code in found:
            report(problem("duplicate_dimension", where.place, f"维度“{code}”写了两次", found=text))
        else:
            found.add(code)
    return tuple(dim for dim in dimensions if dim in found), grain


def _item(
    ref: ItemRef,
    cube: CubeDefinition,
    item: ItemDefinition,
    kept: Dims,
    context: tuple[ModelDefinition, Mapping[str, Dimension], Calendar, Report],
) -> CompiledItem:
    definition, dimensions, calendar, report = context
    dims, grain = kept if item.dims is None else _dims(item, item.dims, dimensions, calendar, report)
    for dim in dims:
        if dim not in kept[0]:
            message = f"“{item.code}”的维度“{dim}”不在表“{cube.code}”的 dims 中；在表的 dims 里加上它，别的指标各写自己的 dims"
            report(
                problem("extra_dimension", item.place, message, found=dim, expected="、".join(kept[0]) or "没有维度")
            )
    unit: Unit | None = None
    try:
        unit = parse_unit(item.unit, definition.units) if item.type == "number" else Unit()
    except BadUnit as error:
        facts = error.facts
        part = str(facts.get("found", ""))
        near = "" if part in definition.units else hint(part, definition.units)
        message = f"“{item.code}”的单位“{item.unit}”不认识{near}"
        report(
            problem(
                "bad_unit",
                item.place,
                message,
                found=part,
                expected=str(facts.get("expected", "")),
            )
        )
    time, total = _time(item, unit), _total(item, unit)
    _check_numbers(item, time, total, report)
    return CompiledItem(
        ref=ref,
        definition=item,
        type=item.type,
        unit=unit,
        scale=item.scale,
        dims=dims,
        grain=grain,
        time=time if grain else Total("none"),
        total=total,
        fill=item.fill,
    )


def unit_mismatch(item: str, found: Powers | None, wanted: Powers | None) -> str:
    """What to say where a formula gives another unit than its item has."""
    message = f"单位不符：算出来是 {show(found)}，“{item}”要 {show(wanted)}"
    if not found:
        return f'{message}；1 是没有单位：乘一个有单位的量，或把 unit 改成 "1"，不检查写 "?"'
    return f"{message}；改公式，或把“{item}”的 unit 改成 {show(found)}"


def _adds(item: ItemDefinition, unit: Unit | None) -> bool:
    """Whether the plain sum means something: amounts and counts do, prices, rates and unchecked ones may not."""
    return item.type == "number" and unit is not None and not unit.has_denominator


def _time(item: ItemDefinition, unit: Unit | None) -> Total:
    if item.time is None:
        if item.type != "number":
            return Total("last")
        return Total("sum" if _adds(item, unit) else "none")
    return Total(_TIME.get(item.time.strip(), "expression"))


def _total(item: ItemDefinition, unit: Unit | None) -> Total:
    if item.total is None:
        return Total("sum" if _adds(item, unit) else "none")
    text = item.total.strip()
    return Total("weighted" if text.startswith(WEIGHTED) else _TOTAL.get(text, "expression"))


def _check_numbers(item: ItemDefinition, time: Total, total: Total, report: Report) -> None:
    if item.type != "number":
        if time.kind not in {"last", "first", "none"} or total.kind != "none":
            message = f"“{item.code}”不是数，只能 time: last、first、none，total: none"
            report(problem("bad_total", item.place, message, found=f"time: {item.time}, total: {item.total}"))
        if item.scale is not None or item.round is not None:
            report(problem("bad_scale", item.place, f"“{item.code}”不是数，没有 scale 和 round"))
        return
    if item.scale is not None and not 0 <= item.scale <= MAX_SCALE:
        message = f"“{item.code}”的 scale 是保存的小数位数"
        report(problem("bad_scale", item.place, message, found=str(item.scale), expected=f"0 到 {MAX_SCALE}"))
    if item.round is not None and item.scale is not None and item.round > item.scale:
        message = f"“{item.code}”的 round 比 scale 细"
        report(problem("bad_scale", item.place, message, found=str(item.round), expected=f"不大于 {item.scale}"))
