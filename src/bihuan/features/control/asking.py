"""A transfer with its approval: asked for, held at the source, and sent to the source's head, in one unit of work."""

from collections.abc import Mapping, Sequence

from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands.transfers import Kind, request_transfer
from bihuan.features.control.model import BudgetCell
from bihuan.features.control.policy import ITEM
from bihuan.features.control.subjects import TRANSFER
from bihuan.features.process import commands as process
from bihuan.features.process.commands import Moved
from bihuan.store.unit_of_work import UnitOfWork


def ask_transfer(
    uow: UnitOfWork,
    actor: Principal,
    *,
    policy: str,
    kind: Kind,
    cells: Sequence[BudgetCell],
    reason: str,
    flow: str,
    title: str = "",
) -> tuple[int, Moved]:
    """The transfer's id and whose turn it is. Approvers must hold the right at the source, the requester at the target."""
    made = request_transfer(uow, actor, policy=policy, kind=kind, cells=cells, reason=reason, asks=True)
    model = {"model": queries.policy(uow, policy).policy.model}
    gives = [c.coordinate for c in cells if c.amount < 0]
    takes = [c.coordinate for c in cells if c.amount > 0]
    moved = process.start(
        uow,
        actor,
        flow=flow,
        subject_kind=TRANSFER,
        subject_id=made,
        title=title or reason,
        place={**model, **shared(gives or takes)},
        submit_at={**model, **shared(takes or gives)},
        comment=reason,
    )
    return made, moved


def shared(places: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The members that all places have in common, the item left out."""
    first = places[0] if places else {}
    return {d: m for d, m in first.items() if d != ITEM and all(p.get(d) == m for p in places)}
