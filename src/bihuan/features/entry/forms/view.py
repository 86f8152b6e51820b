"""A whole form in one go: the cells of its year with what may be edited, and the columns it is compared with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Principal
from bihuan.features.entry.forms.model import Column, Compared, NoSuchForm, View
from bihuan.features.entry.forms.text import Compare, Form
from bihuan.features.entry.texts import texts_of
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import cells, scoped, versions
from bihuan.features.planning import queries as planning
from bihuan.features.planning.editing import ORG
from bihuan.features.planning.estimate import ESTIMATE, Estimate, estimate, version_for, year_columns, year_of
from bihuan.features.planning.replica import PlanState
from bihuan.features.planning.wire import QueryIn, QueryOut, RowsIn
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader


def forms_of(reader: Reader, actor: Principal, model: str) -> list[Form]:
    """The forms of a model of which the actor may read something."""
    found = modelling.get(reader, actor, model)
    scope = actor.scope("plan.read", found.code)
    return [
        f
        for f in texts_of(reader, found.id).forms
        if any(not scope.on(item=f"{f.cube}!{i}").is_nothing for i in f.items)
    ]


def form_of(reader: Reader, state: PlanState, code: str) -> Form:
    """The form of this code at the state's revision."""
    for form in texts_of(reader, state.model_id, state.revision).forms:
        if form.code == code:
            return form
    raise NoSuchForm(form=code)


def view(
    reader: Reader,
    actor: Principal,
    *,
    version_id: int,
    form: str,
    org: str | None = None,
    fixed: Mapping[str, str] | None = None,
) -> View:
    """The form at the version's head. ``fixed`` names members of dimensions that are neither rows nor organisation."""
    state = planning.state_for(reader, actor, version_id)
    found = form_of(reader, state, form)
    year = year_of(versions.known(reader, version_id).code, state.model.calendar)
    asked = query_of(state, found, year, org=org, fixed=fixed or {})
    answer = planning.query(reader, actor, asked)
    beside = _Beside(reader, actor, state, found, year)
    return View(found, year, asked, answer, list(beside.columns(answer, org)))


def query_of(state: PlanState, form: Form, year: int, *, org: str | None, fixed: Mapping[str, str]) -> QueryIn:
    """The query of a form's cells, which previews use too."""
    rows = RowsIn(dim=form.dim, tree=form.tree, root=form.root, depth=form.depth) if form.dim else None
    timed = any(state.model.item(form.cube, i).grain for i in form.items)
    return QueryIn(
        version=state.version_id,
        cube=form.cube,
        items=list(form.items),
        rows=rows,
        fixed={**fixed, **({ORG: org} if org is not None and _has_org(state, form) else {})},
        columns=list(year_columns(state.model.calendar, year)) if timed else "plan-with-totals",
        over=False,
    )


def _has_org(state: PlanState, form: Form) -> bool:
    return any(ORG in state.model.item(form.cube, i).dims for i in form.items)


class _Beside:
    """The comparison columns of one form, in the making."""

    def __init__(self, reader: Reader, actor: Principal, state: PlanState, form: Form, year: int) -> None:
        self.reader, self.actor, self.state, self.form, self.year = reader, actor, state, form, year

    def columns(self, answer: QueryOut, org: str | None) -> Iterator[Column]:
        """Those that have a year on the axis and a version; a change needs the column it is a change from."""
        shown: set[str] = set()
        for said in self.form.compare:
            if said.change_from:
                if said.change_from in shown:
                    yield Column(said.code, said.title, "", said.change_from, ())
                continue
            found = self._column(said, answer, org)
            if found is not None:
                shown.add(said.code)
                yield found

    def _column(self, said: Compare, answer: QueryOut, org: str | None) -> Column | None:
        calendar, year = self.state.model.calendar, self.year + said.year
        key = year_key(calendar, year)
        if key is None:
            return None
        if said.version == ESTIMATE:
            mixed = self._estimate(year, org)
            actual, planned = mixed.months(calendar, year)
            note = f"{actual}实+{planned}预" if planned else ""
            codes = [mixed.actual.code, *([mixed.plan.code] if mixed.plan is not None and planned else [])]
            return Column(said.code, titled(said, year), note, "", self._cells(answer, key, mixed.state, codes))
        head = version_for(self.reader, self.state.model_id, said.version, year, calendar)
        if head is None:
            return None
        state = self.state if head.id == self.state.version_id else planning.replica_state(self.reader, head.id)
        return Column(said.code, titled(said, year), "", "", self._cells(answer, key, state, [head.code]))

    def _estimate(self, year: int, org: str | None) -> Estimate:
        items = [self.state.model.item(self.form.cube, i).ref for i in self.form.items]
        return estimate(self.reader, self.state.model_id, items, year=year, org=org)

    def _cells(self, answer: QueryOut, key: PeriodKey, state: PlanState, codes: Sequence[str]) -> list[Compared]:
        """One column of the rows of a slice, cut by what may be read in each of the versions it comes from."""
        out = [Compared(None, "BLANK", False)] * len(answer.rows)
        for code in dict.fromkeys(row.item for row in answer.rows):
            item = state.model.items.get(ItemRef(self.form.cube, code))
            if item is None or not item.grain:
                continue
            at = [i for i, row in enumerate(answer.rows) if row.item == code]
            by_code = [state.model.dimensions[d].by_code for d in item.dims]
            places = [[m[answer.rows[i].members[d]].id for d, m in zip(item.dims, by_code, strict=True)] for i in at]
            nodes = np.array(places, np.int32).reshape(len(at), len(item.dims))
            for i, cell in zip(at, self._read(state, item, nodes, key, codes), strict=True):
                out[i] = cell
        return out

    def _read(
        self, state: PlanState, item: CompiledItem, nodes: NDArray[np.int32], key: PeriodKey, codes: Sequence[str]
    ) -> Iterator[Compared]:
        """Cells of one item; what is outside the scope in one of the versions is blank, what is partly inside is masked."""
        worst, masked = np.zeros(len(nodes), np.uint8), state
        for version in codes:
            scope = scoped.scope_of(state.model, version, self.actor, item.ref)
            classes = scoped.classify(state.model, scope, item, nodes, [key])[:, 0]
            worst = np.maximum(worst, classes)
            if (classes == scoped.PARTIAL).any():
                masked = replace(masked, sheet=scoped.masked(masked, version, self.actor, item))
        tree = {self.form.dim: self.form.tree} if self.form.tree else None
        whole = state.sheet.read(item.ref, rows=nodes, periods=[key], tree=tree)
        part = whole if masked is state else masked.sheet.read(item.ref, rows=nodes, periods=[key], tree=tree)
        for k, seen in enumerate(worst):
            values, states = part if seen == scoped.PARTIAL else whole
            mark = int(states[k, 0]) if seen != scoped.OUTSIDE else State.BLANK
            shown = cells.text(cells.shown(item, float(values[k, 0]), mark))
            yield Compared(shown, State(mark).name, bool(seen == scoped.PARTIAL))


def titled(said: Compare, year: int) -> str:
    """The column's heading; ``{年}`` stands for its year."""
    return said.title.replace("{年}", str(year))


def year_key(calendar: Calendar, year: int) -> PeriodKey | None:
    """The column of a fiscal year; None when it is not on the axis."""
    grain = "year" if "year" in calendar.groupings else "base"
    years = calendar.grain_years(grain)
    return PeriodKey(grain, years.index(year)) if year in years else None
