"""What a policy does not control. Pure.

exempt:
  - code: 工资            title
    where: {account: [工资]}        these members and those below: neither budget nor documents nor vouchers count there
  - code: 抢险
    documents: [抢险申请]           documents of these types pass and hold nothing; their vouchers count as facts, beyond the
    where: {account: [维修费]}      limit where they go there. With ``where``: only at these members

An exempt place is a place all the same: a blank or unknown member is refused, not exempt.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Paths = Mapping[str, Sequence[str]]
Bad = Callable[[str, object, str], None]
Members = Callable[[str, object], dict[str, tuple[str, ...]]]
_KEYS = {"code", "title", "where", "documents"}


@dataclass(frozen=True)
class Exemption:
    """No control where ``where`` holds, for ``documents`` of these types only; none named: for whatever comes."""

    code: str
    title: str
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    documents: tuple[str, ...] = ()

    def holds(self, paths: Paths, kind: str) -> bool:
        """True at a place, by its members' paths from the top, for a document of ``kind`` ("" for anything else)."""
        if self.documents and kind not in self.documents:
            return False
        return all(set(members) & set(paths[d]) for d, members in self.where.items())


def read_exemptions(raw: object, known: Sequence[str], members: Members, bad: Bad) -> tuple[Exemption, ...]:
    """The exemptions of a text; ``known``: the policy's document types (none: any), ``members`` reads a filter."""
    if raw in (None, ""):
        return ()
    if not isinstance(raw, list) or not all(isinstance(r, dict) for r in raw):
        bad("exempt", raw, "a list of mappings")
        return ()
    found = [_exemption(r, known, members, bad) for r in raw]
    codes = [e.code for e in found]
    for code in {c for c in codes if codes.count(c) > 1}:
        bad("exempt", code, "each code once")
    return tuple(found)


def _exemption(raw: Mapping[str, Any], known: Sequence[str], members: Members, bad: Bad) -> Exemption:
    code = str(raw.get("code") or "")
    at = f"exempt {code or '?'}"
    if not code:
        bad(at, "no code", "a code")
    for unknown in raw.keys() - _KEYS:
        bad(at, unknown, "one of " + " ".join(sorted(_KEYS)))
    said = raw.get("documents") or []
    documents = tuple(map(str, said)) if isinstance(said, list) else ()
    if not isinstance(said, list):
        bad(f"{at} documents", said, "a list of document types")
    for kind in [d for d in documents if known and d not in known]:
        bad(f"{at} documents", kind, "one of " + " ".join(known))
    where = members(f"{at} where", raw.get("where"))
    if not where and not documents:
        bad(at, "nothing", "where, documents or both: exempting all would be no control")
    return Exemption(code, str(raw.get("title") or code), where, documents)


def exemptions_json(exemptions: Sequence[Exemption]) -> list[dict[str, Any]]:
    """The inverse of `read_exemptions`."""
    return [
        {
            "code": e.code,
            "title": e.title,
            **({"where": {d: list(m) for d, m in e.where.items()}} if e.where else {}),
            **({"documents": list(e.documents)} if e.documents else {}),
        }
        for e in exemptions
    ]
