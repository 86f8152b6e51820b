"""A balance row in numbers and words, cut to what the reader may see.

all       everything the row adds up may be read: amounts and documents
amounts   the policy discloses the row to who may ask there: amounts, and of the documents only those one may see
verdict   neither: passed or not, nothing else
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from bihuan.features.access.model import Principal
from bihuan.features.control.availability import ZERO, Balance, Contribution, Finding, explain, formula
from bihuan.features.control.issues_read import coming
from bihuan.features.control.issuing import spoken
from bihuan.features.control.ledger import USES, PolicyInForce
from bihuan.features.control.links_read import link_told
from bihuan.features.control.model import BudgetExceeded
from bihuan.features.control.policy import POOL, shown_key
from bihuan.features.modelling import queries as modelling
from bihuan.store.unit_of_work import Reader

Sight = Literal["all", "amounts", "verdict"]
SHOWN = 10  # documents that a refusal names, the largest
Names = Callable[[str, str], str]
AMOUNTS = ("original", "adjusted", "cap", "limit", "reserved", "committed", "executed", "forced", "available")
HIDDEN = "规则“{title}”不通过。它管的范围超出你能看的部分，金额不显示；减少金额再试，或请预算管理员说明。"


@dataclass(frozen=True, slots=True)
class Use:
    """A document that holds or has spent on a balance row; ``amount`` = reserved + committed + executed there."""

    id: int
    number: str
    title: str
    requester: str
    requester_name: str
    since: datetime
    amount: Decimal
    reserved: Decimal
    committed: Decimal
    executed: Decimal


def sight(actor: Principal | None, policy: PolicyInForce, row: Balance) -> Sight:
    """How much of a row ``actor`` sees; a dimension that is pooled or not in the key is the whole of it. Nobody sees nothing."""
    if actor is None:
        return "verdict"
    model = policy.policy.model
    members = {d: m for d, m in json.loads(row.key) if not m.startswith(POOL)}
    if actor.may("control.read", model=model, **members):
        return "all"
    if row.rule.disclose and actor.scope("control.request", model).touches(members):
        return "amounts"
    return "verdict"


def names_of(reader: Reader, model: str) -> Names:
    """``name(dimension, code)``: a member's name; its code where the model does not know it."""
    if not model:
        return lambda _dimension, code: code
    dimensions = modelling.compiled(reader, model).dimensions

    def name(dimension: str, code: str) -> str:
        known = dimensions.get(dimension)
        member = known.by_code.get(code) if known else None
        return member.name if member else code

    return name


def terms(row: Balance, names: Names, seen: Sight = "all") -> dict[str, Any]:
    """Every term of a row's availability formula; None where they are not for this reader."""
    amounts = {
        "original": row.original,
        "adjusted": row.cap - row.original,
        "cap": row.cap,
        "limit": row.hard_limit,
        "reserved": row.reserved,
        "committed": row.committed,
        "executed": row.executed,
        "forced": row.forced,
        "available": row.available,
    }
    hidden = seen == "verdict"
    key = json.loads(row.key)
    return {
        "bucket": row.id,
        "rule": row.rule.code,
        "title": row.rule.title,
        "strength": row.rule.spoken_strength,
        "tolerance": row.rule.tolerance,
        "mode": row.rule.window,
        "key": shown_key(row.key),
        "members": [{"dimension": d, "code": m, "name": names(d, m.removeprefix(POOL))} for d, m in key],
        "window": row.window,
        "seen": seen,
        **(dict.fromkeys(AMOUNTS) if hidden else amounts),
        "formula": "" if hidden else formula(row),
    }


