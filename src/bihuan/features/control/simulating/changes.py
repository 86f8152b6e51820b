"""What a draft changes in the policy in force, part by part. Pure.

Both as `to_json` writes them; what follows from the model (calendar, trees) is not compared.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bihuan.features.control.package import to_json
from bihuan.features.control.policy import Policy

LISTS = ("rules", "documents", "exempt")  # of mappings with a code of their own
NOT_COMPARED = frozenset({"calendar", "trees", "directory", "model", *LISTS})


@dataclass(frozen=True, slots=True)
class Change:
    """``of``: "" (the policy itself), rules, documents or exempt; ``code`` of which; ``part``: of it, "" for all of it.

    ``was`` and ``now`` as short text; "" where there was, or is, none.
    """

    of: str
    code: str
    part: str
    was: str
    now: str


def changes(old: Policy, new: Policy) -> list[Change]:
    """Every part that differs; none where both say the same, in whatever order of keys."""
    was, now = to_json(old), to_json(new)
    found = list(_parts("", "", _without(was), _without(now)))
    for name in LISTS:
        found += _listed(name, was.get(name, ()), now.get(name, ()))
    return found


def _without(content: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in content.items() if k not in NOT_COMPARED}


def _listed(name: str, was: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[Change]:
    before, after = ({str(one["code"]): one for one in each} for each in (was, now))
    for code in [*before, *(c for c in after if c not in before)]:
        if code not in after:
            yield Change(name, code, "", _text(before[code]), "")
        elif code not in before:
            yield Change(name, code, "", "", _text(after[code]))
        else:
            yield from _parts(name, code, before[code], after[code])


def _parts(of: str, code: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for part in [*was, *(p for p in now if p not in was)]:
        old, new = was.get(part), now.get(part)
        if old != new:
            yield Change(of, code, part, _text(old), _text(new))


def _text(value: object) -> str:
    if value in (None, "", [], {}):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).replace('"', "")
