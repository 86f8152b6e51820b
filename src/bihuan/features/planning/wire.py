"""What crosses the wire: the query of a plan slice, previews, saves, trace, history. Schemas only.

Amounts are decimal strings in the item's own unit ("1234.50", "0.035"); blank is ``null`` and never "0". A state is the name
of a `kernel.state.State`. Period codes name leaf periods or groups of the calendar. Outputs have no defaults.

An example: volumes of all products under P in region north, the plan's leaf periods with their totals::

    POST /api/v1/plan/query
    {"version": 7, "cube": "销售", "items": ["销量", "收入"], "rows": {"dim": "产品", "root": "P"},
     "fixed": {"地区": "north"}, "columns": "plan-with-totals"}

    {"seq": 41, "revision": 3,
     "items":   [{"code": "销量", "name": "销量", "unit": "件", "decimals": 0, "scale": 0, "formula": false}, …],
     "columns": [{"code": "2026-01", "name": "2026-01", "kind": "base", "parent": "2026Q1"}, …],
     "rows":    [{"key": "销量|P1", "item": "销量", "members": {"产品": "P1", "地区": "north"}, "name": "甲", "level": 1,
                  "parent": "销量|P", "leaf": true}, …],
     "cells":   [[{"v": "120", "s": "VALUE", "e": true, "r": null, "p": false}, …], …],
     "reasons": {"formula": "由公式计算：收入 = 销量 * 单价", "locked:D1": "已提交，待张三审批"}}

``cells[i][j]`` belongs to ``rows[i]`` and ``columns[j]``; ``r`` is a key of ``reasons`` and says why ``e`` is false.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

Code = Annotated[str, Field(min_length=1, max_length=200)]
Amount = Annotated[str, Field(max_length=60, examples=["1234.50"])]
Members = dict[str, Code]
CellStatus = Literal["saved", "conflict", "refused", "unsaved"]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


# --- asking ----------------------------------------------------------------------------------------------------------


class RowsIn(_In):
    """The dimension shown down the rows: ``members`` if given, else ``root`` (default: all tops) and what is below it."""

    dim: Code
    tree: str = ""
    root: Code | None = None
    depth: Annotated[int, Field(ge=0, le=50)] | None = None
    members: Annotated[list[Code], Field(max_length=20_000)] | None = None


class QueryIn(_In):
    """A slice of one cube. Every dimension of an item is in ``rows`` or ``fixed``, or has a single top, which is then meant."""

    version: int
    cube: Code
    items: Annotated[list[Code], Field(max_length=2_000)] = []  # empty = all of the cube, in its order
    rows: RowsIn | None = None
    fixed: Members = {}
    columns: Literal["plan", "plan-with-totals"] | Annotated[list[Code], Field(max_length=2_000)] = "plan-with-totals"
    as_of: Annotated[int, Field(ge=0)] | None = None  # a seq of the version; default its head
    over: bool = True  # false: what a formula gives is not offered for entry, though ``override`` would take it
    filled: bool = False  # true: rows that are blank, and so is all below them, are left out


class EditIn(_In):
    """One cell as typed: what the client last saw there, and what shall stand there."""

    cube: Code
    item: Code
    members: Members
    period: str = ""  # "" for a parameter without period
    before: Amount | None
    after: Amount | None


Edits = Annotated[list[EditIn], Field(max_length=200_000)]


class PreviewIn(_In):
    """``edits`` are tried on a private copy; nothing is written."""

    edits: Edits
    query: QueryIn


class SaveIn(_In):
    """``mode``: "all" or nothing, or the "valid" ones only. ``base_seq`` is the seq the client read."""

    version: int
    base_seq: Annotated[int, Field(ge=0)]
    edits: Annotated[Edits, Field(min_length=1)]
    mode: Literal["all", "valid"] = "all"
    reason: Annotated[str, Field(max_length=2_000)] = ""


class CellIn(_In):
    """One cell; members may be parents and the period a group, for a trace."""

    version: int
    cube: Code
    item: Code
    members: Members
    period: str = ""
    as_of: Annotated[int, Field(ge=0)] | None = None


class TraceIn(CellIn):
    """``depth`` steps down towards the inputs."""

    depth: Annotated[int, Field(ge=1, le=20)] = 1


class BranchIn(_In):
    """A new version that starts as ``version`` stands (at ``as_of`` if given)."""

    version: int
    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200)]
    as_of: Annotated[int, Field(ge=0)] | None = None


class SnapshotIn(_In):
    """A name for the state the version is in now."""

    version: int
    name: Annotated[str, Field(min_length=1, max_length=200)]


class UndoIn(_In):
    """Takes back one change set, or does it again, if none of its cells changed since."""

    version: int
    seq: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Field(max_length=2_000)] = ""


# --- answers ---------------------------------------------------------------------------------------------------------


class VersionOut(_Out):
    """A version one may read. ``made_by`` and ``made_at`` (ISO 8601, UTC) are told of a branch: who forked it when."""

    id: int
    model: str
    code: str
    name: str
    role: str
    status: Literal["open", "released", "closed"]
    seq: int
    revision: int
    base: int | None  # of a branch: the version it was forked from
    made_by: str | None = None
    made_at: str | None = None


class VersionsOut(_Out):
    versions: list[VersionOut]


class ItemOut(_Out):
    """``decimals``: places to show; ``scale``: places kept, null = any; ``formula``: computed in every plan cell."""

    code: str
    name: str
    unit: str
    decimals: int
    scale: int | None
    formula: bool


class ColumnOut(_Out):
    """``kind``: "base", a grouping's name, or "none" for the only column of items without period."""

    code: str
    name: str
    kind: str
    parent: str | None  # the code of the finest group shown that holds it
    plan: bool  # in the plan range; history and look-ahead columns are not


