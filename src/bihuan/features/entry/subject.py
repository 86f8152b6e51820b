"""What approval does to a plan unit; bound in `bootstrap` under `KIND`."""
# ruff: noqa: ARG002 - the protocol names every argument, whether a subject needs it or not

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import names_of
from bihuan.features.entry.checks.commands import require_passed
from bihuan.features.entry.commands import expect, lock_cells, move, unit_of
from bihuan.features.entry.model import KIND, ChecksFailed, failures
from bihuan.features.planning import commands as planning
from bihuan.features.process import queries as process_queries
from bihuan.features.process.condition import Fact
from bihuan.store.unit_of_work import Reader, UnitOfWork


def unit_facts(reader: Reader, unit_id: int) -> Mapping[str, Fact]:
    """What conditions of a flow may ask of a unit: its organisation, and which submission this is."""
    unit = unit_of(reader, unit_id)
    return {"组织": unit["org"], "次数": unit["submissions"]}


@dataclass(frozen=True, slots=True)
class PlanUnitSubject:
    """What a flow does to a plan unit."""

    submit_action: str = "process.submit"

    def lock(self, uow: UnitOfWork, subject_id: int) -> None:
        """The plan's head comes before the flow instance in the order of locks."""
        planning.lock_heads(uow, [unit_of(uow, subject_id)["version_id"]])

    def on_submit(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        """Required checks, then a named state of the plan; the cells are locked when it is somebody's turn."""
        unit = expect(uow, subject_id, "preparing")
        if said := failures(uow, unit["version_id"], unit["org"]):
            raise ChecksFailed("；".join(said), failures=[{"message": one} for one in said])
        times = unit["submissions"] + 1
        require_passed(uow, actor, unit, submission=times)
        name = f"{unit['org']} 第{times}次提交"
        planning.snapshot(uow, system(actor.login), version_id=unit["version_id"], name=name, kind="submit")
        move(uow, unit, "submitted", actor.login, submissions=times)

    def on_turn(self, uow: UnitOfWork, actor: Principal, subject_id: int, holders: Sequence[str]) -> None:
        """The cells are locked in the name of whoever has the unit now."""
        unit, logins = unit_of(uow, subject_id), "、".join(holders)
        names = "、".join(names_of(uow, holders).values())
        lock_cells(uow, actor, unit, locked=True, why=f"已提交，正在由 {names} 审批", holder=logins)
        move(uow, unit, "submitted", logins)

    def on_return(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        """Back to preparation: the cells can be edited again."""
        self._back(uow, actor, subject_id)

    def on_reject(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        """As a return; the next submission is a new case."""
        self._back(uow, actor, subject_id)

    def on_withdraw(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        """As a return, by the submitter; a unit that was returned already stays as it is."""
        if unit_of(uow, subject_id)["status"] == "submitted":
            self._back(uow, actor, subject_id)

    def on_approve(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        """Approved: the cells stay locked until the release takes over."""
        unit = expect(uow, subject_id, "submitted")
        lock_cells(uow, actor, unit, locked=True, why="已批准，待下达", holder=actor.login)
        move(uow, unit, "approved", actor.login)

    def _back(self, uow: UnitOfWork, actor: Principal, subject_id: int) -> None:
        unit = expect(uow, subject_id, "submitted")
        lock_cells(uow, actor, unit, locked=False, why="", holder="")
        instance = process_queries.instance_of(uow, KIND, subject_id)
        requester = process_queries.requester(uow, instance) if instance is not None else ""
        move(uow, unit, "preparing", requester)
