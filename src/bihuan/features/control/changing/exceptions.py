"""超预算申请: one document that the rules refuse asks to pass all the same.

It is asked for one's own draft (or a request that was returned) with the lines as they would be submitted; what each rule lacks is
written down, as far as the requester may see it. While it is asked nothing is held. Granted, it lets that document, with those
lines, take the rows that refused it beyond their limits by what was granted and no more, once, until it expires; what it takes
beyond is a ``forced`` entry of kind ``override`` that names the document, so approved overruns stay apart from facts. When the
document gives its amounts back, the overrun shrinks with it. Whoever would rather have real budget asks for a transfer or a
supplement, and submits as usual.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.control import queries
from bihuan.features.control.checking import try_lines
from bihuan.features.control.commands.requests import own, place_of
from bihuan.features.control.commands.spend import line_json, line_of_json
from bihuan.features.control.explaining import describe, tightest
from bihuan.features.control.mapped_lines import mapped_lines
from bihuan.features.control.model import BadException, NoSuchException, NotHeld, RequestLine
from bihuan.features.process import commands as process
from bihuan.features.process import queries as process_queries
from bihuan.features.process.commands import Moved
from bihuan.store.unit_of_work import Reader, UnitOfWork

EXCEPTION = "exception"  # the kind of subject that an approval moves
DAYS_MAX = 90


def ask(
    uow: UnitOfWork,
    actor: Principal,
    *,
    document_id: int,
    lines: Sequence[RequestLine],
    reason: str,
    expires_on: date,
    flow: str | None = None,
) -> tuple[int, Moved | None]:
    """Asks for a document's exception and starts its approval: ``flow``, else that of the document's type."""
    head = own(uow, actor, document_id)
    if not reason.strip():
        raise BadException("请写明超预算的原因。", field="reason")
    today = business_date(uow)
    if not today < expires_on <= today + timedelta(days=DAYS_MAX):
        raise BadException(f"有效期须在业务日期 {today} 之后 {DAYS_MAX} 天之内。", found=expires_on.isoformat())
    if head["status"] not in ("draft", "released"):
        raise NotHeld(f"单据 {head['number']} 已占用预算。", document=document_id, status=head["status"])
    in_force = queries.policy_by_id(uow, head["policy_id"])
    tried = try_lines(uow, actor, in_force, lines, head["kind"])
    if tried.faults:
        no, fault = min(tried.faults.items())
        raise BadException(f"第 {no} 行：{fault}", line=no, code=fault.code)
    lines = mapped_lines(in_force.policy, head["kind"], lines)
    refused = [f for f in tried.findings if f.verdict == "refuse"]
    over = [(line.no, m) for line in tried.lines for m in line.measured if m.blocks]
    if hard := next((m for _, m in over if m.measure == "refuse"), None):
        raise BadException(f"{hard.text()}不受理超预算申请。", standard=hard.code)
    if not refused and not over:
        raise BadException("预算够用，直接提交即可。", document=document_id)
    if firm := next((f.before.rule for f in refused if f.measure == "refuse"), None):
        raise BadException(f"规则“{firm.title}”在这里是刚性控制，不受理超预算申请；请调剂或追加。", rule=firm.code)
    beyond = [{"bucket": f.before.id, "short": str(f.short)} for f in refused]
    for deciding in tightest(refused):
        told = describe(uow, in_force, deciding, actor)
        mine = next(b for b in beyond if b["bucket"] == deciding.before.id)
        mine |= {"rule": told["rule"], "title": told["title"], "window": told["window"], "seen": told["seen"]}
    beyond += [
        {"standard": m.code, "line": no, "short": str(m.excess), "rule": m.code, "title": m.title, "window": m.text()}
        | {"seen": "all"}
        for no, m in over
    ]
    exception_id = int(
        uow.value(
            "control.exception_insert",
            policy_id=in_force.id,
            document_id=document_id,
            gap=max([*(f.short for f in refused), *(m.excess for _, m in over)]),
            beyond=json.dumps(beyond, ensure_ascii=False),
            lines=json.dumps([line_json(x) for x in lines], ensure_ascii=False),
            reason=reason,
            requester=actor.login,
            expires_on=expires_on,
            at=uow.now(),
        )
    )
    what = {"document": document_id, "rows": len(beyond), "expires_on": expires_on.isoformat()}
    record(uow, actor, "control.exception", (EXCEPTION, exception_id), None, what, reason)
    named = in_force.policy.document(head["kind"])
    chosen = flow or (named.flow if named else None)
    if not chosen:
        return exception_id, None
    place = place_of(in_force, lines)
    title = f"超预算 {head['number']} {head['title']}".strip()
    moved = process.start(
        uow, actor, flow=chosen, subject_kind=EXCEPTION, subject_id=exception_id, title=title, place=place
    )
    return exception_id, moved


def decide(uow: UnitOfWork, actor: Principal, exception_id: int, *, granted: bool, reason: str = "") -> None:
    """The approval has ended; an exception is decided once."""
    status = "granted" if granted else "dropped"
    if uow.value("control.exception_decide", id=exception_id, status=status) is None:
        raise NotHeld("这项超预算申请已有结果。", exception=exception_id)
    record(uow, actor, f"control.exception_{status}", (EXCEPTION, exception_id), None, None, reason)


def shown(reader: Reader, actor: Principal, exception_id: int) -> dict[str, Any]:
    """An exception for its requester, its approvers, and who may read every place of it; figures cut to the rows they see."""
    row = reader.row("control.exception", id=exception_id)
    if row is None:
        raise NoSuchException(exception=exception_id)
    model = queries.policy_by_id(reader, row["policy_id"]).policy.model
    lines = [line_of_json(x) for x in row["lines"]]
    instance = process_queries.instance_of(reader, EXCEPTION, exception_id)
    holders = [] if instance is None else [h["holder"] for h in process_queries.holders(reader, instance)]
    if actor.login not in (row["requester"], *holders) and not all(
        actor.may("control.read", model=model, **x.coordinate) for x in lines
    ):
        raise NoSuchException(exception=exception_id)
    hidden = any(b.get("seen") == "verdict" for b in row["beyond"]) and actor.login == row["requester"]
    beyond = [b for b in row["beyond"] if "rule" in b]
    told = [{**b, "short": None if b["seen"] == "verdict" and hidden else b["short"]} for b in beyond]
    return {
        **{k: v for k, v in row.items() if k not in ("lines", "beyond")},
        "gap": None if hidden else row["gap"],
        "beyond": told,
        "amount": sum((x.amount for x in lines), Decimal("0.00")),
        "case": instance,
    }


def listed(reader: Reader, actor: Principal, *, limit: int = 100) -> list[dict[str, Any]]:
    """Those one may see, newest first."""
    out = []
    for row in reader.rows("control.exceptions", limit=limit):
        try:
            out.append(shown(reader, actor, row["id"]))
        except NoSuchException:
            continue
    return out


def of(reader: Reader, exception_id: int) -> Mapping[str, Any]:
    """One exception, for its approval."""
    row = reader.row("control.exception", id=exception_id)
    if row is None:
        raise NoSuchException(exception=exception_id)
    return dict(row)
