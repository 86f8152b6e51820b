"""What approval does to control's things; bound in `bootstrap` under these kinds."""
# ruff: noqa: ARG002 - the protocol names every argument, whether a subject needs it or not

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands import requests, standing, transfers
from bihuan.features.control.commands.plan_side import lock_plan
from bihuan.features.control.hooks import TransferMoved, tell_transfer
from bihuan.features.control.model import NotHeld
from bihuan.store.unit_of_work import UnitOfWork

DOCUMENT = requests.DOCUMENT
TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class DocumentSubject:
    """A spend request holds its amounts from submission; return, reject and withdraw give them back."""

    submit_action: str = "control.request"

    def lock(self, uow: UnitOfWork, subject_id: int) -> None:
        """Spending locks balance rows only."""

    def on_submit(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        if queries.document(uow, subject_id)["status"] in ("draft", "released"):
            requests.hold_filed(uow, actor, subject_id)

    def on_turn(self, uow: UnitOfWork, actor: Principal, subject_id: int, holders: Sequence[str]) -> None:
        """Nothing to do: the amounts are held."""

    def on_return(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        standing.give_back(uow, actor, document_id=subject_id, kind="return", reason=reason)

    def on_reject(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        standing.give_back(uow, actor, document_id=subject_id, kind="reject", reason=reason)

    def on_withdraw(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        standing.give_back(uow, actor, document_id=subject_id, kind="withdraw", reason=reason)

    def on_approve(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        """Approved as held; a document released meanwhile has nothing to approve."""
        document = queries.document(uow, subject_id)
        if document["status"] == "released":
            raise NotHeld(f"单据 {document['number']} 已释放预算，不能批准。", document=subject_id)


@dataclass(frozen=True, slots=True)
class TransferSubject:
    """A transfer holds its source from submission and is carried out on approval."""

    submit_action: str = "control.transfer"

    def lock(self, uow: UnitOfWork, subject_id: int) -> None:
        """The plan's head comes before the flow instance in the order of locks."""
        lock_plan(uow, queries.policy_by_id(uow, transfers.of(uow, subject_id).policy_id))

    def on_submit(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        if transfers.of(uow, subject_id).status == "dropped":
            transfers.hold_again(uow, actor, subject_id)

    def on_turn(self, uow: UnitOfWork, actor: Principal, subject_id: int, holders: Sequence[str]) -> None:
        """The amounts are held; whoever waits for the transfer hears whose turn it is."""
        tell_transfer(uow, actor, TransferMoved(subject_id, "turn", tuple(holders)))

    def on_return(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        self._drop(uow, actor, subject_id, reason)

    def on_reject(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        self._drop(uow, actor, subject_id, reason)

    def on_withdraw(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        if transfers.of(uow, subject_id).status == "held":
            self._drop(uow, actor, subject_id, reason)

    def on_approve(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        transfers.apply(uow, actor, subject_id)
        tell_transfer(uow, actor, TransferMoved(subject_id, "applied", reason=reason))

    def _drop(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None:
        transfers.drop(uow, actor, subject_id, reason)
        tell_transfer(uow, actor, TransferMoved(subject_id, "dropped", reason=reason))
