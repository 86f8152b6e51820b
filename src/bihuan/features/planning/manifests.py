"""States at rest: creating versions, named states, branches, folding the log into blocks.

A manifest says "these blocks, then these ranges of logs, are the version at this seq". Naming a state or branching copies
that sentence and no cells. `fold` replaces log by blocks; it computes without any lock and only swaps one reference at the
end, so writers go on meanwhile and a reader on either manifest arrives at the same cells.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import RowMapping

from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, versions
from bihuan.features.planning.model import NameTaken, Version
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.kernel.errors import Invalid
from bihuan.store import blocks
from bihuan.store.unit_of_work import Reader, UnitOfWork

Named = Literal["snapshot", "submit", "release"]
Chunks = Sequence[Sequence[str]]


def create_version(
    uow: UnitOfWork,
    actor: Principal,
    *,
    model_id: int,
    code: str,
    name: str,
    role: str,
    revision: int,
    bound: bool = True,
) -> Version:
    """An empty version; ``bound`` = formulas that name the role mean this one from now on."""
    model = replica_of(uow).models(uow, model_id, revision)
    actor.require("plan.version", model=model.definition.name)
    return start_version(uow, actor, model_id=model_id, code=code, name=name, role=role, revision=revision, bound=bound)


def start_version(
    uow: UnitOfWork,
    actor: Principal,
    *,
    model_id: int,
    code: str,
    name: str,
    role: str,
    revision: int,
    bound: bool,
) -> Version:
    """`create_version` for a command that has asked its own action."""
    version_id = _insert_version(uow, model_id=model_id, code=code, name=name, role=role)
    manifest = _insert_manifest(uow, actor, version_id, _nothing(revision), kind="head", name="", seq=0)
    uow.run("planning.insert_head", version=version_id, model=model_id, revision=revision, manifest=manifest)
    if bound:
        _bind(uow, actor, version_id)
    record(uow, actor, "plan.version", ("version", version_id), after={"code": code, "role": role})
    return versions.by_id(uow, version_id)


def bind_role(uow: UnitOfWork, actor: Principal, *, version_id: int) -> None:
    """Formulas that name the version's role mean this version from now on."""
    actor.require("plan.version", model=replica_of(uow).pin(uow, version_id).model.definition.name)
    _bind(uow, actor, version_id)


def _bind(uow: UnitOfWork, actor: Principal, version_id: int) -> None:
    version = versions.by_id(uow, version_id)
    uow.run("planning.unbind_role", model=version.model_id, role=version.role)
    uow.run("planning.bind_role", id=version_id)
    record(uow, actor, "plan.bind", ("version", version_id), after={"role": version.role})


def snapshot(uow: UnitOfWork, actor: Principal, *, version_id: int, name: str, kind: Named = "snapshot") -> int:
    """Names the state the version is in; returns its seq. Submitted and released ones store their computed values, and
    are made by commands that have asked their own action."""
    if not name.strip():
        raise Invalid("快照要有名称", field="name")
    if uow.row("planning.manifest_named", version=version_id, name=name) is not None:
        raise NameTaken(name=name)
    state = replica_of(uow).pin(uow, version_id)
    if kind == "snapshot":
        actor.require("plan.snapshot", model=state.model.definition.name)
    content = _up_to(uow, version_id, state.seq)
    if kind != "snapshot":
        content["derived"] = _store(uow, state, computed(state))
    manifest = _insert_manifest(uow, actor, version_id, content, kind=kind, name=name, seq=state.seq)
    record(uow, actor, f"plan.{kind}", ("version", version_id), after={"name": name, "seq": state.seq, "id": manifest})
    return state.seq


def branch(
    uow: UnitOfWork, actor: Principal, *, version_id: int, code: str, name: str, as_of: int | None = None
) -> Version:
    """A version that starts as another one stands (or stood); a copy of its manifest, whatever its size.

    Edits of the base do not show in it, nor its edits in the base. Frozen items stay inputs; locks are not inherited.
    """
    base = versions.by_id(uow, version_id)
    replica = replica_of(uow)
    fork = replica.pin(uow, version_id) if as_of is None else replica.at(uow, version_id, as_of)
    actor.require("plan.branch", model=fork.model.definition.name)
    forked = (version_id, fork.seq)
    made = _insert_version(uow, model_id=base.model_id, code=code, name=name, role=base.role, base=forked)
    content = _up_to(uow, version_id, fork.seq)
    manifest = _insert_manifest(uow, actor, made, content, kind="branch", name="", seq=0)
    uow.run("planning.insert_head", version=made, model=base.model_id, revision=fork.revision, manifest=manifest)
    record(uow, actor, "plan.branch", ("version", made), after={"code": code, "base": base.code, "seq": fork.seq})
    return versions.by_id(uow, made)


