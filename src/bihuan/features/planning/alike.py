"""Another slice: the same cells in another version, moment, item, member or year, seen with the reader's own eyes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

import numpy as np

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.panel import pack
from bihuan.engine.spread import Floats
from bihuan.features.access.model import Principal
from bihuan.features.planning import below, cells, editing, versions
from bihuan.features.planning.replica import replica_of
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.kernel.state import State
from bihuan.store.blocks import ChangedCells
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class Slice:
    """Where the cells of a total have their like. ``version`` None: the same; ``item`` "": the same, of the same cube;
    ``members``: of some dimensions another member, a total is its leaves added up; ``years`` earlier; ``as_of``: as the version
    stood at that seq, None: as it stands."""

    version: int | None = None
    item: str = ""
    members: Mapping[str, str] = field(default_factory=dict)
    years: int = 0
    as_of: int | None = None


class Alike(NamedTuple):
    """Per cell what the slice shows (0 where nothing), whether it shows anything, and whether all of it may be read.

    ``scale``: of the item read; its values are in units of 10^-scale, plain numbers where it is None.
    """

    values: Floats
    shown: editing.Flags
    readable: editing.Flags
    scale: int | None


def amounts(reader: Reader, actor: Principal, here: int, of: Slice, every: ChangedCells) -> Alike:
    """What the slice shows for each cell of one item of version ``here``, computed or entered, in the last decimals of the item
    read; nothing where the actor may not read it or the time axis does not reach."""
    model = replica_of(reader).pin(reader, here).model
    version = versions.known(reader, here if of.version is None else of.version)
    replica = replica_of(reader)
    other = replica.pin(reader, version.id) if of.as_of is None else replica.at(reader, version.id, of.as_of)
    if other.model.definition.name != model.definition.name:
        raise Invalid(f"版本 {version.code} 是另一个模型的，不能照着它分", version=version.code)
    mine = model.items[cells.ref_of(every.items[0])]
    item = _item(other.model, mine, of)
    named = columns((model, mine), (other.model, item), of.years)
    column = np.array([named.get(code, -1) for code in every.periods], np.int32)[every.period]
    panel = other.sheet.leaves(item.ref)
    out, found = np.zeros(len(every)), np.zeros(len(every), np.bool_)
    readable = column >= 0
    on = np.flatnonzero(column >= 0)
    for members in _rows(other.model, mine, item, of, every):
        values, states, _ = panel.gather(pack(members[on], panel.sizes))
        at = np.arange(len(on))
        seen = editing.may("plan.read", other.model, version.code, actor, item, members=members[on], column=column[on])
        shows = seen & (states[at, column[on]] == State.VALUE)
        out[on] += np.where(shows, values[at, column[on]], 0.0)
        found[on] |= shows
        readable[on] &= seen
    return Alike(out, found, readable, item.scale)


def _item(model: CompiledModel, mine: CompiledItem, of: Slice) -> CompiledItem:
    ref = mine.ref if not of.item else type(mine.ref)(mine.ref.cube, of.item)
    item = model.items.get(ref)
    if item is None:
        raise NotFound(f"模型里没有指标 {cells.code_of(ref)}", item=cells.code_of(ref))
    if item.type != "number" or item.grain != mine.grain or not set(item.dims) <= set(mine.dims):
        raise Invalid(f"{item.definition.name} 的维度或期间与 {mine.definition.name} 不同，不能照着它分", item=of.item)
    return item


def columns(
    here: tuple[CompiledModel, CompiledItem], there: tuple[CompiledModel, CompiledItem], years: int
) -> dict[str, int]:
    """By period code of an item of one model the column of an item of another; with ``years`` the period of the same number in
    the fiscal year so many years earlier. Without the codes that the other axis does not reach."""
    (at, mine), (to, item) = here, there
    theirs = {code: j for j, code in enumerate(cells.axis(to, item))}
    if not mine.grain or not years:
        return {code: theirs[code] for code in cells.axis(at, mine) if code in theirs}
    place = {key: j for j, key in enumerate(_numbered(to, item.grain))}
    named = zip(cells.axis(at, mine), _numbered(at, mine.grain), strict=True)
    return {code: place[year - years, number] for code, (year, number) in named if (year - years, number) in place}


def _numbered(model: CompiledModel, grain: str) -> list[tuple[int, int]]:
    return list(zip(model.calendar.grain_years(grain), model.calendar.grain_numbers(grain), strict=True))


def _rows(
    model: CompiledModel, mine: CompiledItem, item: CompiledItem, of: Slice, every: ChangedCells
) -> list[np.ndarray]:
    """The members of the slice's cells, once for each combination of leaves below the members it names."""
    if strange := of.members.keys() - set(item.dims):
        raise Invalid(f"指标 {item.definition.name} 没有维度 {sorted(strange)[0]}", dimension=sorted(strange)[0])
    same = (
        np.stack([every.members[:, mine.dims.index(d)] for d in item.dims], axis=1)
        if item.dims
        else every.members[:, :0]
    )
    named = [item.dims.index(dim) for dim in of.members]
    leaves = [below.leaves_of(model, dim, code) for dim, code in of.members.items()]
    count = int(np.prod([len(one) for one in leaves], dtype=np.int64)) * len(every)
    if count > 10 * below.MOST:
        raise Invalid(f"照着分的那一片有 {count:,} 个单元格，太多；请选低一级的成员", cells=count)
    out = []
    for combination in product(*leaves):
        members = same.copy()
        members[:, named] = combination
        out.append(members)
    return out
