"""Running a unit's checks for somebody, on what is saved or with edits tried on it; the reasons kept for the reviewer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from sqlalchemy import RowMapping

from bihuan.engine.condition import Operand, beside
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.sheet import Sheet
from bihuan.features.access.model import Principal
from bihuan.features.entry.checks.run import Outcome, Place, run
from bihuan.features.entry.checks.text import Check
from bihuan.features.entry.texts import texts_of
from bihuan.features.planning import cells, commands, editing, versions
from bihuan.features.planning import queries as planning
from bihuan.features.planning.editing import ORG
from bihuan.features.planning.estimate import ESTIMATE, estimate, version_for, year_of
from bihuan.features.planning.model import CellEdit, Version
from bihuan.features.planning.replica import PlanState
from bihuan.kernel.errors import NotFound
from bihuan.kernel.member import Dimension
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class Ran:
    """What a unit's checks say at a seq of its version; ``count`` of them ran."""

    seq: int
    count: int
    outcome: Outcome


@dataclass(frozen=True, eq=False)
class _Beside:
    """Version roles that checks name: their sheets, and the versions whose numbers they tell."""

    sheets: dict[str, Sheet]
    codes: dict[str, list[str]]


def run_checks(reader: Reader, actor: Principal, *, version_id: int, org: str, edits: Sequence[CellEdit] = ()) -> Ran:
    """The checks at one organisation of a version; ``edits`` that could be saved are tried first. Asks no permission to run,
    but tells no number of an item the actor may not read there."""
    state = planning.replica_state(reader, version_id)
    version = versions.known(reader, version_id)
    checks = [c for c in texts_of(reader, state.model_id, state.revision).checks if _meant(state, c, org)]
    sheet = _tried(reader, actor, state, version, edits) if edits else state.sheet
    year = year_of(version.code, state.model.calendar)
    others = _beside(reader, state, checks, org=org, year=year)
    place = Place(_org_id(state, org), year, _Sight(actor, state, version, others))
    return Ran(state.seq, len(checks), run(beside(sheet, {**others.sheets, version.role: sheet}), checks, place))


def reasons(reader: Reader, unit_id: int, submission: int) -> Sequence[RowMapping]:
    """What was said at a submission, in the order of the checks."""
    return reader.rows("checks.reasons", unit_id=unit_id, submission=submission)


def _tried(reader: Reader, actor: Principal, state: PlanState, version: Version, edits: Sequence[CellEdit]) -> Sheet:
    trial = commands.checked(state, version, actor, edits)
    trial = editing.refuse_locked(state.model, versions.locks(reader, version.id), trial)
    return state.sheet.edit(cells.edits_of(state.model, trial.cells))[0]


def _org_id(state: PlanState, org: str) -> int | None:
    dimension = state.model.dimensions.get(ORG)
    if dimension is None:
        return None
    if org not in dimension.by_code:
        raise NotFound(f"没有组织 {org}", org=org)
    return dimension.by_code[org].id


def _meant(state: PlanState, check: Check, org: str) -> bool:
    """Whether the check is for this organisation: it or one above it is named, or none is."""
    dimension = state.model.dimensions.get(ORG)
    return not check.orgs or dimension is None or any(code in check.orgs for code in above(dimension, org))


def above(dimension: Dimension, code: str) -> Iterator[str]:
    """The member and its ancestors in the main tree."""
    tree = dimension.trees.get("")
    edges = tree.parent_of() if tree is not None else {}
    member = dimension.by_code.get(code)
    while member is not None:
        yield member.code
        edge = edges.get(member.id)
        member = dimension.by_id[edge.parent] if edge is not None else None


def _beside(reader: Reader, state: PlanState, checks: Iterable[Check], *, org: str, year: int) -> _Beside:
    """The other versions' sheets; of 预计 those items that some check reads there."""
    found = _Beside({}, {})
    wanted: dict[str, set[ItemRef]] = {}
    for operand in (o for check in checks for o in check.operands):
        if operand.version is not None:
            wanted.setdefault(operand.version, set()).add(operand.item)
    for role, items in wanted.items():
        if role == ESTIMATE:
            mixed = estimate(reader, state.model_id, items, year=year - 1, org=org)
            found.sheets[role] = mixed.state.sheet
            found.codes[role] = [mixed.actual.code, *([mixed.plan.code] if mixed.plan is not None else [])]
        elif (head := version_for(reader, state.model_id, role, year, state.model.calendar)) is not None:
            found.sheets[role] = planning.replica_state(reader, head.id).sheet
            found.codes[role] = [head.code]
    return found


class _Sight:
    """What the actor may be told of: every cell that an operand reads at a finding, in every version it is read of."""

    def __init__(self, actor: Principal, state: PlanState, version: Version, others: _Beside) -> None:
        self.state, self.version, self.others = state, version, others
        self.scope = actor.scope("plan.read", state.model.definition.name)
        self._known: dict[tuple[object, ...], bool] = {}

    def __call__(self, operand: Operand, codes: Mapping[str, str]) -> bool:
        """A dimension that neither the operand pins nor the finding names is read as a whole."""
        item = self.state.model.items[operand.item]
        named = {**codes, **operand.pins}
        places = [[named[d]] if d in named else _tops(self.state.model.dimensions[d]) for d in item.dims]
        key = (operand.item, operand.version, *(tuple(p) for p in places))
        if key not in self._known:
            versions_read = self._versions(operand)
            self._known[key] = all(
                self.scope.on(item=cells.code_of(operand.item), version=code).classify(
                    dict(zip(item.dims, at, strict=True))
                )
                == "inside"
                for code in versions_read
                for at in product(*places)
            )
        return self._known[key]

    def _versions(self, operand: Operand) -> Sequence[str]:
        if operand.version is None:
            return [self.version.code]
        return self.others.codes.get(operand.version, [self.version.code])


def _tops(dimension: Dimension) -> list[str]:
    tree = dimension.trees.get("")
    below = set(tree.parent_of()) if tree is not None else set()
    return [m.code for m in dimension.members if m.id not in below]
