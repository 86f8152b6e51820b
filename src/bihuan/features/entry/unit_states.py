"""Where a plan unit stands, in the words of the screen: finer than its status, and late or not by the business date."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bihuan.features.access.queries import business_date
from bihuan.features.entry.cycle import ORG, from_json
from bihuan.features.modelling import queries as modelling
from bihuan.store.unit_of_work import Reader

STATES: dict[str, str] = {
    "not_started": "未开始",
    "preparing": "编制中",
    "returned": "已退回",
    "submitted": "已提交",
    "in_approval": "审批中",
    "approved": "已批准",
    "released": "已下达",
}
OPEN = ("not_started", "preparing", "returned")  # the unit is with those who prepare it


def state_of(unit: Mapping[str, Any], *, touched: bool) -> str:
    """``touched``: something was entered since the cycle was opened. Approval begins when the first approver has acted."""
    status = unit["status"]
    if status == "submitted":
        return "in_approval" if (unit["case_node"] or 0) > 0 else "submitted"
    if status != "preparing":
        return str(status)
    if unit["case_status"] == "returned":
        return "returned"
    return "preparing" if touched or unit["submissions"] or unit["cycle_id"] is None else "not_started"


def is_overdue(unit: Mapping[str, Any], today: date) -> bool:
    """Not yet submitted after its due date."""
    return unit["status"] == "preparing" and unit["due_at"] is not None and unit["due_at"] < today


def shown(reader: Reader, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Units as they are shown: state, name, due, days left (negative: late), forms and flow of their cycle."""
    today = business_date(reader)
    touched = _touched(reader, rows)
    names = {row["login"]: row["name"] for row in reader.rows("access.users")} if rows else {}
    out = []
    for row in rows:
        template = None if row["template"] is None else from_json(row["template"])
        state = state_of(row, touched=row["id"] in touched)
        due: date | None = row["due_at"]
        out.append(
            {
                "id": row["id"],
                "state": state,
                "state_name": STATES[state],
                "org_name": _name(reader, row),
                "holder_name": "、".join(names.get(h, h) for h in row["holder"].split("、") if h),
                "cycle_id": row["cycle_id"],
                "cycle": row["cycle"] or "",
                "round": row["round"] or "",
                "due_at": due,
                "days_left": None if due is None else (due - today).days,
                "overdue": is_overdue(row, today),
                "forms": [] if template is None else list(template.forms),
                "flow": "" if template is None else template.flow,
            }
        )
    return out


def _name(reader: Reader, row: Mapping[str, Any]) -> str:
    orgs = modelling.compiled(reader, row["model"]).dimensions[ORG].by_code
    return orgs[row["org"]].name if row["org"] in orgs else str(row["org"])


def _touched(reader: Reader, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Units in whose organisations something was entered since their cycle was opened."""
    written: dict[tuple[int, int], set[str]] = {}
    out = set()
    for row in rows:
        if row["cycle_id"] is None or row["status"] != "preparing":
            continue
        key = (row["version_id"], row["opened_seq"])
        if key not in written:
            written[key] = {r["unit"] for r in reader.rows("entry.touched", version_id=key[0], after=key[1])}
        if written[key] & _leaves(reader, row):
            out.add(row["id"])
    return out


def _leaves(reader: Reader, row: Mapping[str, Any]) -> set[str]:
    dimension = modelling.compiled(reader, row["model"]).dimensions[ORG]
    member = dimension.by_code.get(row["org"])
    if member is None:
        return set()
    under = dimension.trees[""].leaves_under(member.id) if "" in dimension.trees else {member.id: 1.0}
    return {dimension.by_id[i].code for i in under}
