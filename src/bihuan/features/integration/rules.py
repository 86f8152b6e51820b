"""Mapping rules added in the browser: one more line of the source's mapping, which is text of the model package."""

import csv
import io
from collections.abc import Mapping

from bihuan.features.access.model import Principal
from bihuan.features.integration import package_texts, queries
from bihuan.features.integration.mapping import TargetModel
from bihuan.features.integration.model import IGNORE, BadSource, MappingRule, Source
from bihuan.features.integration.source_text import parse_source
from bihuan.features.integration.target import target_model
from bihuan.kernel.errors import Problem
from bihuan.store.unit_of_work import UnitOfWork


def add_rule(uow: UnitOfWork, actor: Principal, *, source: str, rule: MappingRule, reason: str = "") -> int:
    """Adds a rule; the source's new revision. Raises `BadSource` for what the model does not know or that exists."""
    actor.require("integration.define")
    before, _ = queries.source(uow, source)
    row = uow.row("integration.source", code=source)
    assert row is not None, "it was just read"
    model = target_model(queries.compiled(uow, source), {})
    if problems := _problems(rule, before, model):
        raise BadSource(problems)
    mapping = with_rule(row["mapping"], rule)
    parsed = parse_source(row["definition"], mapping)
    why = reason or f"映射规则 {rule.name}"
    return package_texts.write(
        uow, actor, source=parsed, definition=row["definition"], mapping=mapping, reason=f"{parsed.title}：{why}"
    )


def _problems(rule: MappingRule, source: Source, model: TargetModel) -> list[Problem]:
    """What the model does not know; a rule that could never act."""

    def bad(found: str, expected: str) -> Problem:
        return Problem("bad_rule", "mapping", found=found, expected=expected)

    out = []
    if not rule.name.strip() or any(r.name == rule.name for r in source.rules):
        out.append(bad(f"rule: {rule.name}", "a name that no other rule has"))
    if not rule.gives:
        out.append(bad("no target", "an item, a member, or IGNORE"))
    out += [bad(f"condition: {f}", ", ".join(source.fields)) for f in rule.when if f not in source.codes]
    item = rule.gives.get("item", "")
    fixed = item and item != IGNORE and not item.startswith("=")
    if fixed and (item if "!" in item else f"{source.cube}!{item}") not in model.items:
        out.append(bad(f"item: {item}", "an item of the model that actuals are entered to"))
    for dim, member in rule.gives.items():
        if dim != "item" and not member.startswith("="):
            dimension = model.dimensions.get(dim)
            if dimension is None:
                out.append(bad(dim, f"one of {', '.join(model.dimensions)}"))
            elif dimension.find(member) is None:
                out.append(bad(f"{dim}: {member}", "a member of the model"))
    return out


def with_rule(mapping: str, rule: MappingRule) -> str:
    """The mapping's text with one more line; new columns are added where the rule needs them, all else stays as written."""
    cells: dict[str, str] = {"rule": rule.name, **rule.when, **{f"to.{k}": v for k, v in rule.gives.items()}}
    if rule.sign != 1:
        cells["sign"] = str(rule.sign)
    rows = list(csv.reader(io.StringIO(mapping)))
    header = rows[0] if rows else ["rule"]
    missing = [name for name in cells if name not in header]
    if not missing:
        return f"{mapping.rstrip()}\n{_line([cells.get(name, '') for name in header])}"
    wider = [[*header, *missing], *([*row, *[""] * len(missing)] for row in rows[1:] if row)]
    wider.append([cells.get(name, "") for name in wider[0]])
    return "".join(map(_line, wider))


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def rule_of(name: str, when: Mapping[str, str], gives: Mapping[str, str], sign: int) -> MappingRule:
    """A rule from what was typed: blanks say nothing."""
    return MappingRule(
        name.strip(),
        {k: v.strip() for k, v in when.items() if v.strip()},
        {k: v.strip() for k, v in gives.items() if v.strip()},
        sign,
    )
