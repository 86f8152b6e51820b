"""Cost allocation among departments: service departments give what they cost to those they serve, until only the others are left.

A department is a service where it serves anyone but itself (serving oneself does not count). Methods (Horngren, Cost Accounting,
chapter on support-department costs):

    direct       services give to the others only, by what these use
    step         one after the other, in the order of the members: to all that have not given yet, with what it received
    reciprocal   as if all gave to all at once: y = own + Pᵀ y, then the others receive Pᵀ y

What leaves one department arrives at others: the sum stays. Pure.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.spread import NothingToSpreadOn, PartTooLarge, in_whole
from bihuan.kernel.state import FIRST_ERROR, State

Method = Literal["direct", "step", "reciprocal"]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]


class NoReceiver(ValueError):
    """A service department has an amount and nobody to give it to."""


def allocate(own: Floats, used: Floats, method: Method, *, whole: bool) -> Floats:
    """``own`` [n] and ``used`` [n, n] (row serves column, >= 0) -> what each department bears [n]; 0 for services.

    ``whole``: ``own`` are whole units; so are the answers, which add up to the same sum exactly (largest remainders, the first
    first among equals). Raises `NoReceiver`, and `PartTooLarge` where parts that cancel go beyond exact numbers.
    """
    used = used * ~np.eye(len(own), dtype=bool)
    services = used.sum(axis=1) > 0.0
    if method == "reciprocal":
        return _reciprocal(own, used, services, whole=whole)
    bears = own.astype(np.float64).copy()
    open_ = ~services if method == "direct" else np.ones(len(own), bool)
    for service in np.flatnonzero(services):
        open_[service] = False
        amount, weights = bears[service], np.where(open_, used[service], 0.0)
        bears[service] = 0.0
        if amount == 0.0:
            continue
        if weights.sum() == 0.0:
            raise NoReceiver
        bears += _parts(amount * weights / weights.sum(), amount, whole=whole)
    return bears


def allocated(  # noqa: PLR0917
    method: Method,
    own: Floats,
    states: Bytes,
    served: Sequence[tuple[int, int, int]],
    weights: Floats,
    marks: Bytes,
    *,
    whole: bool,
) -> tuple[Floats, Bytes]:
    """Cells of one table: ``own`` [n] with their states, and ``served`` as (row of ``weights``, giver, taker).

    The first error of an amount or a quantity is everybody's; a quantity below nothing is BAD_NUMBER; where somebody has nobody to
    give to, all are NO_DRIVER. Who has nothing and receives nothing is blank.
    """
    blank = np.zeros(len(own)), np.zeros(len(own), np.uint8)
    used = np.zeros((len(own), len(own)))
    failing = [int(s) for s in states if s >= FIRST_ERROR]
    for row, giver, taker in served:
        if marks[row] >= FIRST_ERROR:
            failing.append(int(marks[row]))
        elif marks[row] == State.VALUE:
            used[giver, taker] += weights[row]
            if weights[row] < 0.0:
                failing.append(int(State.BAD_NUMBER))
    if failing:
        return blank[0], np.full(len(own), failing[0], np.uint8)
    if not (states == State.VALUE).any():
        return blank
    try:
        bears = allocate(np.where(states == State.VALUE, own, 0.0), used, method, whole=whole)
    except PartTooLarge:
        return blank[0], np.full(len(own), State.OVERFLOW, np.uint8)
    except (NoReceiver, NothingToSpreadOn):
        return blank[0], np.full(len(own), State.NO_DRIVER, np.uint8)
    there = (states == State.VALUE) | (bears != 0.0)
    return np.where(there, bears, 0.0), there.astype(np.uint8)


def _reciprocal(own: Floats, used: Floats, services: Flags, *, whole: bool) -> Floats:
    part = used[services] / used[services].sum(axis=1, keepdims=True)
    among = np.eye(int(services.sum())) - part[:, services].T
    total = own[services].sum()
    try:
        gross = np.linalg.solve(among, own[services]) if len(among) else np.zeros(0)
    except np.linalg.LinAlgError:
        raise NoReceiver from None
    if not np.allclose(
        among @ gross, own[services], rtol=1e-9, atol=1e-9 * max(1.0, float(np.abs(own).max(initial=0)))
    ):
        raise NoReceiver  # services that serve only one another: nothing ever leaves them
    received = part[:, ~services].T @ gross
    bears = np.where(services, 0.0, own)
    bears[~services] += _parts(received, total, whole=whole)
    return bears


def _parts(exact: Floats, amount: float, *, whole: bool) -> Floats:
    """The parts as they are, or in whole units that add up to ``amount``."""
    return in_whole(exact, amount) if whole and len(exact) else exact
