"""Texts in panels: a panel holds numbers, so a text cell holds the number of its text in one table for the process.

Only equality and order of first appearance mean anything between two such numbers; whoever computes with texts (`Evaluator`) turns
them back first. Numbers are never stored: in another process the same text may have another one.
"""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

TEXTUAL = frozenset({"text", "date", "choice", "member"})  # types of items whose cells are texts

_codes: dict[str, int] = {}
_texts: list[str] = []
_lock = threading.Lock()


def code_of(text: str) -> float:
    """The number of a text; the same for the same text as long as the process lives."""
    with _lock:
        if text not in _codes:
            _codes[text] = len(_texts)
            _texts.append(text)
        return float(_codes[text])


def codes_of(texts: NDArray[np.str_]) -> NDArray[np.float64]:
    """Numbers for an array of texts, same shape."""
    found, which = np.unique(texts, return_inverse=True)
    return np.array([code_of(str(t)) for t in found], np.float64)[which].reshape(texts.shape)


def texts_of(codes: NDArray[Any], there: NDArray[np.bool_]) -> NDArray[np.str_]:
    """The texts of numbers, "" where there is none; same shape."""
    found, which = np.unique(np.where(there, codes, -1.0), return_inverse=True)
    named = np.array([_text(int(c)) for c in found], np.str_) if len(found) else np.zeros(0, "<U1")
    return named[which].reshape(np.shape(codes))


def _text(code: int) -> str:
    return _texts[code] if code >= 0 else ""
