"""What a submission needs of the checks: 强制 hold, 核实 have a reason, and the reasons are kept."""

from collections.abc import Sequence

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.entry.checks.queries import run_checks
from bihuan.features.entry.checks.reasons import given_reasons
from bihuan.features.entry.checks.run import Finding
from bihuan.features.entry.model import ChecksFailed, ReasonsRequired
from bihuan.store.unit_of_work import UnitOfWork

REASON_MAX = 2_000


def require_passed(uow: UnitOfWork, actor: Principal, unit: RowMapping, *, submission: int) -> None:
    """Refuses with `ChecksFailed` or `ReasonsRequired`, whose facts carry the findings with their cells; else keeps the reasons."""
    ran = run_checks(uow, actor, version_id=unit["version_id"], org=unit["org"])
    if failed := [f for f in ran.outcome.findings if f.kind == "mandatory"]:
        raise ChecksFailed(_said(failed), failures=[facts(f) for f in failed])
    given = given_reasons(uow, unit["id"])
    asked = [f for f in ran.outcome.findings if f.kind == "verify"]
    if missing := [f for f in asked if not given.get(f.key)]:
        raise ReasonsRequired(_said(missing), failures=[facts(f) for f in missing])
    uow.run_many(
        "checks.keep_reason",
        [
            {
                "unit_id": unit["id"],
                "submission": submission,
                "finding": finding.key,
                "title": finding.title,
                "message": finding.message,
                "reason": given[finding.key][:REASON_MAX],
                "author_id": actor.user_id,
                "author": actor.login,
                "at": uow.now(),
            }
            for finding in asked
        ],
    )


def _said(findings: Sequence[Finding]) -> str:
    return "；".join(f"{f.title}：{f.message}" for f in findings[:5])


def facts(finding: Finding) -> dict[str, object]:
    """A finding for an answer."""
    at = finding.cell
    cell = None
    if at is not None:
        cell = {"cube": at.item.cube, "item": at.item.item, "members": dict(at.members), "period": at.period}
    return {
        "key": finding.key,
        "check": finding.check,
        "title": finding.title,
        "kind": finding.kind,
        "message": finding.message,
        "cell": cell,
    }
