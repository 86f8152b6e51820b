"""Dimensions of a definition with ids, weighted trees and the automatic leaves 本级; every fault is a problem."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from bihuan.engine.definition import DimensionDefinition, ModelDefinition, Place
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.errors import Problem
from bihuan.kernel.hierarchy import Edge, Hierarchy
from bihuan.kernel.member import OWN, Dimension, Member
from bihuan.kernel.nearest import hint
from bihuan.kernel.period import day_meant

Report = Callable[[Problem], None]


def problem(code: str, place: Place, message: str, *, found: str = "", expected: str = "") -> Problem:
    """A problem at a place."""
    return Problem(code, place.file, place.line, place.column, found, expected, message)


def member_codes(definition: ModelDefinition, calendar: Calendar) -> dict[str, tuple[str, ...]]:
    """Every dimension's member codes in the order their ids are dealt: declared ones, then 本级 leaves; role dimensions last."""
    out = {
        dim.code: (*(member.code for member in dim.members), *(parent + OWN for parent in _own_parents(dim)))
        for dim in definition.dimensions
    }
    return out | dict.fromkeys(definition.roles, calendar.codes)


def compile_dimensions(
    definition: ModelDefinition, calendar: Calendar, ids: Mapping[str, Mapping[str, int]] | None, report: Report
) -> dict[str, Dimension]:
    """Dimensions by code, the declared ones first, then the role dimensions."""
    out: dict[str, Dimension] = {}
    codes = member_codes(definition, calendar)
    for dim in definition.dimensions:
        if dim.code in out or dim.code in definition.roles:
            report(problem("duplicate_dimension", Place(f"dimensions/{dim.code}.csv"), "维度重复", found=dim.code))
            continue
        dealt = _deal(dim.code, codes[dim.code], ids)
        out[dim.code] = _dimension(dim, dealt, report)
    for dim in definition.dimensions:
        _check_references(dim, out, report)
    for role, kind in definition.roles.items():
        if kind != "period":
            report(
                problem(
                    "bad_role", Place("model.yaml"), f"角色维度“{role}”只能是 period", found=kind, expected="period"
                )
            )
            continue
        dealt = _deal(role, calendar.codes, ids)
        members = tuple(Member(dealt[code], code, code) for code in calendar.codes)
        out[role] = Dimension(role, role, members, {"": Hierarchy("", ())}, role_of="period")
    return out


def _deal(dim: str, codes: tuple[str, ...], ids: Mapping[str, Mapping[str, int]] | None) -> Mapping[str, int]:
    if ids is None:
        return {code: number for number, code in enumerate(dict.fromkeys(codes))}
    missing = [code for code in codes if code not in ids.get(dim, {})]
    assert not missing, f"no id was dealt to {missing[:3]} of {dim}"
    return ids[dim]


def _own_parents(dim: DimensionDefinition) -> list[str]:
    if not dim.own_leaf:
        return []
    parents = {edge.parent for edges in dim.trees.values() for edge in edges}
    placed = {code for edge in dim.trees.get("", ()) for code in (edge.child, edge.parent)} or parents
    # a group of another tree only, such as a legal entity, has no amounts of its own
    return [member.code for member in dim.members if member.code in parents & placed]


def _dimension(dim: DimensionDefinition, ids: Mapping[str, int], report: Report) -> Dimension:
    seen: set[str] = set()
    members = []
    for declared in dim.members:
        if declared.code in seen:
            report(problem("duplicate_member", declared.place, f"成员“{declared.code}”重复", found=declared.code))
            continue
        seen.add(declared.code)
        members.append(Member(ids[declared.code], declared.code, declared.name, declared.properties))
    own, declared_by = _own_parents(dim), {member.code: member for member in dim.members}
    for parent in own:
        if parent + OWN in seen:
            place = declared_by[parent + OWN].place
            report(problem("duplicate_member", place, f"“{parent + OWN}”是自动生成的本级，不用写", found=parent + OWN))
            continue
        name = declared_by[parent].name + OWN
        members.append(Member(ids[parent + OWN], parent + OWN, name, {}, own_of=ids[parent]))
    trees = {name: _tree(name, dim, ids, own, report) for name in dim.trees}
    trees.setdefault("", Hierarchy("", ()))
    return Dimension(dim.code, dim.name, tuple(members), trees, dim.references, dim.managed, dim.role_of)


