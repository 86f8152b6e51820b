"""Every text of a policy, each with what it changed of the one before."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.package import from_json
from bihuan.features.control.policy import Policy
from bihuan.features.control.simulating.changes import changes
from bihuan.features.control.simulating.queries import read_draft
from bihuan.kernel.errors import BihuanError
from bihuan.store.unit_of_work import Reader

DERIVED = ("calendar", "trees", "directory", "model")  # of the model, not of the text


def history(reader: Reader, actor: Principal, policy: str) -> list[dict[str, Any]]:
    """Newest first, the planned one before all; ``changes``: of the text before it, those of a withdrawn one are not told."""
    in_force = queries.policy(reader, policy)
    actor.require("control.policy", model=in_force.policy.model)
    rows = reader.rows("control.editions", policy_id=in_force.id)
    contents = {r["edition"]: r["content"] for r in rows if r["content"]}
    found = []
    for row in rows:
        told = {k: v for k, v in dict(row).items() if k != "content"}
        told["text"] = row["text"] or _written(row["content"])
        told["changes"] = _changes(reader, in_force.policy, dict(row), contents)
        found.append(told)
    return found


def _changes(
    reader: Reader, now: Policy, row: Mapping[str, Any], contents: Mapping[int, Mapping[str, Any]]
) -> Sequence[Any]:
    if row["status"] == "planned":
        try:
            return changes(now, read_draft(reader, now.model, row["text"]))
        except BihuanError:  # the model has changed since; its day will say so in full
            return ()
    before = contents.get((row["edition"] or 0) - 1)
    return changes(from_json(before), from_json(row["content"])) if before else ()


def _written(content: Mapping[str, Any]) -> str:
    """A text that was not kept as it was written, from what was pinned."""
    said = {k: v for k, v in content.items() if k not in DERIVED and v not in ({}, [])}
    return str(yaml.safe_dump(said, allow_unicode=True, sort_keys=False))
