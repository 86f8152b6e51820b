"""Functions of loans, depreciation and cash flows, on plain numbers. Signs as in spreadsheets: what one pays is negative.

Sources: ISO/IEC 26300-4 (OpenFormula) §6.12 for PMT, PV, FV, IPMT, PPMT, SLN, SYD, DDB, NPV, IRR. Rates are per period, as a
share (0.01 = 1 %). Every function takes arrays that broadcast against each other and returns float64; nan = no such number.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.formula.kernels import Cells, constant, make, natural
from bihuan.engine.states import Bytes, Family, combine
from bihuan.kernel.state import FIRST_ERROR, State

Floats = NDArray[np.float64]
_GRID = np.log(np.geomspace(1e-4, 1e4, 321))  # ln(1 + rate): from -99.99 % to a million per cent
_USUAL = np.log(1.1)  # of several internal rates the one nearest to 10 % per period is meant
_CHUNK = 2_048  # rows solved at once: bounds the memory of the search


# --- loans ----------------------------------------------------------------------------------------------------------


def _growth(rate: Floats, count: Floats) -> Floats:
    return np.asarray((1.0 + rate) ** count)


def _annuity(rate: Floats, count: Floats, due: Floats) -> Floats:
    """What payments of 1 per period have grown to after ``count`` periods; ``due`` not 0: paid at the beginning."""
    flat = rate == 0.0
    grown = (_growth(rate, count) - 1.0) / np.where(flat, 1.0, rate) * (1.0 + rate * (due != 0.0))
    return np.where(flat, count, grown)


def pmt(rate: Floats, count: Floats, present: Floats, future: Floats, due: Floats) -> Floats:
    """The payment per period that pays ``present`` off down to ``-future`` in ``count`` > 0 periods."""
    paid = -(present * _growth(rate, count) + future) / _annuity(rate, count, due)
    return np.where(count > 0.0, paid, np.nan)


def fv(rate: Floats, count: Floats, payment: Floats, present: Floats, due: Floats) -> Floats:
    """What ``present`` and the payments are worth after ``count`` periods."""
    return np.asarray(-(present * _growth(rate, count) + payment * _annuity(rate, count, due)))


def pv(rate: Floats, count: Floats, payment: Floats, future: Floats, due: Floats) -> Floats:
    """What the payments and ``future`` are worth today."""
    return np.asarray(-(future + payment * _annuity(rate, count, due)) / _growth(rate, count))


def ipmt(rate: Floats, period: Floats, count: Floats, present: Floats, future: Floats, due: Floats) -> Floats:  # noqa: PLR0917 - a spreadsheet's order
    """The interest in the payment of ``period`` (from 1); with payments at the beginning the first holds none."""
    payment = pmt(rate, count, present, future, due)
    end = fv(rate, period - 1.0, payment, present, np.zeros(1)) * rate
    # paid at the beginning: on what was owed after the payment before
    begun = np.where(period == 1.0, 0.0, (fv(rate, period - 2.0, payment, present, np.ones(1)) - payment) * rate)
    interest = np.where(due != 0.0, begun, end)
    return np.where((period >= 1.0) & (period <= count), interest, np.nan)


def ppmt(rate: Floats, period: Floats, count: Floats, present: Floats, future: Floats, due: Floats) -> Floats:  # noqa: PLR0917 - a spreadsheet's order
    """The principal in the payment of ``period``: payment less interest."""
    return pmt(rate, count, present, future, due) - ipmt(rate, period, count, present, future, due)


# --- depreciation ---------------------------------------------------------------------------------------------------


def sln(cost: Floats, salvage: Floats, life: Floats) -> Floats:
    """Straight line: the same in each of ``life`` periods."""
    return np.where(life != 0.0, (cost - salvage) / np.where(life != 0.0, life, 1.0), np.nan)


def syd(cost: Floats, salvage: Floats, life: Floats, period: Floats) -> Floats:
    """Sum of the years' digits: period ``life`` - k + 1 parts of 1 + … + ``life``."""
    parts = (cost - salvage) * (life - period + 1.0) * 2.0 / (life * (life + 1.0))
    return np.where((period >= 1.0) & (period <= life), parts, np.nan)


