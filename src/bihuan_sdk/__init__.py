"""A small typed client of 闭环 Bihuan's execution control, for systems that ask before they spend. Needs httpx only."""

from bihuan_sdk.client import Ledger
from bihuan_sdk.errors import LedgerError, Refused, Unreachable
from bihuan_sdk.journal import Journal, Replayed
from bihuan_sdk.values import Balance, Check, Document, Finding, Held, Line, LineRefused, Posted, Reversed, Voucher

__all__ = [
    "Balance",
    "Check",
    "Document",
    "Finding",
    "Held",
    "Journal",
    "Ledger",
    "LedgerError",
    "Line",
    "LineRefused",
    "Posted",
    "Refused",
    "Replayed",
    "Reversed",
    "Unreachable",
    "Voucher",
]
