"""Reads of transfers: what one would do, which there are, whose turn each is."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands.transfers import Kind
from bihuan.features.control.commands.transfers import effect as findings
from bihuan.features.control.explaining import names_of, sight
from bihuan.features.control.model import BudgetCell, NoSuchTransfer
from bihuan.features.control.subjects import TRANSFER
from bihuan.features.process import queries as process
from bihuan.store.unit_of_work import Reader


def effect(
    reader: Reader, actor: Principal, *, policy: str, kind: Kind, cells: Sequence[BudgetCell]
) -> list[dict[str, Any]]:
    """What a transfer would do to each balance row; of rows the actor may not read only whether they suffice."""
    in_force = queries.policy(reader, policy)
    name = names_of(reader, in_force.policy.model)
    out = []
    for finding in findings(reader, actor, policy=policy, kind=kind, cells=cells):
        row, seen = finding.before, sight(actor, in_force, finding.before) != "verdict"
        out.append(
            {
                "bucket": row.id,
                "title": row.rule.title,
                "key": " ".join(name(d, m) for d, m in json.loads(row.key)) if seen else None,
                "window": row.window,
                "gives": finding.asked > 0,
                "verdict": finding.verdict,
                "available": row.available if seen else None,
                "after": row.available - finding.asked if seen else None,
                "short": finding.short if seen else None,
            }
        )
    return out


def transfers(reader: Reader, actor: Principal, *, limit: int) -> list[dict[str, Any]]:
    """Transfers whose every cell the actor may read, that are the actor's own or in the actor's hands, newest first."""
    found = [dict(t) for t in reader.rows("control.transfers", limit=limit)]
    return [shown for t in found if (shown := _shown(reader, actor, t)) is not None]


def transfer(reader: Reader, actor: Principal, transfer_id: int) -> dict[str, Any]:
    """One transfer with its approval; one that the actor may not see is not there."""
    row = reader.row("control.transfer", id=transfer_id)
    shown = None if row is None else _shown(reader, actor, row)
    if shown is None:
        raise NoSuchTransfer(transfer=transfer_id)
    return shown


def _shown(reader: Reader, actor: Principal, row: Mapping[Any, Any]) -> dict[str, Any] | None:
    instance = process.instance_of(reader, TRANSFER, row["id"])
    held = [] if instance is None else process.holders(reader, instance)
    mine = actor.login in (row["requester"], *(h["holder"] for h in held))
    if not mine and not all(actor.may("control.read", model=row["model"], **x["coordinate"]) for x in row["lines"]):
        return None
    case = None
    if instance is not None:
        case = {
            "instance_id": instance,
            "status": process.status(reader, instance),
            "node": process.node_title(reader, instance),
            "holders": [h["holder"] for h in held],
            "since": min((h["since"] for h in held), default=None),
        }
    return {**{str(k): v for k, v in row.items()}, "case": case}