def ddb(cost: Floats, salvage: Floats, life: Floats, period: Floats, factor: Floats) -> Floats:
    """Declining balance at ``factor`` / ``life`` of what is left, never below ``salvage``."""
    share = np.minimum(factor / np.where(life > 0.0, life, 1.0), 1.0)
    before = cost * (1.0 - share) ** (period - 1.0)
    after = np.maximum(cost * (1.0 - share) ** period, salvage)
    known = (life > 0.0) & (period >= 1.0) & (period <= life) & (factor > 0.0) & (cost >= 0.0)
    return np.where(known, np.maximum(before - after, 0.0), np.nan)


# --- cash flows -----------------------------------------------------------------------------------------------------


def flows_value(rate: Floats, flows: Floats) -> Floats:
    """NPV of flows [rows, periods] at rates [rows]: the first flow is already discounted by one period. nan at -100 %."""
    steps = np.arange(1, flows.shape[1] + 1)
    value = (flows * (1.0 + rate)[:, None] ** -steps).sum(axis=1)
    return np.where(rate > -1.0, value, np.nan)


def dated_value(rate: Floats, flows: Floats, years: Floats) -> Floats:
    """XNPV of flows [rows, periods] that lie ``years`` [periods] of 365 days after the first, at yearly rates [rows]; the first
    flow is not discounted. nan at -100 %."""
    with np.errstate(all="ignore"):
        value = (flows * (1.0 + rate)[:, None] ** -years[None, :]).sum(axis=1)
    return np.where(rate > -1.0, value, np.nan)