class RowOut(_Out):
    """``members`` names one node for each of the item's dimensions; ``parent`` is another row's key."""

    key: str
    item: str
    members: Members
    name: str
    level: int
    parent: str | None
    leaf: bool


class CellOut(TypedDict):
    """v: value; s: state; e: editable; r: key in ``reasons`` why not; p: 部分, a sum of only the visible part.

    A plain dictionary, not a model: a form has thousands of cells, and building models was most of its time.
    """

    v: str | None
    s: str
    e: bool
    r: str | None
    p: bool


class QueryOut(_Out):
    """A slice at (seq, revision)."""

    version: int
    seq: int
    revision: int
    items: list[ItemOut]
    columns: list[ColumnOut]
    rows: list[RowOut]
    cells: list[list[CellOut]]
    reasons: dict[str, str]


class TheirsOut(_Out):
    """What stands there now, and the change set that put it there."""

    value: str | None
    state: str
    author: str
    at: str  # ISO 8601, UTC
    seq: int


class CellResultOut(_Out):
    """The outcome of ``edits[index]``; ``code`` and ``message`` say why it was not saved, ``theirs`` only for a conflict."""

    index: int
    status: CellStatus
    code: str | None
    message: str | None
    theirs: TheirsOut | None


class SaveOut(_Out):
    """``outcome``: everything, a part, or nothing was written (then status 409). ``seq`` is the version's seq afterwards."""

    outcome: Literal["saved", "partly", "nothing"]
    seq: int
    saved: int
    cells: list[CellResultOut]  # only those not saved


class PreviewOut(_Out):
    """The slice as it would be, and the edits that would be refused."""

    slice: QueryOut
    cells: list[CellResultOut]


class StepOut(_Out):
    """One step of a trace. ``kind``: input, formula, total, blank or hidden (outside your scope; then nothing else is told)."""

    kind: Literal["input", "formula", "total", "hidden"]
    cube: str
    item: str
    name: str
    members: Members
    period: str
    v: str | None
    s: str
    text: str  # the formula as written, or how the total is made
    children: list["StepOut"]


class HistoryEntryOut(_Out):
    """One change of a cell."""

    seq: int
    author: str
    at: str
    source: str
    reason: str
    kind: str
    before: str | None
    after: str | None


class HistoryOut(_Out):
    entries: list[HistoryEntryOut]  # newest first


class SeqOut(_Out):
    """The version's seq after the command."""

    version: int
    seq: int
