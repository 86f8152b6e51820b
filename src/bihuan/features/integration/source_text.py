"""A source as text: ``sources/<code>.yaml`` with, where needed, its mapping as CSV. All scalars are text.

::

    source: gl
    title: 总账凭证
    model: starter
    version: 实际
    cube: 费用
    fields: {voucher: 凭证号, date: 日期, account: 科目编码, department: 部门编码, memo: 摘要, debit: 借方金额, credit: 贷方金额}
    map: {item: 发生额, org: =department}          # applies where no rule does
    exclude:
      结转损益: {memo: "结转*"}
    control: {account: 科目编码, period: 期间, debit: 本期借方, credit: 本期贷方}   # columns of the trial balance

The mapping's columns: ``rule``, the source's code fields as conditions, ``to.item`` and ``to.<dimension>``, ``sign``. An
empty condition matches everything, an empty target says nothing.
"""

import csv
import io
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from bihuan.features.integration.model import BadSource, Exclusion, MappingRule, Source
from bihuan.features.modelling.plain_yaml import PlainLoader, yaml_problem
from bihuan.kernel.errors import Problem

_KEYS = {
    "source",
    "title",
    "model",
    "version",
    "cube",
    "policy",
    "fields",
    "map",
    "exclude",
    "control",
    "balanced",
    "max_rejected",
}
_KEYS |= {"encoding", "delimiter"}
_CONTROL = ("account", "period", "debit", "credit", "amount")
_REQUIRED = ("source", "model", "cube", "fields")
_BOOL = {"yes": True, "true": True, "no": False, "false": False}


def parse_source(
    text: str, mapping: str = "", *, file: str = "source.yaml", mapping_file: str = "mapping.csv"
) -> Source:
    """The source that the two texts say; raises `BadSource` with every problem at once."""
    problems: list[Problem] = []
    data, lines = _load(text, file)
    for key in data.keys() - _KEYS:
        problems.append(Problem("unknown_key", file, lines[key], found=key, expected=", ".join(sorted(_KEYS))))
    problems += [Problem("missing_key", file, expected=key) for key in _REQUIRED if not data.get(key)]
    fields = _texts(data, "fields", file, lines, problems)
    problems += _field_problems(fields, file, lines.get("fields", 0))
    rules = _mapping_rules(mapping, fields, mapping_file, problems)
    if data.get("map"):
        rules.append(MappingRule("map", {}, _texts(data, "map", file, lines, problems)))
    problems += _copy_problems(rules, fields, file, mapping_file)
    exclusions = _exclusions(data, fields, file, lines, problems)
    control = _texts(data, "control", file, lines, problems)
    problems += [
        Problem("unknown_key", file, lines["control"], found=key, expected=f"control: {', '.join(_CONTROL)}")
        for key in control.keys() - set(_CONTROL)
    ]
    share = _share(data.get("max_rejected", "1"), file, lines, problems)
    balanced = _BOOL.get(str(data.get("balanced", "yes")).lower())
    if balanced is None:
        problems.append(
            Problem("bad_value", file, lines["balanced"], found=str(data["balanced"]), expected="yes or no")
        )
    policies = _policies(data, file, lines, problems)
    if problems:
        raise BadSource(problems)
    return Source(
        code=data["source"],
        title=data.get("title", data["source"]),
        model=data["model"],
        version=data.get("version", "实际"),
        cube=data["cube"],
        fields=fields,
        encoding=data.get("encoding", "auto"),
        delimiter=data.get("delimiter", ",").replace("tab", "\t"),
        balanced=bool(balanced) and "credit" in fields,
        max_rejected=share,
        policies=policies,
        rules=tuple(rules),
        exclusions=exclusions,
        control=control,
    )


def _policies(data: Mapping[str, Any], file: str, lines: Mapping[str, int], problems: list[Problem]) -> tuple[str, ...]:
    """One policy or a list of them."""
    said = data.get("policy") or []
    found = [said] if isinstance(said, str) else said
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        problems.append(
            Problem("bad_value", file, lines["policy"], found=str(said), expected="a policy, or [one, another]")
        )
        return ()
    return tuple(dict.fromkeys(found))


