"""Why a document stands where it stands: every rule of its policy by line, in numbers, with who else used the budget."""

from collections.abc import Mapping
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.control import documents, queries
from bihuan.features.control.availability import Balance
from bihuan.features.control.checking import check, told_standard
from bihuan.features.control.commands.spend import lines_of
from bihuan.features.control.explaining import sight
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.mapping_trial import mapped_again, told_targets
from bihuan.features.control.model import UnresolvableKey
from bihuan.features.control.policy import BucketKey, Coordinate
from bihuan.features.control.ways import rows_by_key
from bihuan.features.control.weighing import Weighed, weigh
from bihuan.store.unit_of_work import Reader


def explained_document(reader: Reader, actor: Principal, document_id: int) -> dict[str, Any]:
    """Each line with every rule of the policy it was checked under, as its rows stand now.

    ``answer``: where it holds nothing (a draft, or given back), what its lines would be answered now, with what would make them
    pass; None where it holds, or where the reader may not ask there.
    """
    head = documents.shown(reader, actor, document_id)
    in_force = queries.policy_by_id(reader, queries.document(reader, document_id)["policy_id"])
    model = in_force.policy.model
    asked = lines_of(reader, document_id)
    free = head["status"] in ("draft", "released")
    may = all(actor.may("control.request", model=model, **line.coordinate) for line in asked)
    answer = (
        check(reader, actor, policy=in_force.policy.code, lines=asked, kind=head["kind"])
        if asked and free and may
        else None
    )
    return {
        **{name: head[name] for name in ("id", "number", "kind", "status")},
        "policy": in_force.policy.code,
        "lines": [
            {
                **{name: line[name] for name in ("line_no", "coordinate", "period", "amount")},
                **rules_at(reader, actor, in_force, line["coordinate"], line["period"], head["kind"]),
                "standards": _standards(in_force, line, head["kind"]),
                "targets": told_targets(mapped_again(in_force.policy, head["kind"], line["fields"])),
            }
            for line in head["lines"]
        ],
        "answer": answer,
    }


def _standards(policy: PolicyInForce, line: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """What the rate standards say of a line as it was submitted."""
    try:
        if policy.policy.exemption(line["coordinate"], kind):
            return []
        found = policy.policy.measured(
            line["coordinate"], quantity=line["quantity"], said=line["said"] or {}, spent=line["gross"]
        )
    except UnresolvableKey:
        return []
    return [told_standard(m) for m in found]


def rules_at(  # noqa: PLR0917
    reader: Reader, actor: Principal, policy: PolicyInForce, coordinate: Coordinate, period: str, kind: str = ""
) -> dict[str, Any]:
    """Every rule's answer to a place: ``rules``, those that match with their tightest row; ``fault`` where it has no place."""
    try:
        weighed = weigh(policy.policy, coordinate, period, kind)
    except UnresolvableKey as fault:
        return {"fault": str(fault), "rules": []}
    rows = rows_by_key(reader, policy, [k for w in weighed for k in w.keys])
    return {"fault": "", "rules": [_told(reader, actor, policy, w, rows) for w in weighed]}


def _told(
    reader: Reader, actor: Principal, policy: PolicyInForce, weighed: Weighed, rows: Mapping[BucketKey, Balance]
) -> dict[str, Any]:
    mine = [rows[k] for k in weighed.keys if k in rows]
    tightest = min(mine, key=lambda r: (r.available, r.id), default=None)
    seen = tightest is not None and sight(actor, policy, tightest) != "verdict"
    return {
        "rule": weighed.rule.code,
        "title": weighed.rule.title,
        "matched": weighed.matched,
        "why": weighed.why,
        "text": weighed.text,
        "unreleased": weighed.matched and len(mine) < len(weighed.keys),
        "hidden": tightest is not None and not seen,
        "row": queries.explained(reader, actor, tightest.id) if tightest is not None and seen else None,
    }
