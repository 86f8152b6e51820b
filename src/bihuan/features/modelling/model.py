"""Revisions and what lies between two of them, as values.

Errors::

    UnknownModel      no such model or revision
    NotFastForward    the database holds revisions the package does not come from: export, merge, apply again
    NotDataManaged    members of this dimension come from the package only
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, Protocol

from bihuan.engine.definition import DimensionDefinition, ModelDefinition
from bihuan.features.access.model import Principal
from bihuan.kernel.errors import Conflict, Invalid, NotFound
from bihuan.store.unit_of_work import UnitOfWork

MARKER = ".revision"  # file of an exported or applied folder that says which revision it holds
KEPT_APART = ("data/",)  # cells; loaded only when asked, never part of a revision


class UnknownModel(NotFound):
    """There is no such model, or you may not see it."""

    code = "unknown_model"


class NotFastForward(Conflict):
    """The model was changed since this package was taken: export, merge, apply again."""

    code = "not_fast_forward"


class NotDataManaged(Invalid):
    """Members of this dimension come from the model package only."""

    code = "not_data_managed"


@dataclass(frozen=True, slots=True)
class Model:
    """A model as it stands. ``state`` changes with everything the compiled model depends on."""

    id: int
    code: str
    title: str
    revision: int
    state: int


@dataclass(frozen=True, slots=True)
class Revision:
    """One line of a model's history."""

    number: int
    parent: int | None
    author: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing an apply does: ``what`` is model, calendar, dimension, member, tree, cube, item or formulas.

    ``move``: a member stands under another parent; ``parent``: one that kept values itself has members below it now.
    ``cells``: stored cells it touches (`touched`); None where cells play no part or nobody counted.
    """

    kind: Literal["add", "change", "remove", "close", "move", "parent"]
    what: str
    code: str
    detail: str = ""
    cells: int | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """The outcome of an apply; ``changes`` empty means the revision stayed."""

    model_id: int
    code: str
    revision: int
    changes: tuple[Change, ...]


class RevisionListener(Protocol):
    """A later feature that must know of a new revision in the same transaction (planning gives its versions a seq)."""

    def on_lock(self, uow: UnitOfWork, model_id: int) -> None:
        """Before anything is locked or written: takes what must be locked first (plan heads)."""

    def on_revision(self, uow: UnitOfWork, actor: Principal, model_id: int, revision: int) -> None:
        """After the revision is written."""


listeners: list[RevisionListener] = []  # filled by bootstrap, once per process


def package_text(files: Mapping[str, str]) -> dict[str, str]:
    """The files that make a revision, without cells and marker, in path order."""
    return {p: files[p] for p in sorted(files) if p != MARKER and not p.startswith(KEPT_APART)}


def marker(model: str, revision: int) -> str:
    """The text of the marker file."""
    return json.dumps({"model": model, "revision": revision}) + "\n"


def read_marker(files: Mapping[str, str], model: str) -> int | None:
    """The revision a folder says it came from; None when it does not say, or speaks of another model."""
    try:
        said = json.loads(files.get(MARKER, "{}"))
        return int(said["revision"]) if said.get("model") == model else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def differences(old: ModelDefinition | None, new: ModelDefinition) -> tuple[Change, ...]:
    """What an apply changes, in the order of the package."""
    if old is None:
        return (Change("add", "model", new.name, new.title),)
    found: list[Change] = []
    heads = ("title", "currency", "units", "roles", "versions", "languages")
    found += [Change("change", "model", h) for h in heads if getattr(old, h) != getattr(new, h)]
    if old.calendar != new.calendar:
        found.append(Change("change", "calendar", f"{new.calendar.start}–{new.calendar.end}"))
    old_dims, new_dims = {d.code: d for d in old.dimensions}, {d.code: d for d in new.dimensions}
    found += _added_removed("dimension", old_dims, new_dims)
    for code in new_dims.keys() & old_dims.keys():
        found += _dimension(old_dims[code], new_dims[code])
    old_cubes, new_cubes = {c.code: c for c in old.cubes}, {c.code: c for c in new.cubes}
    found += _added_removed("cube", old_cubes, new_cubes)
    for code in new_cubes.keys() & old_cubes.keys():
        before, after = old_cubes[code], new_cubes[code]
        items = (
            {f"{code}!{i.code}": _said(i) for i in before.items},
            {f"{code}!{i.code}": _said(i) for i in after.items},
        )
        found += _added_removed("item", *items) + _changed("item", *items)
        if (before.title, before.dims, before.uses) != (after.title, after.dims, after.uses):
            found.append(Change("change", "cube", code))
        if before.formulas.strip() != after.formulas.strip():
            found.append(Change("change", "formulas", code, _lines(before.formulas, after.formulas)))
    return tuple(sorted(found, key=lambda c: (c.what, c.code)))


def _dimension(old: DimensionDefinition, new: DimensionDefinition) -> list[Change]:
    before, after = {m.code: _said(m) for m in old.members}, {m.code: _said(m) for m in new.members}
    named = {f"{new.code}:{c}": v for c, v in before.items()}, {f"{new.code}:{c}": v for c, v in after.items()}
    found = _added_removed("member", *named, removed="close" if new.managed == "package" else "change")
    found += _changed("member", *named)
    for tree in old.trees.keys() | new.trees.keys():
        edges = [tuple(_said(e) for e in d.trees.get(tree, ())) for d in (old, new)]
        if edges[0] != edges[1]:
            found.append(Change("change", "tree", f"{new.code}{'.' + tree if tree else ''}"))
    return found


def _said(thing: Any) -> tuple[object, ...]:
    """Everything a definition says but where it says it."""
    return tuple(getattr(thing, f.name) for f in fields(thing) if f.name != "place")


def _added_removed(
    what: str,
    old: Mapping[str, object],
    new: Mapping[str, object],
    removed: Literal["remove", "close", "change"] = "remove",
) -> list[Change]:
    out = [Change("add", what, code) for code in new if code not in old]
    return out + [Change(removed, what, code) for code in old if code not in new]


def _changed(what: str, old: Mapping[str, object], new: Mapping[str, object]) -> list[Change]:
    return [Change("change", what, code) for code in new if code in old and old[code] != new[code]]


def _lines(old: str, new: str) -> str:
    """The formula lines taken out and put in."""
    before, after = old.strip().splitlines(), new.strip().splitlines()
    gone = [f"- {line.strip()}" for line in before if line not in after]
    come = [f"+ {line.strip()}" for line in after if line not in before]
    return "\n".join(gone + come)
