"""Versions and what of them is locked, read from the store."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import RowMapping

from bihuan.features.planning.model import Lock, UnknownVersion, Version
from bihuan.store.unit_of_work import Reader


def by_id(reader: Reader, version_id: int) -> Version:
    """One version with its head; raises `UnknownVersion`."""
    row = reader.row("planning.version", id=version_id)
    if row is None:
        raise UnknownVersion(version=version_id)
    return of_row(row)


def known(reader: Reader, version_id: int) -> Version:
    """As `by_id`, but as this transaction first read it: its code and status, not its newest seq."""
    found = reader.memo.get(("version", version_id))
    if found is None:
        found = reader.memo["version", version_id] = by_id(reader, version_id)
    assert isinstance(found, Version)
    return found


def by_name(reader: Reader, model_id: int, role_or_code: str) -> Version:
    """The version of this code, else the one bound to this role; raises `UnknownVersion`."""
    row = reader.row("planning.version_named", model=model_id, name=role_or_code)
    if row is None:
        raise UnknownVersion(version=role_or_code)
    return of_row(row)


def all_of(reader: Reader, model_id: int = 0) -> Sequence[Version]:
    """All versions of a model, or of all models, oldest first."""
    return [of_row(row) for row in reader.rows("planning.versions", model=model_id)]


def forked(reader: Reader, model_id: int = 0) -> dict[int, tuple[str, datetime]]:
    """Of every branch of a model, or of all models: who forked it and when, by version id."""
    rows = reader.rows("planning.branches_made", model=model_id)
    return {row["version_id"]: (row["author_name"], row["at"]) for row in rows}


def of_roles(reader: Reader, model_id: int, roles: Iterable[str]) -> dict[str, Version]:
    """The version that formulas mean by each role; a role without one is missing."""
    rows = reader.rows("planning.versions_of_roles", model=model_id, roles=sorted(roles))
    return {row["role"]: of_row(row) for row in rows}


def locks(reader: Reader, version_id: int) -> list[Lock]:
    """What of a version is locked, the periods that show actuals included."""
    rows = reader.rows("planning.locks", version=version_id)
    found = [
        Lock(r["org"], r["kind"], None if r["items"] is None else frozenset(r["items"]), r["why"], r["holder"])
        for r in rows
    ]
    return [*found, *switchovers(reader, version_id)]


def switchovers(reader: Reader, version_id: int) -> list[Lock]:
    """Up to which period which items of a version show actuals and refuse edits."""
    rows = reader.rows("planning.switchovers", version=version_id)
    return [Lock("", "actual", frozenset(row["items"]), row["why"], "", row["period"]) for row in rows]


def of_row(row: RowMapping) -> Version:
    """A row of a query that reads versions."""
    return Version(**row)