def fold(uow: UnitOfWork, actor: Principal, *, version_id: int) -> int:
    """Brings the head's manifest up to the newest seq; returns it. Blocks that did not change keep their hash."""
    was = versions.by_id(uow, version_id).manifest_id
    state = replica_of(uow).pin(uow, version_id)
    old = uow.row("planning.manifest", id=was)
    assert old is not None, "a head names its manifest"
    if old["seq"] == state.seq and not old["tails"]:
        return state.seq
    content = {
        "revision": state.revision,
        "blocks": _store(uow, state, state.sheet.inputs),
        "tails": [],
        "derived": {},
        "frozen": sorted(cells.code_of(ref) for ref in state.frozen),
        "parent": old["id"],
    }
    manifest = _insert_manifest(uow, actor, version_id, content, kind="head", name="", seq=state.seq)
    # last, because it locks the head's row until the commit that follows
    uow.run("planning.swap_manifest", version=version_id, manifest=manifest, was=was)
    return state.seq


def computed(state: PlanState) -> dict[ItemRef, Panel]:
    """Leaf values of every item that formulas fill."""
    return {
        ref: state.sheet.leaves(ref)
        for ref, item in state.model.items.items()
        if not item.is_input and ref not in state.frozen and item.type == "number"
    }


def _store(uow: UnitOfWork, state: PlanState, panels: Mapping[ItemRef, Panel]) -> dict[str, Chunks]:
    """Writes the panels as blocks; returns the hashes by item."""
    out: dict[str, Chunks] = {}
    for ref, panel in panels.items():
        item = state.model.items[ref]
        code = cells.code_of(ref)
        arrays = cells.arrays_of(panel)
        chunks = blocks.cut(arrays, cells.fiscal_years(state.model, item), cells.axis(state.model, item))
        if chunks:
            out[code] = [[b.hash for b in chunk] for chunk in chunks]
            uow.run_many("planning.insert_block", [_row(code, b) for chunk in chunks for b in chunk])
    return out


def _row(code: str, block: blocks.Block) -> dict[str, object]:
    return {
        "hash": block.hash,
        "item_group": code,
        "fiscal_year": block.fiscal_year,
        "rows": block.rows,
        "bytes": block.data,
    }


def _nothing(revision: int) -> dict[str, Any]:
    return {"revision": revision, "blocks": {}, "tails": [], "derived": {}, "frozen": [], "parent": None}


def _up_to(reader: Reader, version_id: int, seq: int) -> dict[str, Any]:
    """What describes a version at a seq: its nearest manifest and the log after it. ``revision`` is the blocks' own."""
    nearest: RowMapping | None = reader.row("planning.manifest_at", version=version_id, seq=seq)
    assert nearest is not None, "every version has a manifest at its start"
    own = [[version_id, nearest["seq"], seq]] if nearest["seq"] < seq else []
    return {
        "revision": nearest["revision"],
        "blocks": nearest["blocks"],
        "tails": [*nearest["tails"], *own],
        "derived": {},
        "frozen": nearest["frozen"],
        "parent": nearest["id"],
    }


def _insert_version(
    uow: UnitOfWork, *, model_id: int, code: str, name: str, role: str, base: tuple[int, int] | None = None
) -> int:
    base_id, base_seq = base or (None, None)
    row = {"model": model_id, "code": code, "name": name, "role": role, "base": base_id, "base_seq": base_seq}
    made = uow.value("planning.insert_version", **row, at=uow.now())
    if made is None:
        raise NameTaken(code=code)
    return int(made)


def _insert_manifest(
    uow: UnitOfWork, actor: Principal, version_id: int, content: Mapping[str, Any], *, kind: str, name: str, seq: int
) -> int:
    return int(
        uow.value(
            "planning.insert_manifest",
            version=version_id,
            kind=kind,
            name=name,
            seq=seq,
            revision=content["revision"],
            parent=content["parent"],
            author=actor.user_id,
            at=uow.now(),
            **{
                part: json.dumps(content[part], ensure_ascii=False) for part in ("blocks", "tails", "derived", "frozen")
            },
        )
    )