def _load(text: str, file: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The mapping with all scalars as text, and the line of each top-level key."""
    try:
        node = yaml.compose(text, Loader=PlainLoader)
        data = yaml.load(text, Loader=PlainLoader)  # noqa: S506 - makes nothing but texts, lists and mappings
    except yaml.YAMLError as error:
        raise BadSource([yaml_problem(error, file, text, "not_yaml")]) from None
    if not isinstance(data, dict) or not isinstance(node, yaml.MappingNode):
        raise BadSource([Problem("not_yaml", file, 1, found=type(data).__name__, expected="keys and values")])
    return data, {key.value: key.start_mark.line + 1 for key, _ in node.value}


def _texts(
    data: Mapping[str, Any], key: str, file: str, lines: Mapping[str, int], problems: list[Problem]
) -> dict[str, str]:
    value = data.get(key) or {}
    if isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        return dict(value)
    problems.append(Problem("bad_value", file, lines.get(key, 0), found=str(value)[:80], expected=f"{key}: name: text"))
    return {}


def _field_problems(fields: Mapping[str, str], file: str, line: int) -> list[Problem]:
    out = []
    if fields and ("amount" in fields) == ("debit" in fields and "credit" in fields):
        out.append(
            Problem("bad_fields", file, line, found=", ".join(fields), expected="either amount, or debit and credit")
        )
    if fields and not {"date", "period"} & fields.keys():
        out.append(Problem("bad_fields", file, line, found=", ".join(fields), expected="date or period"))
    return out


def _mapping_rules(text: str, fields: Mapping[str, str], file: str, problems: list[Problem]) -> list[MappingRule]:
    rules = []
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), 2):
        if None in row or None in row.values():
            problems.append(Problem("bad_row", file, number, expected="as many fields as the header"))
            continue
        when = {
            k: v.strip() for k, v in row.items() if k not in ("rule", "sign") and not k.startswith("to.") and v.strip()
        }
        problems += [
            Problem("unknown_column", file, 1, found=k, expected=", ".join(fields)) for k in when.keys() - fields.keys()
        ]
        gives = {k.removeprefix("to."): v.strip() for k, v in row.items() if k.startswith("to.") and v.strip()}
        sign = row.get("sign", "").strip() or "1"
        if sign not in ("1", "-1"):
            problems.append(Problem("bad_value", file, number, found=sign, expected="1 or -1"))
            continue
        rules.append(MappingRule(row.get("rule", "").strip() or f"#{number}", when, gives, int(sign)))
    return rules


def _copy_problems(rules: list[MappingRule], fields: Mapping[str, str], file: str, mapping_file: str) -> list[Problem]:
    return [
        Problem("unknown_field", file if rule.name == "map" else mapping_file, found=value, expected=", ".join(fields))
        for rule in rules
        for value in rule.gives.values()
        if value.startswith("=") and value[1:] not in fields
    ]


def _exclusions(
    data: Mapping[str, Any], fields: Mapping[str, str], file: str, lines: Mapping[str, int], problems: list[Problem]
) -> tuple[Exclusion, ...]:
    out = []
    for name, when in (data.get("exclude") or {}).items():
        if not isinstance(when, dict) or not when or when.keys() - fields.keys():
            problems.append(
                Problem(
                    "bad_exclusion",
                    file,
                    lines["exclude"],
                    found=str(when),
                    expected=f"fields among {', '.join(fields)}",
                )
            )
            continue
        out.append(Exclusion(name, dict(when)))
    return tuple(out)


def _share(text: str, file: str, lines: Mapping[str, int], problems: list[Problem]) -> Decimal:
    try:
        share = Decimal(text)
        if 0 <= share <= 1:
            return share
    except InvalidOperation:
        pass
    problems.append(Problem("bad_value", file, lines["max_rejected"], found=text, expected="a share from 0 to 1"))
    return Decimal(1)
