"""What crosses the wire about branches: comparing versions, merging, discarding. Schemas only; amounts as in `wire`."""

from typing import Annotated, Literal

from pydantic import Field

from bihuan.features.planning.wire import Amount, Code, Members, QueryIn, TheirsOut, _In, _Out

Side = Literal["base", "branch"]


class ChoiceIn(_In):
    """The decision at one conflict: whose value stands. ``base`` is what the base showed; when it moved on, it is asked again."""

    cube: Code
    item: Code
    members: Members
    period: str = ""
    base: Amount | None
    take: Side


class MergeIn(_In):
    """``branch_seq`` is the branch as it was looked at; later edits in it are not merged."""

    branch_seq: Annotated[int, Field(ge=0)]
    choices: Annotated[tuple[ChoiceIn, ...], Field(max_length=100_000)] = ()
    reason: Annotated[str, Field(max_length=2_000)] = ""


class BranchStateIn(_In):
    """``open``: takes writes again; ``closed``: discarded, still readable."""

    status: Literal["open", "closed"]
    reason: Annotated[str, Field(max_length=2_000)] = ""


class MergedCellOut(_Out):
    """A cell with its value at the fork, in the base today and in the branch; ``theirs`` (who changed the base) at a conflict."""

    cube: str
    item: str
    name: str
    members: Members
    names: dict[str, str]  # of the members, by dimension
    period: str
    fork: str | None
    base: str | None
    branch: str | None
    theirs: TheirsOut | None


class MergeOut(_Out):
    """``changed`` and ``conflicts`` count all cells, the lists hold the first 500. ``seq`` is the base's afterwards."""

    outcome: Literal["merged", "conflicts", "nothing"]
    base: int
    seq: int
    branch_seq: int
    changed: int
    conflicts: int
    changes: list[MergedCellOut]
    open: list[MergedCellOut]


class CompareIn(_In):
    """One slice in two to six versions, the first of ``versions`` being what the others are compared with."""

    query: QueryIn  # its ``version`` is not looked at
    versions: Annotated[list[int], Field(min_length=2, max_length=6)]
    leaves: bool = True  # only cells that are no totals
    limit: Annotated[int, Field(ge=1, le=2_000)] = 200


class ComparedOut(_Out):
    """One cell in every version. ``delta[k]``: of version k+1 against the first, blank counting as nothing; ``percent`` is a
    share of the first's absolute value with four decimals, null where that is blank or zero."""

    key: str
    item: str
    name: str
    members: Members
    period: str
    values: list[str | None]
    delta: list[str]
    percent: list[str | None]


class CompareOut(_Out):
    """Cells that differ, largest absolute difference first; ``differing`` counts all. ``versions`` as asked, with their seq."""

    versions: list[int]
    seqs: list[int]
    cells: int
    differing: int
    rows: list[ComparedOut]
