"""Policies of a model package: ``policies/*.yaml`` of the applied revision, with calendar and trees of the compiled model."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bihuan.engine.compiled import CompiledModel
from bihuan.features.control.directory import Directory
from bihuan.features.control.package import read_policy
from bihuan.features.control.package_lines import located
from bihuan.features.control.policy import ITEM, Policy, Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.features.modelling import queries as modelling
from bihuan.features.modelling.plain_yaml import plain_yaml
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.errors import Problem, ProblemsFound
from bihuan.kernel.member import Dimension
from bihuan.store.unit_of_work import Reader


def policies_of(reader: Reader, model: str) -> list[Policy]:
    """Every policy of a model's applied package, with every problem of all of them at once."""
    found = modelling.find(reader, model)
    return read_policies(modelling.compiled(reader, model), model, modelling.package(reader, found.id, found.revision))


def read_policies(compiled: CompiledModel, model: str, texts: Mapping[str, str]) -> list[Policy]:
    """The policies of a package's texts; raises `ProblemsFound` with the problems of all of them."""
    flows = _flows(texts)
    problems: list[Problem] = []
    policies = []
    for file, text in sorted(texts.items()):
        if file.startswith("policies/") and file.endswith(".yaml"):
            try:
                policies.append(policy_of(compiled, model, file, text))
            except ProblemsFound as bad:
                problems += bad.problems
            else:
                problems += _unknown_flows(policies[-1], file, flows)
    if problems:
        raise ProblemsFound(problems)
    return policies


def text_of(reader: Reader, model: str, code: str) -> str:
    """The text of a policy in its model's applied package; "" where no file of it says that policy."""
    found = modelling.find(reader, model)
    for file, text in sorted(modelling.package(reader, found.id, found.revision).items()):
        if file.startswith("policies/") and file.endswith(".yaml"):
            content = plain_yaml(text, file)
            if isinstance(content, dict) and content.get("policy") == code:
                return text
    return ""


def _flows(texts: Mapping[str, str]) -> set[str]:
    """The codes of the package's approval flows; a flow that cannot be read is process's to complain about."""
    codes = set()
    for file, text in texts.items():
        if file.startswith("flows/") and file.endswith(".yaml"):
            try:
                content = plain_yaml(text, file)
            except ProblemsFound:
                continue
            if isinstance(content, dict):
                codes.add(str(content.get("code", "")))
    return codes


def _unknown_flows(policy: Policy, file: str, flows: set[str]) -> list[Problem]:
    expected = "a flow of flows/: " + (" ".join(sorted(flows)) or "there is none")
    return [
        Problem("bad_policy", file, found=f"document {d.code} flow: {d.flow}", expected=expected)
        for d in policy.documents
        if d.flow not in flows
    ]


def policy_of(compiled: CompiledModel, model: str, file: str, text: str) -> Policy:
    """One policy file; scalars are read as text. Problems say their line."""
    content = plain_yaml(text, file)
    try:
        return _policy_of(compiled, model, file, content)
    except ProblemsFound as found:
        raise ProblemsFound([located(p, text) for p in found.problems]) from None


def _policy_of(compiled: CompiledModel, model: str, file: str, content: Any) -> Policy:
    if not isinstance(content, dict):
        raise ProblemsFound([Problem("bad_policy", file, found=type(content).__name__, expected="a mapping")])
    items = [str(i) for i in content.get("items") or ()]
    known = {f"{ref.cube}!{ref.item}" for ref in compiled.items}
    unknown = [
        Problem("bad_policy", file, found=f"items: {i}", expected="an item, cube!item") for i in items if i not in known
    ]
    if unknown or not items:
        raise ProblemsFound(unknown or [Problem("bad_policy", file, found="no items", expected="items: [cube!item]")])
    trees = {d.code: parents_of(d) for d in compiled.dimensions.values() if d.role_of is None}
    trees[ITEM] = dict.fromkeys(items, "")
    policy = read_policy(
        content,
        calendar=calendar_of(compiled.calendar),
        trees=Trees(trees),
        directory=directory_of(compiled),
        file=file,
        model=model,
    )
    units = {f"{ref.cube}!{ref.item}": found.unit for ref, found in compiled.items.items()}
    if wrong := [*_mixed(policy, units, file), *_unknown_revenue(policy, units, file)]:
        raise ProblemsFound(wrong)
    return policy


def _unknown_revenue(policy: Policy, units: Mapping[str, object], file: str) -> Iterator[Problem]:
    for rule in policy.rules:
        if rule.linked and rule.linked.item not in units:
            found = f"rule {rule.code} linked item: {rule.linked.item}"
            yield Problem("bad_policy", file, found=found, expected="an item, cube!item")


def _mixed(policy: Policy, units: Mapping[str, object], file: str) -> Iterator[Problem]:
    """Rules that would add up items of different units."""
    for rule in policy.rules:
        items = rule.where.get(ITEM, policy.items)
        pooled = rule.pools.get(ITEM, {})
        together = [items] if ITEM not in rule.by else [[i for i in items if i in pool] for pool in pooled.values()]
        for group in together:
            if len({units[i] for i in group}) > 1:
                found = f"rule {rule.code}: " + " + ".join(f"{i} ({units[i]})" for i in group)
                expected = "items of one unit: where: {item: [cube!item]}, or by: {item: leaf}"
                yield Problem("bad_policy", file, found=found, expected=expected)


def parents_of(dimension: Dimension) -> dict[str, str]:
    """Member -> parent in the main tree, as it stands without an end."""
    tree = dimension.trees.get("")
    edges = tree.parent_of() if tree is not None else {}
    by_id = dimension.by_id
    return {m.code: by_id[edges[m.id].parent].code if m.id in edges else "" for m in dimension.members}


def directory_of(compiled: CompiledModel) -> Directory:
    """Names, properties and days of a model."""
    known = [d for d in compiled.dimensions.values() if d.role_of is None]
    calendar = compiled.calendar
    return Directory(
        {d.code: {m.code: m.name for m in d.members} for d in known},
        {
            d.code: {p: {m.code: m.properties[p] for m in d.members if m.properties.get(p)} for p in d.properties}
            for d in known
        },
        calendar.first_day(0).isoformat(),
        {code: calendar.last_day(index).isoformat() for index, code in enumerate(calendar.codes)},
    )


def calendar_of(calendar: Calendar) -> ControlCalendar:
    """The fiscal years of a model's axis with their quarters."""
    codes, years = calendar.codes, calendar.years
    quarters = calendar.groups("quarter") if "quarter" in calendar.groupings else ()

    def of(year: int) -> YearPeriods:
        periods: Sequence[str] = [c for c, y in zip(codes, years, strict=True) if y == year]
        named = tuple((g.code, codes[g.indices]) for g in quarters if g.year == year)
        return YearPeriods(str(year), tuple(periods), named)

    return ControlCalendar(tuple(of(year) for year in sorted(set(years))))
