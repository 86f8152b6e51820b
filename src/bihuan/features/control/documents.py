"""Requests as they are read: the list, one with its history, where it stands and who holds it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.availability import ZERO
from bihuan.features.control.explaining import names_of
from bihuan.features.control.model import NoSuchDocument
from bihuan.features.process.model import flow_of
from bihuan.store.unit_of_work import Reader

BATCH = 200


def listed(
    reader: Reader,
    actor: Principal,
    *,
    mine: bool,
    model: str | None = None,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Requests that are the actor's (``mine``) or that they may see all places of, newest first, older than id ``before``."""
    out: list[dict[str, Any]] = []
    while len(out) < limit:
        heads = reader.rows(
            "control.documents_listed", mine=mine, login=actor.login, model=model, before=before, limit=BATCH
        )
        out += [d for d in _told(reader, actor, [dict(h) for h in heads]) if state in (None, d["state"])]
        if len(heads) < BATCH:
            break
        before = heads[-1]["id"]
    return out[:limit]


def shown(reader: Reader, actor: Principal, document_id: int) -> dict[str, Any]:
    """A document for its requester and for those who may read every place of it, with lines, entries and what approvers said."""
    head = dict(queries.document(reader, document_id))
    lines = [dict(r) for r in reader.rows("control.document_lines", document_id=document_id)]
    own = actor.login == head["requester"]
    if not own and not (lines and _may_see(actor, head["model"], lines)):
        raise NoSuchDocument(document=document_id)
    found = reader.rows("control.name_of_login", login=head["requester"])
    (told,) = _with_state(reader, [{**head, "requester_name": found[0]["name"] if found else head["requester"]}])
    held = queries.open_amounts(reader, document_id)
    stages = ("reserved", "committed")
    return {
        **told,
        "draft": head["draft"] if own else None,
        "lines": [
            {**line, **{s: held.get((line["line_no"], s), ZERO) for s in stages}, "names": names}
            for line, names in zip(lines, _names(reader, head["model"], lines), strict=True)
        ],
        "entries": [dict(e) for e in reader.rows("control.entries_of_document", document_id=document_id)],
        "approvals": [dict(a) for a in reader.rows("control.approvals_of_document", document_id=document_id)],
        "mine": own,
    }


def _told(reader: Reader, actor: Principal, heads: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The visible ones of some heads, with amounts, places and state."""
    ids = [h["id"] for h in heads]
    lines: dict[int, list[Mapping[str, Any]]] = {i: [] for i in ids}
    for row in reader.rows("control.lines_of_documents", ids=ids):
        lines[row["document_id"]].append(dict(row))
    seen = [
        h
        for h in heads
        if h["requester"] == actor.login or (lines[h["id"]] and _may_see(actor, h["model"], lines[h["id"]]))
    ]
    for told in _with_state(reader, seen):
        mine = lines[told["id"]]
        yield {
            **told,
            "amount": sum((x["amount"] for x in mine), ZERO),
            "gross": sum((x["gross"] for x in mine), ZERO),
            "periods": sorted({x["period"] for x in mine}),
            "places": _names(reader, told["model"], mine)[:1],
            "line_count": len(mine),
        }


def _with_state(reader: Reader, heads: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    ids = [h["id"] for h in heads]
    stages = {r["document_id"]: r for r in reader.rows("control.stages_of_documents", ids=ids)}
    cases = {r["document_id"]: r for r in reader.rows("control.cases_of_documents", ids=ids)}
    now = reader.now()
    for head in heads:
        amounts = {
            s: stages[head["id"]][s] if head["id"] in stages else ZERO for s in ("reserved", "committed", "executed")
        }
        case = cases.get(head["id"])
        state = state_of(
            head["status"], None if case is None else case["status"], amounts["committed"], amounts["executed"]
        )
        yield {
            **head,
            **amounts,
            "state": state,
            "case": None if case is None else _case(case, now),
        }


def _case(row: RowMapping, now: datetime) -> dict[str, Any]:
    since = row["held_since"]
    nodes = flow_of(row["definition"]).nodes
    return {
        "id": row["id"],
        "status": row["status"],
        "round": row["round"],
        "node": nodes[row["node"]].title,
        "nodes": [n.title for n in nodes],
        "at": row["node"],
        "holders": [h["name"] for h in row["holders"] or ()],
        "since": since,
        "hours": None if since is None else round((now - since).total_seconds() / 3600, 1),
        "due_at": row["due_at"],
    }


def state_of(status: str, case: str | None, committed: Decimal, executed: Decimal) -> str:
    """What the tag says: draft, reviewing, reserved, committed, executed, returned, withdrawn, rejected or closed."""
    if status == "held":
        return "reviewing" if case == "running" else "committed" if committed > 0 else "reserved"
    if status == "released":
        return case if case in ("returned", "withdrawn", "rejected") else "executed" if executed > 0 else "closed"
    return "draft" if status == "draft" else "executed"


def _may_see(actor: Principal, model: str, lines: Sequence[Mapping[str, Any]]) -> bool:
    return all(actor.may("control.read", model=model, **x["coordinate"]) for x in lines)


def _names(reader: Reader, model: str, lines: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Dimension -> name of the member, for each line."""
    name = names_of(reader, model or "")
    return [{d: name(d, m) for d, m in x["coordinate"].items() if d != "item"} for x in lines]