def describe(
    reader: Reader,
    policy: PolicyInForce,
    finding: Finding,
    actor: Principal | None,
    names: Names | None = None,
    *,
    documents: bool = True,
) -> dict[str, Any]:
    """A finding in numbers and words; one that warns or refuses says which ``documents`` hold the money."""
    row, seen = finding.before, sight(actor, policy, finding.before)
    names = names or names_of(reader, policy.policy.model)
    uses: Sequence[Use] = ()
    direct = None
    if documents and finding.verdict != "ok" and actor is not None and seen != "verdict":
        every, by_documents = _known_uses(reader, policy, row, SHOWN if seen == "all" else 1000)
        uses = [use for use, places in every if seen == "all" or may_see(actor, policy, use, places)][:SHOWN]
        direct = max(ZERO, row.executed - by_documents) if seen == "all" else None
    quiet = finding.verdict == "ok" or seen == "verdict"
    limit = "" if quiet else link_told(reader, policy, row)
    later = {} if quiet else coming(reader, policy, row)
    told = [Contribution(u.number, u.requester_name, u.amount) for u in uses]
    if direct:
        told.append(Contribution("未经申请的凭证", "直接入账", direct))
    hidden = seen == "verdict"
    notes = [note for note in (limit, spoken(later)) if note]
    return {
        **terms(row, names, seen),
        "asked": finding.asked,
        "after": None if hidden else row.available - finding.asked,
        "short": None if hidden else finding.short,
        "verdict": finding.verdict,
        "measure": finding.measure,
        "documents": list(uses),
        "direct": direct,
        "notes": notes,
        "explanation": HIDDEN.format(title=row.rule.title) if hidden else "\n".join([explain(finding, told), *notes]),
    }


def may_see(actor: Principal, policy: PolicyInForce, use: Use, places: Sequence[Mapping[str, str]]) -> bool:
    """True for one's own document and for one all of whose places one may read."""
    if use.requester == actor.login:
        return True
    return all(actor.may("control.read", model=policy.policy.model, **place) for place in places)


Uses = list[tuple[Use, list[dict[str, str]]]]


def _known_uses(reader: Reader, policy: PolicyInForce, row: Balance, limit: int) -> tuple[Uses, Decimal]:
    """As `contributions`, asked once per row and unit of work: a batch of refusals on one row, which stays locked meanwhile,
    would ask for the same again and again. `Ledger.write` forgets it."""
    known: dict[tuple[int, int], tuple[Uses, Decimal]] = reader.memo.setdefault(USES, {})
    if (row.id, limit) not in known:
        known[row.id, limit] = contributions(reader, policy, row, limit)
    return known[row.id, limit]


def contributions(reader: Reader, policy: PolicyInForce, row: Balance, limit: int = SHOWN) -> tuple[Uses, Decimal]:
    """The documents that hold or spent on a balance row, largest first, each with the places it did so at; and what all of
    them have executed there."""
    found = reader.rows(
        "control.contributions",
        policy_id=policy.id,
        bucket_id=row.id,
        periods=list(row.rule.periods_of(policy.policy.calendar, row.window)),
        stages=list(row.rule.stages),
        limit=limit,
    )
    names = ("id", "number", "title", "requester", "requester_name", "amount", "reserved", "committed", "executed")
    uses = [(Use(since=r["created_at"], **{n: r[n] for n in names}), r["coordinates"]) for r in found]
    return uses, (found[0]["all_executed"] or ZERO) if found else ZERO


def tightest(findings: Sequence[Finding]) -> list[Finding]:
    """Of the windows of one rule and key the one that decides: the worst verdict, then the least that would remain."""
    order = {"refuse": 0, "warn": 1, "ok": 2}
    found: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        place = (finding.before.rule.code, finding.before.key)
        kept = found.get(place)
        rank = (order[finding.verdict], finding.before.available - finding.asked)
        if kept is None or rank < (order[kept.verdict], kept.before.available - kept.asked):
            found[place] = finding
    return list(found.values())


def exceeded(
    reader: Reader, policy: PolicyInForce, findings: Sequence[Finding], actor: Principal | None
) -> BudgetExceeded:
    """The refusal that explains every rule that says no, by its tightest row.

    Which documents hold the money is added by its ``complete``: to read it takes the longer the fuller a row is, and the row is
    locked meanwhile where others wait for it.
    """
    refused = tightest([f for f in findings if f.verdict == "refuse"])

    def told(reader: Reader, *, documents: bool) -> tuple[str, list[dict[str, Any]]]:
        found = [describe(reader, policy, f, actor, documents=documents) for f in refused]
        return "\n".join(str(t["explanation"]) for t in found), found

    message, facts = told(reader, documents=False)
    error = BudgetExceeded(message, findings=facts)

    def complete(after: Reader) -> None:
        error.complete = None
        message, facts = told(after, documents=True)
        error.args, error.facts = (message,), {**error.facts, "findings": facts}

    error.complete = complete
    return error
