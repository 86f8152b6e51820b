"""The parts of a policy text that say what may be filed, who approves it, and how tax counts. Pure.

documents:
  - code: 用款申请          title, flow (the approval), number (prefix of the numbers)
    where: {account: [差旅费]}   the members it is for; absent: all
    expires_days: 60             what it still holds so long after it was filed is given back; absent: never
    mapping: {...}               how its fields become members (package_mapping.py); absent: lines say members
tax:
  rates: [0, 6, 13]
  deductible: {account: [办公费]}   here the amount without tax counts, elsewhere the amount with it
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from bihuan.features.control.field_mapping import Places
from bihuan.features.control.package_mapping import mapping_json, read_mapping
from bihuan.features.control.policy import DocumentType, Trees
from bihuan.features.control.tax import Taxes

Bad = Callable[[str, object, str], None]
_DOCUMENT_KEYS = {"code", "title", "flow", "number", "where", "expires_days", "mapping"}
_TAX_KEYS = {"rates", "deductible"}


def read_documents(raw: object, trees: Trees, places: Places, bad: Bad) -> tuple[DocumentType, ...]:
    """The document types, each code once; what is wrong is told to ``bad`` as where, found, expected."""
    if raw in (None, ""):
        return ()
    if not isinstance(raw, list) or not all(isinstance(r, dict) for r in raw):
        bad("documents", raw, "a list of mappings")
        return ()
    types = [_document(r, trees, places, bad) for r in raw]
    codes = [t.code for t in types]
    for code in {c for c in codes if codes.count(c) > 1}:
        bad("documents", code, "each code once")
    return tuple(types)


def _document(raw: Mapping[str, Any], trees: Trees, places: Places, bad: Bad) -> DocumentType:
    code = str(raw.get("code") or "")
    where = f"document {code or '?'}"
    if not code:
        bad(where, "no code", "a code")
    for unknown in raw.keys() - _DOCUMENT_KEYS:
        bad(where, unknown, "one of " + " ".join(sorted(_DOCUMENT_KEYS)))
    if not raw.get("flow"):
        bad(f"{where} flow", "nothing", "the code of an approval flow")
    members = read_members(f"{where} where", raw.get("where"), trees, bad)
    title, prefix = str(raw.get("title") or code), str(raw.get("number") or code)
    mapping = read_mapping(where, raw.get("mapping"), places, bad)
    return DocumentType(code, title, str(raw.get("flow") or ""), prefix, members, _days(where, raw, bad), mapping)


def _days(where: str, raw: Mapping[str, Any], bad: Bad) -> int:
    days = str(raw.get("expires_days", 0))
    if not days.isdecimal() or len(days) > 4 or int(days) > 3660:
        bad(f"{where} expires_days", days, "a whole number of days, 0 to 3660")
        return 0
    return int(days)


def read_tax(raw: object, trees: Trees, bad: Bad) -> Taxes:
    """What the policy says of tax."""
    if raw in (None, ""):
        return Taxes()
    if not isinstance(raw, dict):
        bad("tax", raw, "a mapping of rates and deductible")
        return Taxes()
    for unknown in raw.keys() - _TAX_KEYS:
        bad("tax", unknown, "one of " + " ".join(sorted(_TAX_KEYS)))
    rates = [_rate(r, bad) for r in raw.get("rates") or ()]
    return Taxes(tuple(sorted(set(rates))), read_members("tax deductible", raw.get("deductible"), trees, bad))


def _rate(raw: object, bad: Bad) -> Decimal:
    try:
        rate = Decimal(str(raw))
    except InvalidOperation:
        rate = Decimal(-1)
    if not rate.is_finite() or not 0 <= rate < 100 or rate != round(rate, 2):
        bad("tax rates", raw, "a percentage from 0 to under 100, two decimals at most")
        return Decimal(0)
    return rate


def read_members(where: str, raw: object, trees: Trees, bad: Bad) -> dict[str, tuple[str, ...]]:
    """A filter, dimension: [members]."""
    if raw in (None, ""):
        return {}
    if not isinstance(raw, dict) or not all(isinstance(m, list) for m in raw.values()):
        bad(where, raw, "dimension: [members]")
        return {}
    found = {str(d): tuple(map(str, m)) for d, m in raw.items()}
    for dimension, members in found.items():
        if dimension not in trees.parents:
            bad(where, dimension, "a dimension of the controlled items")
            continue
        for member in set(members) - trees.parents[dimension].keys():
            bad(f"{where} {dimension}", member, "a member")
    return found


def documents_json(types: Sequence[DocumentType]) -> list[dict[str, Any]]:
    """The inverse of `read_documents`."""
    return [
        {
            "code": t.code,
            "title": t.title,
            "flow": t.flow,
            "number": t.prefix,
            "where": {d: list(m) for d, m in t.where.items()},
            **({"expires_days": t.expires_days} if t.expires_days else {}),
            **({"mapping": mapping_json(t.mapping)} if t.mapping else {}),
        }
        for t in types
    ]


def tax_json(taxes: Taxes) -> dict[str, Any]:
    """The inverse of `read_tax`; empty where nothing is said."""
    if not taxes.rates and not taxes.deductible:
        return {}
    return {
        "rates": [format(r, "f") for r in taxes.rates],
        "deductible": {d: list(m) for d, m in taxes.deductible.items()},
    }