def dated_rate(flows: Floats, years: Floats) -> Floats:
    """XIRR [rows]: the yearly rate at which `dated_value` is nothing; searched and chosen as in `internal_rate`."""
    parts = [
        _root(flows[at : at + _CHUNK], lambda f, r: _sign_dated(f, r, years)) for at in range(0, len(flows), _CHUNK)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _sign_dated(flows: Floats, log_rate: Floats, years: Floats) -> Floats:
    """The sign of the value [rows, k] at rates given as ln(1 + rate) [rows, k]; the biggest discount is taken out, so that
    nothing overflows."""
    value = np.zeros(log_rate.shape)
    most = np.maximum(0.0, -log_rate * years[-1])
    for t, after in enumerate(years):
        value += flows[:, t][:, None] * np.exp(-log_rate * after - most)
    return np.asarray(np.sign(value))


def internal_rate(flows: Floats) -> Floats:
    """IRR [rows] of flows [rows, periods], the rate at which their value is nothing; nan where there is none.

    Searched between -99.99 % and 1,000,000 % per period; of several the one nearest to 10 %. Exact to 1e-12 of 1 + rate.
    """
    parts = [_root(flows[at : at + _CHUNK], _sign_at) for at in range(0, len(flows), _CHUNK)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _root(flows: Floats, sign: Callable[[Floats, Floats], Floats]) -> Floats:
    """exp(r) - 1 where the value at r = ln(1 + rate), whose sign is asked for, is nothing."""
    biggest = np.abs(flows).max(axis=1, initial=0.0)
    scaled = flows / np.where(biggest == 0.0, 1.0, biggest)[:, None]
    worth = sign(scaled, np.broadcast_to(_GRID, (len(flows), len(_GRID))))
    crosses = (worth[:, :-1] == 0) | (worth[:, :-1] * worth[:, 1:] < 0)
    distance = np.where(crosses, np.abs((_GRID[:-1] + _GRID[1:]) / 2 - _USUAL), np.inf)
    best = distance.argmin(axis=1)
    low, high = _GRID[best], _GRID[best + 1]
    at_low = worth[np.arange(len(flows)), best]
    for _ in range(52):  # halves the interval down to the last bit
        middle = (low + high) / 2
        same = sign(scaled, middle[:, None])[:, 0] == at_low
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    exact = at_low == 0
    found = np.expm1(np.where(exact, _GRID[best], (low + high) / 2))
    return np.where(crosses.any(axis=1) & (biggest > 0.0), found, np.nan)


def _sign_at(flows: Floats, log_rate: Floats) -> Floats:
    """The sign of the value [rows, k] at rates given as ln(1 + rate) [rows, k], by Horner's rule in the smaller of the two
    powers so that nothing overflows."""
    up = log_rate > 0.0
    step = np.exp(-np.abs(log_rate))
    forward, backward = np.zeros(log_rate.shape), np.zeros(log_rate.shape)
    for t in range(flows.shape[1]):
        forward = forward * step + flows[:, -1 - t][:, None]
        backward = backward * step + flows[:, t][:, None]
    return np.asarray(np.sign(np.where(up, forward, backward)))


# --- as functions of cells --------------------------------------------------------------------------------------------


def _of(function: Callable[..., Floats], least: int, *defaults: float) -> Callable[..., Cells]:
    """A function of cells: blank where an argument is blank, BAD_NUMBER where there is no such number."""

    def apply(*args: Cells) -> Cells:
        given = [*args, *(constant(value) for value in defaults[len(args) - least :])]
        states = given[0].states
        for other in given[1:]:
            states = combine(Family.MEET, states, other.states)
        with np.errstate(all="ignore"):
            values = function(*(natural(one) for one in given))
        return _settled(values, states)

    return apply


def _settled(values: Floats, states: Bytes) -> Cells:
    shape = np.broadcast_shapes(values.shape, states.shape)
    values, states = np.broadcast_to(values, shape), np.broadcast_to(states, shape)
    bad = (states == State.VALUE) & ~np.isfinite(values)
    overflow = bad & np.isinf(values)
    states = np.where(bad, np.where(overflow, State.OVERFLOW, State.BAD_NUMBER), states).astype(np.uint8)
    return make(np.where(states == State.VALUE, values, 0.0), states)


FUNCTIONS: Mapping[str, Callable[..., Cells]] = {
    "PMT": _of(pmt, 3, 0.0, 0.0),
    "PV": _of(pv, 3, 0.0, 0.0),
    "FV": _of(fv, 3, 0.0, 0.0),
    "IPMT": _of(ipmt, 4, 0.0, 0.0),
    "PPMT": _of(ppmt, 4, 0.0, 0.0),
    "SLN": _of(sln, 3),
    "SYD": _of(syd, 4),
    "DDB": _of(ddb, 4, 2.0),
}
# how many leading arguments are not money, and how many after them are: the result is in the unit of those
MONEY: Mapping[str, slice] = {
    "PMT": slice(2, 4), "PV": slice(2, 4), "FV": slice(2, 4), "IPMT": slice(3, 5), "PPMT": slice(3, 5),
    "SLN": slice(0, 2), "SYD": slice(0, 2), "DDB": slice(0, 2),
}  # fmt: skip


def along_time(
    flows: Floats, states: Bytes, *, rate: tuple[Floats, Bytes] | None, years: Floats | None = None
) -> tuple[Floats, Bytes]:
    """NPV or IRR of each row's flows, or XNPV or XIRR where ``years`` says when they come: [rows, 1] values and states. A blank
    flow is nothing; the first error wins; a row without a flow is blank."""
    error = states >= FIRST_ERROR
    first = states[np.arange(len(states)), error.argmax(axis=1)] if states.shape[1] else np.zeros(len(states), np.uint8)
    state = (states == State.VALUE).any(axis=1).astype(np.uint8)
    paid = np.where(states == State.VALUE, flows, 0.0)
    with np.errstate(all="ignore"):
        if years is None:
            value = internal_rate(paid) if rate is None else flows_value(rate[0], paid)
        else:
            value = dated_rate(paid, years) if rate is None else dated_value(rate[0], paid, years)
    if rate is not None:
        state = np.where((state == State.VALUE) & (rate[1] != State.VALUE), rate[1], state)
        state = np.where(rate[1] >= FIRST_ERROR, rate[1], state)
    state = np.where((state == State.VALUE) & ~np.isfinite(value), State.BAD_NUMBER, state)
    state = np.where(error.any(axis=1), first, state).astype(np.uint8)
    return np.where(state == State.VALUE, value, 0.0)[:, None], state[:, None]
