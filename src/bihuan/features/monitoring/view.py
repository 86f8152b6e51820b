"""An item as one actor sees it: ledger amounts, plan cells and voucher lines, cut by the read scope on the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.access.scope import Scope
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.queries import policy as policy_in_force
from bihuan.features.integration.model import LINE_TABLE
from bihuan.features.modelling import queries as modelling
from bihuan.features.monitoring.board import Seen
from bihuan.features.monitoring.measures import LedgerAmount, node_of, terms_of
from bihuan.features.monitoring.model import Terms
from bihuan.features.planning import queries as planning
from bihuan.features.planning.cells import code_of, ref_of
from bihuan.features.planning.versions import all_of
from bihuan.store.unit_of_work import Reader
from bihuan.store.warehouse import Warehouse

BUDGET, ACTUAL = "预算", "实际"
ZERO = Decimal(0)


def controlling(reader: Reader, model: str, item: str, periods: Sequence[str] = ()) -> PolicyInForce | None:
    """The policy whose released version of this model holds the item, or None; of several the one with these periods."""
    ids = {version.id for version in all_of(reader, modelling.find(reader, model).id)}
    rows = [r for r in reader.rows("monitoring.policies") if item in r["items"] and r["version_id"] in ids]
    if not rows:
        return None
    if len(rows) > 1 and periods:  # a year's budget is released under a policy of its own
        used = {
            r["policy_id"]
            for r in reader.rows("monitoring.policies_in", ids=[r["id"] for r in rows], periods=list(periods))
        }
        rows = [r for r in rows if r["id"] in used] or rows
    return policy_in_force(reader, rows[0]["code"])


def controlled_items(reader: Reader, model: str) -> list[str]:
    """The items of a model whose budget was released, as cube!item, in order of policy."""
    ids = {version.id for version in all_of(reader, modelling.find(reader, model).id)}
    rows = reader.rows("monitoring.policies")
    return list(dict.fromkeys(item for r in rows if r["version_id"] in ids for item in r["items"]))


Said = tuple[Terms, bool] | None


@dataclass(frozen=True, eq=False)
class View:
    """An item as one actor sees it. Answers per place: the terms, and whether only a part is visible; None = nothing is."""

    reader: Reader
    actor: Principal
    model: CompiledModel
    item: CompiledItem

    @property
    def code(self) -> str:
        """cube!item."""
        return code_of(self.item.ref)

    @property
    def scope(self) -> Scope:
        """The actor's read scope on the item."""
        return self.actor.scope("plan.read", self.model.definition.name).on(item=self.code)

    def ledger_amounts(self, policy: PolicyInForce, periods: Sequence[str]) -> list[LedgerAmount]:
        """What stands in the control ledger at each leaf coordinate."""
        rows = self.reader.rows("monitoring.ledger_terms", **self.in_ledger(policy, periods))
        seen = self.visible([row["coordinate"] for row in rows])
        return [
            LedgerAmount(row["coordinate"], row["stage"], row["original"], row["amount"], bool(see))
            for row, see in zip(rows, seen, strict=True)
        ]

    def in_ledger(self, policy: PolicyInForce, periods: Sequence[str]) -> dict[str, object]:
        """Where the item's entries stand, as the queries want it."""
        single = policy.policy.items == (self.code,)
        return {"policy_id": policy.id, "periods": list(periods), "item": self.code, "single": single}

    def ledger_terms(
        self, policy: PolicyInForce, places: Sequence[Mapping[str, str]], periods: Sequence[str]
    ) -> list[Said]:
        """From the control ledger."""
        amounts = self.ledger_amounts(policy, periods)
        out: list[Said] = []
        for place in places:
            seen = self.classify(place)
            node = node_of(self.model, place)
            if seen == "inside":  # a node one sees wholly, perhaps only its totals
                out.append((terms_of(node, [replace(a, visible=True) for a in amounts])[0], False))
                continue
            terms, _ = terms_of(node, amounts)
            out.append(None if seen == "outside" else (terms, True))
        return out

    def classify(self, place: Mapping[str, str]) -> Seen:
        """Whether all, a part or nothing of a node is inside the scope; a node is one member per dimension of the item."""
        if self.scope.is_everything:
            return "inside"
        return self.scope.classify({dim: place[dim] for dim in self.item.dims})

    def plan_terms(self, places: Sequence[Mapping[str, str]], periods: Sequence[str]) -> list[Said]:
        """From the budget and actual versions, added over the periods."""
        budget, actual = (self._cells(role, places, periods) for role in (BUDGET, ACTUAL))
        out: list[Said] = []
        for i in range(len(places)):
            hidden = [*budget.hidden[i], *actual.hidden[i]]
            terms = Terms(original=_sum(budget.values[i]), executed=_sum(actual.values[i]))
            partial = any(hidden) or any(budget.partial[i]) or any(actual.partial[i])
            out.append(None if all(hidden) else (terms, partial))
        return out

    def _cells(self, role: str, places: Sequence[Mapping[str, str]], periods: Sequence[str]) -> planning.Cells:
        version = planning.version(self.reader, self.model.definition.name, role)
        rows = [{dim: place[dim] for dim in self.item.dims} for place in places]
        return planning.read_cells(
            self.reader, self.actor, version_id=version.id, item=self.item.ref, rows=rows, periods=periods
        )

    def visible(self, places: Sequence[Mapping[str, str]]) -> NDArray[np.bool_]:
        """bool[n]: leaf coordinates inside the scope; one that names no leaf of the model is not."""
        if self.scope.is_everything or not places:
            return np.ones(len(places), np.bool_)
        ids = np.full((len(places), len(self.item.dims)), -1, np.int32)
        for d, dim in enumerate(self.item.dims):
            by_code = self.model.dimensions[dim].by_code
            ids[:, d] = [by_code[p[dim]].id if p.get(dim) in by_code else -1 for p in places]
        known = (ids >= 0).all(axis=1)
        out = np.zeros(len(places), np.bool_)
        out[known] = self.scope.rows(self.item.dims, ids[known])
        return out

    def lines(self, warehouse: Warehouse, place: Mapping[str, str], periods: Sequence[str]) -> ir.Table | None:
        """The voucher lines under a place, before the scope."""
        model = self.model.definition.name
        batches = [int(row["id"]) for row in self.reader.rows("monitoring.batches", model=model)]
        table = warehouse.scan(self.reader, LINE_TABLE, first=periods[0], last=periods[-1], batches=batches)
        if table is None or any(f"dim_{dim}" not in table.columns for dim in self.item.dims):
            return None
        keep = (table.item == self.code) & table.period.isin(list(periods))
        for dim, leaves in node_of(self.model, {dim: place[dim] for dim in self.item.dims}).leaves.items():
            keep &= table[f"dim_{dim}"].isin(list(leaves))
        return table.filter(keep)

    def cut(self, table: ir.Table) -> ir.Table | None:
        """The lines of a table that the scope lets through."""
        columns = [f"dim_{dim}" for dim in self.item.dims]
        if self.scope.is_everything:
            return table
        places = table.select(columns).distinct().to_pyarrow()
        seen = self.visible([{d: row[f"dim_{d}"] for d in self.item.dims} for row in places.to_pylist()])
        return table.semi_join(ibis.memtable(places.filter(pa.array(seen))), columns) if seen.any() else None


def view_of(reader: Reader, actor: Principal, model: str, item: str) -> View:
    """The item of a model for one actor."""
    compiled = modelling.compiled(reader, model)
    ref = ref_of(item)
    return View(reader, actor, compiled, compiled.item(ref.cube, ref.item))


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    said = [v for v in values if v is not None]
    return sum(said, ZERO) if said else None
