"""Rules of whole vouchers: repeated, reused, changed, unbalanced, empty; one bad line rejects its voucher. Vectorised.

A voucher is (book, period, number). Its fingerprint is the sum, modulo 2^64, of its lines' hashes over date, codes and
amounts; so it does not depend on the order of lines, and not on their memo.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bihuan.features.integration.outcomes import Outcome
from bihuan.features.integration.values import Coded

U64 = NDArray[np.uint64]


@dataclass(frozen=True)
class Lines:
    """What the checks need of each line: arrays of one length. ``key`` uint64 identifies the voucher across files."""

    voucher: NDArray[np.int64]  # index 0..v-1 of its voucher
    key: U64
    content: U64  # hash of the line
    date: NDArray[np.int64]
    debit: NDArray[np.int64]  # fen
    credit: NDArray[np.int64]


@dataclass(frozen=True)
class Imported:
    """What is in the warehouse: vouchers by ``key`` uint64[m] ascending with their ``fingerprint`` uint64[m].

    ``records`` int64[k] of this very file, which is all the identity that lines without a voucher have.
    """

    key: U64
    fingerprint: U64
    records: NDArray[np.int64]


NOTHING = Imported(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64))


def voucher_keys(columns: Sequence[Coded]) -> U64:
    """uint64[n]: a stable hash of the texts that identify a voucher."""
    return _mix_all([_text_hash(c.distinct)[c.index] for c in columns])


def line_hashes(columns: Sequence[Coded], numbers: Sequence[NDArray[np.int64]]) -> U64:
    """uint64[n]: a stable hash of a line's codes and numbers."""
    return _mix_all(
        [_text_hash(c.distinct)[c.index] for c in columns] + [n.astype(np.int64).view(np.uint64) for n in numbers]
    )


def check_vouchers(lines: Lines, outcome: NDArray[np.uint8], imported: Imported, *, balanced: bool) -> U64:
    """Marks ``outcome`` in place where it is 0 or another "stored" one; the fingerprint of each line's voucher."""
    count = int(lines.voucher.max()) + 1 if len(lines.voucher) else 0
    repeated = _repeated(lines, count)
    _mark(outcome, repeated, Outcome.DUPLICATE_IN_FILE)
    once = ~repeated
    reused = _spread(lines, _not_one(lines.voucher, lines.date, count)) & once
    _mark(outcome, reused, Outcome.VOUCHER_NUMBER_REUSED)
    fingerprint = np.zeros(count, np.uint64)
    np.add.at(fingerprint, lines.voucher[once], lines.content[once])
    known, same = _known(lines, fingerprint, imported)
    _mark(outcome, known & same & once, Outcome.ALREADY_IMPORTED)
    _mark(outcome, known & ~same, Outcome.VOUCHER_CHANGED)
    if balanced:
        _check_balance(lines, outcome, once, count)
    rejected = (outcome >= 20) & once
    tainted = np.zeros(count, bool)
    tainted[lines.voucher[rejected]] = True
    _mark(outcome, _spread(lines, tainted), Outcome.VOUCHER_REJECTED)
    return fingerprint[lines.voucher]


def _check_balance(lines: Lines, outcome: NDArray[np.uint8], once: NDArray[np.bool_], count: int) -> None:
    """Vouchers with a line that could not be read are left to VOUCHER_REJECTED."""
    readable = np.ones(count, bool)
    readable[lines.voucher[(outcome >= 20) & (outcome < 30) & once]] = False
    total, size = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(total, lines.voucher[once], (lines.debit - lines.credit)[once])
    np.add.at(size, lines.voucher[once], (np.abs(lines.debit) + np.abs(lines.credit))[once])
    _mark(outcome, _spread(lines, readable & (total != 0)), Outcome.UNBALANCED_VOUCHER)
    _mark(outcome, _spread(lines, readable & (size == 0)), Outcome.ZERO_VOUCHER)


def _repeated(lines: Lines, count: int) -> NDArray[np.bool_]:
    """Copies of a voucher: every one of its distinct lines occurs equally often, more than once."""
    line = _mix_all([lines.key, lines.content])
    if not (np.diff(np.sort(line)) == 0).any():  # the usual case, and far cheaper than grouping
        return np.zeros(len(line), bool)
    order = np.lexsort((line, lines.voucher))  # stable: earlier records first
    voucher, line = lines.voucher[order], line[order]
    starts = np.flatnonzero(np.r_[True, (voucher[1:] != voucher[:-1]) | (line[1:] != line[:-1])])
    sizes = np.diff(np.r_[starts, len(order)])
    fewest, most = np.full(count, np.iinfo(np.int64).max), np.zeros(count, np.int64)
    np.minimum.at(fewest, voucher[starts], sizes)
    np.maximum.at(most, voucher[starts], sizes)
    first = np.zeros(len(order), bool)
    first[order[starts]] = True
    doubled: NDArray[np.bool_] = ((fewest == most) & (most > 1))[lines.voucher] & ~first
    return doubled


def _not_one(voucher: NDArray[np.int64], value: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(low, voucher, value)
    np.maximum.at(high, voucher, value)
    differs: NDArray[np.bool_] = low != high
    return differs


def _known(lines: Lines, fingerprint: U64, imported: Imported) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Lines whose voucher is in the warehouse, and those whose content is the same there."""
    if not len(imported.key):
        nothing = np.zeros(len(lines.key), bool)
        return nothing, nothing
    key = np.zeros(len(fingerprint), np.uint64)
    key[lines.voucher] = lines.key
    at = np.minimum(np.searchsorted(imported.key, key), len(imported.key) - 1)
    return _spread(lines, imported.key[at] == key), _spread(lines, imported.fingerprint[at] == fingerprint)


def _mark(outcome: NDArray[np.uint8], where: NDArray[np.bool_], code: Outcome) -> None:
    outcome[where & (outcome < 10)] = code


def _spread(lines: Lines, of_voucher: NDArray[np.bool_]) -> NDArray[np.bool_]:
    spread: NDArray[np.bool_] = of_voucher[lines.voucher]
    return spread


def _text_hash(texts: Sequence[str]) -> U64:
    digests = b"".join(hashlib.blake2b(t.encode(), digest_size=8).digest() for t in texts)
    return np.frombuffer(digests, "<u8")


def _mix_all(parts: Sequence[U64]) -> U64:
    """splitmix64 over the parts in order; wraps on purpose."""
    out = np.full(len(parts[0]), 0x9E3779B97F4A7C15, np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            out = out + part
            out = (out ^ (out >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            out = (out ^ (out >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            out = out ^ (out >> np.uint64(31))
    return out
