"""Versions, edits and their outcome, as values. No I/O.

Errors::

    UnknownVersion     there is no such version, or one may not know of it
    UnknownState       a version has no such seq or named state
    VersionClosed      a closed version takes no writes
    NotSaved           a command's cells were refused; facts carry the cells
    ChangedSince       an undo whose cells changed meanwhile
    NameTaken          a version or snapshot of this name exists
    CannotFreeze       what a release asks to freeze cannot be frozen
    CannotSpread       no cell below a total can take a part of what was typed on it
    NothingToFollow    the shares to split by come to nothing
    TooManyHolds       a person holds as many nodes of a version as may be held
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from bihuan.engine.formula.bound import ItemRef
from bihuan.kernel.errors import Conflict, Invalid, NotFound

Mode = Literal["all", "valid"]
ChangeKind = Literal["edit", "undo", "restore", "merge", "release", "revision"]
Refusal = Literal[
    "unknown_item",
    "unknown_member",
    "not_a_leaf",
    "outside_plan",
    "not_a_number",
    "formula",
    "out_of_scope",
    "frozen",
    "locked",
    "twice",
]


class UnknownVersion(NotFound):
    """没有这个版本，或您看不到它。"""

    code = "unknown_version"


class UnknownState(NotFound):
    """这个版本没有这样一个历史状态。"""

    code = "unknown_state"


class VersionClosed(Conflict):
    """版本已关闭，不能再写入。"""

    code = "version_closed"


class NotSaved(Conflict):
    """这些单元格不能写入，什么都没有改变。"""

    code = "not_saved"


class ChangedSince(Conflict):
    """单元格在这期间又被改过，什么都没有改变。"""

    code = "changed_since"


class NameTaken(Conflict):
    """已有同名的版本或快照，请换一个名称。"""

    code = "name_taken"


class CannotFreeze(Invalid):
    """不允许覆盖（override）的公式指标只能整版本批复，不能只批复一部分组织。"""

    code = "cannot_freeze"


class CannotSpread(Conflict):
    """下面没有可以改的单元格。"""

    code = "cannot_spread"


class NothingToFollow(Conflict):
    """要照着分的那一片全是空或零，或您没有权限看，分不出比例。"""

    code = "nothing_to_follow"


class TooManyHolds(Conflict):
    """保持不动的地方太多。"""

    code = "too_many_holds"


@dataclass(frozen=True, slots=True)
class Version:
    """``role`` (实际 预算 预测) is what formulas name; ``bound`` says that this version is meant by it.

    A branch was forked from ``base_version_id`` as it stood at ``base_seq``.
    """

    id: int
    model_id: int
    code: str
    name: str
    role: str
    bound: bool
    status: Literal["open", "released", "closed"]
    base_version_id: int | None
    base_seq: int | None
    seq: int
    revision: int
    manifest_id: int


@dataclass(frozen=True, slots=True)
class CellEdit:
    """One cell: what was seen there and what shall stand there, in the item's unit; None = blank, never zero.

    ``members`` names a leaf of each of the item's dimensions; ``period`` is a leaf period's code, "" for a parameter.
    """

    item: ItemRef
    members: Mapping[str, str]
    period: str
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class Theirs:
    """What stands in a conflicting cell now, and the change set that put it there (seq 0: before the log began)."""

    value: Decimal | None
    state: str
    author: str
    at: datetime | None
    seq: int


@dataclass(frozen=True, slots=True)
class CellResult:
    """Why ``edits[index]`` was not saved; ``code`` is a `Refusal`, or "conflict", or "others_failed" under mode all."""

    index: int
    status: Literal["conflict", "refused", "unsaved"]
    code: str
    message: str
    theirs: Theirs | None = None


@dataclass(frozen=True, slots=True)
class SaveResult:
    """``seq`` of the version afterwards; ``cells`` lists only what was not saved."""

    outcome: Literal["saved", "partly", "nothing"]
    seq: int
    saved: int
    cells: tuple[CellResult, ...]


@dataclass(frozen=True, slots=True)
class Lock:
    """Cells of ``org`` and all below it ("" = all) refuse edits; ``items`` None = every item. ``why`` is shown.

    Reserved items are written by one feature's command only, such as targets. A lock of kind actual holds the periods up to
    ``through``: there the version shows what really happened.
    """

    org: str
    kind: Literal["submitted", "released", "reserved", "actual"]
    items: frozenset[str] | None
    why: str
    holder: str
    through: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A leaf cell with its value in the item's unit; blank cells are not listed."""

    item: ItemRef
    members: Mapping[str, str]
    period: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class FrozenCells:
    """What a release froze, at which seq."""

    seq: int
    cells: Sequence[Cell]
