"""What an approval does to an exception; bound in `bootstrap`."""

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan.features.access.model import Principal
from bihuan.features.control.changing import exceptions
from bihuan.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ExceptionSubject:
    """Nothing is held while it is asked; approval grants it, anything else ends it."""

    submit_action: str = "control.request"

    def lock(self, uow: UnitOfWork, subject_id: int) -> None:
        """Nothing comes before the flow's own locks."""

    def on_submit(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        """What was asked stays as it was asked; once ended, another is asked for."""

    def on_turn(self, uow: UnitOfWork, actor: Principal, subject_id: int, holders: Sequence[str]) -> None:
        """Nothing to do."""

    def on_return(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        exceptions.decide(uow, actor, subject_id, granted=False, reason=reason)

    def on_reject(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        exceptions.decide(uow, actor, subject_id, granted=False, reason=reason)

    def on_withdraw(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        if exceptions.of(uow, subject_id)["status"] == "asked":
            exceptions.decide(uow, actor, subject_id, granted=False, reason=reason)

    def on_approve(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        exceptions.decide(uow, actor, subject_id, granted=True, reason=reason)