def _tree(name: str, dim: DimensionDefinition, ids: Mapping[str, int], own: list[str], report: Report) -> Hierarchy:
    declared = dim.trees[name]
    codes = {member.code for member in dim.members}
    edges: list[Edge] = []
    places: dict[int, Place] = {}
    for edge in declared:
        unknown = [code for code in (edge.child, edge.parent) if code not in codes]
        for code in unknown:
            named = next((member.code for member in dim.members if member.name == code), "")
            near = f"；这是名称，写编码 {named}" if named else hint(code, codes)
            message = f"维度“{dim.code}”没有成员“{code}”{near}"
            report(problem("unknown_member", edge.place, message, found=code, expected="已有的成员"))
        if unknown:
            continue
        if edge.valid_from is not None and edge.valid_to is not None and edge.valid_from >= edge.valid_to:
            found = f"{edge.valid_from} 到 {edge.valid_to}"
            report(problem("bad_dates", edge.place, "有效期的结束要晚于开始", found=found))
            continue
        edges.append(Edge(ids[edge.child], ids[edge.parent], edge.weight, edge.valid_from, edge.valid_to))
        places.setdefault(ids[edge.child], edge.place)
    shown = {number: code for code, number in ids.items()}
    used = {number for edge in edges for number in (edge.child, edge.parent)}
    edges += [
        Edge(ids[parent + OWN], ids[parent]) for parent in own if ids[parent] in used and parent + OWN not in codes
    ]
    for child, day in _days_without_parent(edges):
        message = f"“{shown[child]}”在 {day} 这一天没有上级：valid_to 是不再算的第一天，和下一行的 valid_from 写同一天"
        next_day = str(day + timedelta(days=1))
        report(problem("hierarchy_gap", places.get(child, Place("")), message, found=str(day), expected=next_day))
    tree = Hierarchy(name, tuple(edges))
    for kind, path in tree.faults():
        words = [shown[number] for number in path]
        circle, twice = f"层级绕成了圈：{' → '.join(words)}", f"“{words[0]}”同时有两个上级：{'、'.join(words[1:])}"
        message = circle if kind == "cycle" else twice
        report(problem(f"hierarchy_{kind}", places.get(path[0], Place("")), message, found=words[0]))
    return tree


def _days_without_parent(edges: Sequence[Edge]) -> Iterator[tuple[int, date]]:
    """(child, day) where an edge ends the day before the next begins: who takes ``valid_to`` for the last day writes that.

    A longer gap may be meant: a department that was closed and opened again.
    """
    begins = {(edge.child, edge.valid_from) for edge in edges}
    eves = {(child, first - timedelta(days=1)) for child, first in begins if first is not None and first > date.min}
    for edge in edges:
        if edge.valid_to is not None and (edge.child, edge.valid_to) in eves - begins:
            yield edge.child, edge.valid_to


def _check_references(dim: DimensionDefinition, dimensions: Mapping[str, Dimension], report: Report) -> None:
    for name, target in dim.references.items():
        other = dimensions.get(target)
        if other is None:
            message = f"references 中“{dim.code}.{name}”指向没有的维度“{target}”"
            report(problem("unknown_dimension", Place("model.yaml"), message, found=target))
            continue
        for member in dim.members:
            value = member.properties.get(name, "")
            if value and other.by_code.get(value) is None:
                message = f"属性“{name}”的值“{value}”不是维度“{target}”的成员"
                report(problem("unknown_member", member.place, message, found=value, expected=f"{target} 的成员"))
    for name, kind in dim.property_types.items():
        for member in dim.members:
            value = member.properties.get(name, "")
            if value and kind == "number" and not _is_number(value):
                message = f"属性“{name}”要写数"
                report(problem("bad_number", member.place, message, found=value, expected="数"))
            elif value and kind == "date" and not _is_date(value):
                message = f"属性“{name}”要写日期{day_meant(value)}"
                report(problem("bad_date", member.place, message, found=value, expected="2026-01-31"))


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
