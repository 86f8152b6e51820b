"""Reads of modelling: models, revisions, the package as text, the compiled model (kept per process by state)."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import URL, RowMapping

from bihuan.engine.compile import compile_model
from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import DimensionDefinition, EdgeDefinition, MemberDefinition, ModelDefinition
from bihuan.features.access.model import Principal
from bihuan.features.access.scope import Hierarchies
from bihuan.features.modelling import lint
from bihuan.features.modelling.folder import definition as read_definition
from bihuan.features.modelling.model import MARKER, Model, Revision, UnknownModel, marker
from bihuan.features.modelling.touched import filled_by
from bihuan.features.modelling.trees import ModelTrees
from bihuan.kernel.errors import Problem
from bihuan.store.unit_of_work import Database, Reader

COMPILED_MAX = 16  # models × revisions a process keeps; a large one is some tens of megabytes


@dataclass(frozen=True, slots=True)
class Loaded:
    """A compiled model with its trees for the predicate."""

    model: CompiledModel
    trees: ModelTrees


_Key = tuple[URL, int, int, int]  # database, model, revision, state
_compiled: OrderedDict[_Key, Loaded] = OrderedDict()
_compiling: dict[_Key, threading.Lock] = {}
_guard = threading.Lock()


def find(reader: Reader, model: str | int) -> Model:
    """The model of a code or id, or `UnknownModel`; asks nobody's permission (for other features)."""
    by_id = isinstance(model, int)
    row = reader.row("modelling.model_by_id", id=model) if by_id else reader.row("modelling.model", code=model)
    if row is None:
        raise UnknownModel(model=model)
    return Model(**row)


def get(reader: Reader, actor: Principal, code: str) -> Model:
    """The model of a code, if the actor may know of it."""
    if not actor.may("model.read", model=code):
        raise UnknownModel(model=code)
    return find(reader, code)


def models(reader: Reader, actor: Principal) -> list[Model]:
    """The models the actor may know of."""
    return [Model(**row) for row in reader.rows("modelling.models") if actor.may("model.read", model=row["code"])]


def revisions(reader: Reader, actor: Principal, code: str) -> list[Revision]:
    """A model's history, newest first."""
    model = get(reader, actor, code)
    return [Revision(**row) for row in reader.rows("modelling.revisions", model_id=model.id)]


def export(reader: Reader, actor: Principal, code: str, revision: int | None = None) -> dict[str, str]:
    """The package's files as text, with the marker that says which revision they are."""
    actor.require("model.export", model=code)
    model = get(reader, actor, code)
    number = revision or model.revision
    return {**package(reader, model.id, number), MARKER: marker(model.code, number)}


def package(reader: Reader, model_id: int, revision: int) -> dict[str, str]:
    """The stored text of a revision."""
    files: dict[str, str] | None = reader.value("modelling.package", model_id=model_id, number=revision)
    if files is None:
        raise UnknownModel(model=model_id, revision=revision)
    return files


def hints(reader: Reader, actor: Principal, code: str) -> list[Problem]:
    """What in the model is probably not meant, judged by the cells that are stored; for those who may see all of it."""
    actor.require("model.export", model=code)
    found = get(reader, actor, code)
    model = compiled(reader, found.id)
    filled = filled_by[0](reader, found.id) if filled_by else None
    return lint.hints(model, filled)


def compiled(reader: Reader, model: str | int, revision: int | None = None) -> CompiledModel:
    """The compiled model at a revision (default: as it stands), with the stable member ids."""
    return load(reader, model, revision).model


def load(reader: Reader, model: str | int, revision: int | None = None) -> Loaded:
    """As `compiled`, with the trees; compiled once per process however many threads ask."""
    found = find(reader, model)
    key = (reader.conn.engine.url, found.id, revision or found.revision, found.state)
    with _guard:
        if key in _compiled:
            _compiled.move_to_end(key)
            return _compiled[key]
        lock = _compiling.setdefault(key, threading.Lock())
    with lock:
        with _guard:
            known = _compiled.get(key)
        loaded = known or _compile(reader, found, key[2])
        with _guard:
            _compiled[key] = loaded
            while len(_compiled) > COMPILED_MAX:
                _compiled.popitem(last=False)
            _compiling.pop(key, None)
    return loaded


def _compile(reader: Reader, model: Model, revision: int) -> Loaded:
    members = reader.rows("modelling.members", model_id=model.id)
    definition = read_definition(package(reader, model.id, revision), model.code)
    compiled_model = compile_model(with_data_members(definition, members), ids_of(members))
    return Loaded(compiled_model, ModelTrees(compiled_model))


def ids_of(members: Sequence[RowMapping]) -> dict[str, dict[str, int]]:
    """Dimension -> code -> id, closed members too."""
    out: dict[str, dict[str, int]] = {}
    for row in members:
        out.setdefault(row["dimension"], {})[row["code"]] = row["id"]
    return out


def with_data_members(definition: ModelDefinition, members: Sequence[RowMapping]) -> ModelDefinition:
    """The definition with the members that data brought into its data-managed dimensions."""
    brought: dict[str, list[RowMapping]] = {}
    for row in members:
        if row["from_data"] and row["closed_at"] is None:
            brought.setdefault(row["dimension"], []).append(row)
    dims = tuple(_extended(d, brought.get(d.code, ())) for d in definition.dimensions)
    return replace(definition, dimensions=dims)


def _extended(dimension: DimensionDefinition, rows: Sequence[RowMapping]) -> DimensionDefinition:
    known = {m.code for m in dimension.members}
    new = [r for r in rows if r["code"] not in known]
    if dimension.managed != "data" or not new:
        return dimension
    members = tuple(MemberDefinition(r["code"], r["name"], r["properties"]) for r in new)
    edges = tuple(EdgeDefinition(r["code"], r["parent"], r["weight"]) for r in new if r["parent"])
    trees = {**dimension.trees, "": (*dimension.trees.get("", ()), *edges)}
    return replace(dimension, members=(*dimension.members, *members), trees=trees)


def trees(database: Database) -> Callable[[str], Hierarchies]:
    """Model code -> its trees, for `access.http.Gate`."""

    def of(code: str) -> Hierarchies:
        with database.reading() as reader:
            return load(reader, code).trees

    return of
