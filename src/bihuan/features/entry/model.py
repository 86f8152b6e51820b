"""The life of a plan unit. No I/O but what checks ask.

    编制中 preparing -> 已提交 submitted -> 已批准 approved -> 已下达 released
              ^_____________|  returned, rejected, withdrawn

Errors::

    NoSuchUnit       there is no such plan unit, or you may not see it
    UnitExists       the organisation has one in this version
    WrongUnitStatus  the unit is not where this step starts
    ChecksFailed     required checks say no
    NothingToRelease no unit in a subtree is approved
    ReasonsRequired  a check asks for a reason that was not given
"""

from collections.abc import Callable
from typing import Literal, Protocol

from bihuan.kernel.errors import Conflict, Invalid, NotFound
from bihuan.store.unit_of_work import Reader

KIND = "plan_unit"  # the subject kind of approvals
ACTION = "entry.submit"
Status = Literal["preparing", "submitted", "approved", "released"]
STATUS_NAMES: dict[str, str] = {
    "preparing": "编制中",
    "submitted": "已提交",
    "approved": "已批准",
    "released": "已下达",
}


class NoSuchUnit(NotFound):
    """没有这个预算单元，或您看不到它。"""

    code = "no_such_unit"


class UnitExists(Conflict):
    """这个组织在该版本里已有预算单元。"""

    code = "unit_exists"


class WrongUnitStatus(Conflict):
    """预算单元当前的状态不能做这个操作。"""

    code = "wrong_unit_status"


class ChecksFailed(Invalid):
    """强制的勾稽关系未通过，不能提交。"""

    code = "checks_failed"


class NothingToRelease(Conflict):
    """这里没有已批准、待下达的预算单元。"""

    code = "nothing_to_release"


class ReasonsRequired(Invalid):
    """有核实项还没有写理由，不能提交。"""

    code = "reasons_required"


class RequiredChecks(Protocol):
    """Says what is wrong with a unit about to be submitted; empty = nothing."""

    def __call__(self, reader: Reader, version_id: int, org: str, /) -> list[str]: ...


_checks: list[RequiredChecks] = []


def require_checks(checks: RequiredChecks) -> Callable[[], None]:
    """Binds checks that must pass before a unit is submitted; the answer unbinds them."""
    _checks.append(checks)
    return lambda: _checks.remove(checks)


def failures(reader: Reader, version_id: int, org: str) -> list[str]:
    """What all bound checks say."""
    return [said for checks in _checks for said in checks(reader, version_id, org)]
