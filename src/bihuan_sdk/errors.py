"""What can go wrong: the ledger says no, or nobody answers."""

from collections.abc import Mapping
from typing import Any


class LedgerError(Exception):
    """Any answer but a yes."""


class Refused(LedgerError):
    """The ledger said no: ``code`` as in the error reference, ``detail`` in words, ``facts`` in numbers."""

    def __init__(self, status: int, code: str, detail: str, facts: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.status, self.code, self.detail, self.facts = status, code, detail, facts


class Unreachable(LedgerError):
    """No answer after every try; with a key or number the call may safely be made again."""
