"""Commands of modelling: apply a package, add members that data brings."""

import json
from collections.abc import Mapping

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import ModelDefinition
from bihuan.features.access.commands import record
from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import Principal
from bihuan.features.modelling import folder, queries
from bihuan.features.modelling.model import (
    Applied,
    Change,
    Model,
    NotDataManaged,
    NotFastForward,
    differences,
    listeners,
    package_text,
    read_marker,
)
from bihuan.features.modelling.touched import counters, rescaled, touched
from bihuan.kernel.errors import Conflict, NotFound, ProblemsFound
from bihuan.kernel.member import OWN, Dimension
from bihuan.store.unit_of_work import Reader, UnitOfWork


def plan(reader: Reader, actor: Principal, files: Mapping[str, str], *, name: str = "") -> tuple[Change, ...]:
    """What `apply` would change and how many stored cells that touches; raises `ProblemsFound` with everything wrong.

    Changes nothing.
    """
    compiled = folder.check(files, name)
    definition = compiled.definition
    actor.require("model.apply", model=definition.name)
    row = reader.row("modelling.model", code=definition.name)
    if row is None:
        return differences(None, definition)
    model = Model(**row)
    stored = counters[0](reader, model.id) if counters else None
    old = queries.compiled(reader, model.id)
    if wrong := [problem for ref, problem in rescaled(old, compiled).items() if stored and ref in stored]:
        raise ProblemsFound(wrong)
    return touched(differences(_definition_at(reader, model), definition), old, compiled, stored)


def apply(
    uow: UnitOfWork,
    actor: Principal,
    files: Mapping[str, str],
    *,
    from_revision: int | None = None,
    reason: str = "",
    name: str = "",
) -> Applied:
    """Makes the package the model's next revision. ``name``: of the model, where model.yaml gives none.

    Fast-forward only: ``from_revision`` (default: the folder's marker) must be the model's revision, else
    `NotFastForward`; a package equal to what is stored is always accepted and changes nothing. Members keep their ids;
    those gone are closed, members that data brought stay. Cells are never touched: `ProblemsFound` where an item that has
    cells would keep them with another number of decimals.
    """
    compiled = folder.check(files, name)
    definition = compiled.definition
    actor.require("model.apply", model=definition.name)
    known = uow.row("modelling.model", code=definition.name)
    if known is not None:
        for listener in listeners:
            listener.on_lock(uow, known["id"])
    row = uow.row("modelling.lock_model", code=definition.name)
    if row is None:
        return _first(uow, actor, compiled, files, reason)
    model, text = Model(**row), package_text(files)
    if queries.package(uow, model.id, model.revision) == text:
        return Applied(model.id, model.code, model.revision, ())
    came_from = from_revision if from_revision is not None else read_marker(files, model.code)
    if came_from != model.revision:
        raise NotFastForward(model=model.code, revision=model.revision, came_from=came_from)
    changes = differences(_definition_at(uow, model), definition)
    uow.run("modelling.advance_model", id=model.id, revision=model.revision + 1, title=definition.title)
    return _revise(
        uow,
        actor,
        model.id,
        number=model.revision + 1,
        compiled=compiled,
        text=text,
        changes=changes,
        reason=reason,
    )


def rollback(
    uow: UnitOfWork, actor: Principal, *, model: str, to: int, from_revision: int, reason: str = ""
) -> Applied:
    """Makes the text of revision ``to`` the model's next revision; history stays, so a rollback is itself rolled back.

    ``from_revision`` is the revision that was looked at: `NotFastForward` when the model has moved on. Members that come
    back get the ids they had, so what was entered on them is there again; cells are never touched.
    """
    actor.require("model.apply", model=model)
    found = queries.find(uow, model)
    files = queries.package(uow, found.id, to)
    return apply(uow, actor, files, from_revision=from_revision, reason=reason or f"退回第 {to} 版", name=model)


def _first(
    uow: UnitOfWork, actor: Principal, compiled: CompiledModel, files: Mapping[str, str], reason: str
) -> Applied:
    definition = compiled.definition
    model_id = uow.value("modelling.insert_model", code=definition.name, title=definition.title)
    if model_id is None:
        raise NotFastForward(model=definition.name, revision=1, came_from=None)
    changes, text = differences(None, definition), package_text(files)
    return _revise(uow, actor, model_id, number=1, compiled=compiled, text=text, changes=changes, reason=reason)


