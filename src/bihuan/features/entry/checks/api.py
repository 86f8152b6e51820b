"""Routes of checks: what a unit's checks say now (saved, or with edits tried), and what was said to them."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import RowMapping

from bihuan.features.access.http import Edge, requires
from bihuan.features.access.model import Principal
from bihuan.features.entry.checks import queries
from bihuan.features.entry.checks.commands import facts
from bihuan.features.entry.commands import unit_of
from bihuan.features.entry.model import NoSuchUnit
from bihuan.features.planning.api import read_edits
from bihuan.features.planning.wire import Edits
from bihuan.store.unit_of_work import Reader

router = APIRouter(prefix="/api/v1/plan-units", tags=["checks"])


class CheckTrialIn(BaseModel):
    """``edits`` are tried on a private copy; nothing is written."""

    edits: Edits = []


class CheckCellOut(BaseModel):
    """Where to go; ``members`` may lack a dimension that the check does not name."""

    cube: str
    item: str
    members: dict[str, str]
    period: str


class CheckFindingOut(BaseModel):
    """One place where a check does not hold; ``key`` is what a reason is given to."""

    key: str
    check: str
    title: str
    kind: Literal["mandatory", "verify", "hint"]
    message: str
    cell: CheckCellOut | None


class CheckReasonOut(BaseModel):
    """What was said at a submission to one finding, whose ``message`` is as it was then."""

    finding: str
    title: str
    message: str
    reason: str
    author: str
    at: datetime


class ChecksOut(BaseModel):
    """``findings`` now, at ``seq`` of the version; ``reasons`` of the latest submission."""

    unit: int
    version_id: int
    org: str
    seq: int
    count: int
    passed: int
    submission: int
    findings: list[CheckFindingOut]
    reasons: list[CheckReasonOut]


@router.get("/{unit_id}/checks", **requires("entry.read"))
def checks(edge: Edge, unit_id: int) -> ChecksOut:
    """What the unit's checks say to what is saved, and the reasons given at its latest submission."""
    with edge.read() as reader:
        return _answer(reader, edge.actor, unit_id, CheckTrialIn())


@router.post("/{unit_id}/checks", **requires("entry.read"))
def try_checks(edge: Edge, unit_id: int, body: CheckTrialIn) -> ChecksOut:
    """The same with edits that are not saved yet."""
    with edge.read() as reader:
        return _answer(reader, edge.actor, unit_id, body)


def _answer(reader: Reader, actor: Principal, unit_id: int, body: CheckTrialIn) -> ChecksOut:
    unit: RowMapping = unit_of(reader, unit_id)
    if not actor.may("entry.read", model=unit["model"], org=unit["org"]):
        raise NoSuchUnit(unit=unit_id)
    ran = queries.run_checks(
        reader, actor, version_id=unit["version_id"], org=unit["org"], edits=read_edits(body.edits)
    )
    said = queries.reasons(reader, unit_id, unit["submissions"])
    return ChecksOut(
        unit=unit_id,
        version_id=unit["version_id"],
        org=unit["org"],
        seq=ran.seq,
        count=ran.count,
        passed=len(ran.outcome.passed),
        submission=unit["submissions"],
        findings=[CheckFindingOut.model_validate(facts(f)) for f in ran.outcome.findings],
        reasons=[CheckReasonOut.model_validate(dict(r)) for r in said],
    )
