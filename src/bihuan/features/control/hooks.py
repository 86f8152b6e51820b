"""What others do when control has news: later features implement `OnForced`, `bootstrap` binds them."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from bihuan.features.access.model import Principal
from bihuan.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Forced:
    """A fact that went beyond what control allows. ``bucket_id`` None: no balance row covers it at all."""

    alert_id: int
    voucher: str
    amount: Decimal  # how far beyond
    coordinate: dict[str, str]
    period: str
    rule: str
    bucket_id: int | None
    message: str


class OnForced(Protocol):
    """Called in the same unit of work that booked the fact."""

    def __call__(self, uow: UnitOfWork, forced: Forced, /) -> None: ...


_listeners: list[OnForced] = []


def on_forced(listener: OnForced) -> Callable[[], None]:
    """Binds a listener; the answer unbinds it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def tell_forced(uow: UnitOfWork, forced: Forced) -> None:
    """Tells every listener, in order of binding."""
    for listener in _listeners:
        listener(uow, forced)


@dataclass(frozen=True, slots=True)
class TransferMoved:
    """A transfer under approval: it is somebody's turn, it was carried out, or it gave back what it held."""

    transfer_id: int
    what: Literal["turn", "applied", "dropped"]
    holders: tuple[str, ...] = ()
    reason: str = ""


class OnTransfer(Protocol):
    """Called in the same unit of work, after control has done its part."""

    def __call__(self, uow: UnitOfWork, actor: Principal, moved: TransferMoved, /) -> None: ...


_transfer_listeners: list[OnTransfer] = []


def on_transfer(listener: OnTransfer) -> Callable[[], None]:
    """Binds a listener; the answer unbinds it."""
    _transfer_listeners.append(listener)
    return lambda: _transfer_listeners.remove(listener)


def tell_transfer(uow: UnitOfWork, actor: Principal, moved: TransferMoved) -> None:
    """Tells every listener, in order of binding."""
    for listener in _transfer_listeners:
        listener(uow, actor, moved)