def _revise(
    uow: UnitOfWork,
    actor: Principal,
    model_id: int,
    *,
    number: int,
    compiled: CompiledModel,
    text: Mapping[str, str],
    changes: tuple[Change, ...],
    reason: str,
) -> Applied:
    uow.run(
        "modelling.insert_revision",
        model_id=model_id,
        number=number,
        parent=number - 1 or None,
        author_id=actor.user_id,
        author=actor.login,
        at=uow.now(),
        reason=reason,
        package=json.dumps(dict(text), ensure_ascii=False),
    )
    for dimension in compiled.dimensions.values():
        _store_members(uow, model_id, number, dimension)
    for listener in listeners:
        listener.on_revision(uow, actor, model_id, number)
    name, after = compiled.definition.name, {"revision": number, "changes": len(changes)}
    record(
        uow,
        actor,
        "model.apply",
        ("model", name),
        before={"revision": number - 1},
        after=after,
        reason=reason,
    )
    announce(uow, Event("model.applied", "model.read", name, data={"revision": number}))
    return Applied(model_id, name, number, changes)


def _store_members(uow: UnitOfWork, model_id: int, revision: int, dimension: Dimension) -> None:
    """Deals ids to new codes, refreshes known ones, closes those the package no longer has."""
    stored = uow.row(
        "modelling.upsert_dimension",
        model_id=model_id,
        code=dimension.code,
        name=dimension.name,
        managed=dimension.managed,
    )
    assert stored is not None, "an upsert returns its row"
    known = {r["code"]: r for r in uow.rows("modelling.members", model_id=model_id) if r["dimension"] == dimension.code}
    said, at = {m.code: (m.name, m.properties) for m in dimension.members}, stored["id"]
    fresh = [code for code in said if code not in known]
    new = [
        {"dimension_id": at, "id": stored["next_id"] + n, "code": code, "name": said[code][0],
         "properties": json.dumps(dict(said[code][1]), ensure_ascii=False), "from_data": False, "parent": None, "weight": 1.0}
        for n, code in enumerate(fresh)
    ]  # fmt: skip
    uow.run_many("modelling.insert_member", new)
    uow.run("modelling.set_next_id", id=at, next_id=stored["next_id"] + len(fresh))
    kept = [
        {
            "dimension_id": at,
            "id": known[code]["id"],
            "name": name,
            "properties": json.dumps(dict(props), ensure_ascii=False),
        }
        for code, (name, props) in said.items()
        if code in known
        and (known[code]["name"], known[code]["properties"], known[code]["closed_at"]) != (name, props, None)
    ]
    uow.run_many("modelling.update_member", kept)
    gone = [r for code, r in known.items() if code not in said and not r["from_data"] and r["closed_at"] is None]
    uow.run_many("modelling.close_member", [{"dimension_id": at, "id": r["id"], "revision": revision} for r in gone])


def add_member(
    uow: UnitOfWork,
    actor: Principal,
    *,
    model: str,
    dimension: str,
    code: str,
    name: str,
    parent: str | None = None,
    properties: Mapping[str, str] | None = None,
    weight: float = 1.0,
) -> int:
    """Adds a member to a data-managed dimension (an account or project that actuals bring); its id."""
    actor.require("model.members", model=model)
    found = queries.find(uow, model)
    row = uow.row("modelling.lock_dimension", model_id=found.id, code=dimension)
    if row is None:
        raise NotFound(f"no dimension {dimension}", model=model, dimension=dimension)
    if row["managed"] != "data":
        raise NotDataManaged(model=model, dimension=dimension)
    if uow.row("modelling.member", dimension_id=row["id"], code=code) is not None:
        raise Conflict(f"{dimension} has a member {code}", dimension=dimension, code=code)
    if parent is not None and uow.row("modelling.member", dimension_id=row["id"], code=parent) is None:
        raise NotFound(f"{dimension} has no member {parent}", dimension=dimension, code=parent)
    uow.run(
        "modelling.insert_member",
        dimension_id=row["id"],
        id=row["next_id"],
        code=code,
        name=name,
        properties=json.dumps(dict(properties or {}), ensure_ascii=False),
        from_data=True,
        parent=parent,
        weight=weight,
    )
    uow.run("modelling.set_next_id", id=row["id"], next_id=row["next_id"] + 1)
    if parent is not None:
        _own_leaf(uow, row["id"], parent)
    uow.run("modelling.touch_model", id=found.id)
    record(uow, actor, "model.member", ("model", model), after={"dimension": dimension, "code": code, "name": name})
    return int(row["next_id"])


def _own_leaf(uow: UnitOfWork, dimension_id: int, parent: str) -> None:
    """A member that now has children needs an id for its 本级, in case the dimension keeps one."""
    if uow.row("modelling.member", dimension_id=dimension_id, code=parent + OWN) is None:
        uow.run("modelling.insert_own_leaf", dimension_id=dimension_id, code=parent + OWN)
        uow.run("modelling.take_id", dimension_id=dimension_id)


def _definition_at(reader: Reader, model: Model) -> ModelDefinition:
    return folder.definition(queries.package(reader, model.id, model.revision), model.code)
