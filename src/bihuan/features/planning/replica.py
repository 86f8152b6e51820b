"""The replica: what this process knows of every version, immutable states swapped by one reference.

A request *pins* a state: it reads the head's seq inside its own transaction, catches up from the committed log if the shared
state is behind, and keeps what it got to its end. Only committed change sets reach a shared state: what a transaction
itself has written stands on a private overlay in its ``memo`` and is dropped with it.

    cold start   manifest blocks -> unpacked files mapped read-only -> Sheet; then the manifest's tails, then the log
    catch up     log rows (state.seq, head.seq], all edits between two structural change sets in one `Sheet.edit`
"""

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, finalize

from sqlalchemy import Engine, RowMapping

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.formula.bound import ItemRef, Read
from bihuan.engine.panel import Panel, empty
from bihuan.engine.sheet import Sheet
from bihuan.features.modelling.queries import compiled
from bihuan.features.planning import cells, versions
from bihuan.features.planning.model import UnknownState, Version
from bihuan.store.blocks import ChangedCells, PanelFiles, assemble, decode_changes, join_changes
from bihuan.store.unit_of_work import Reader, UnitOfWork

Models = Callable[[Reader, int, int], CompiledModel]  # (model id, revision) -> compiled, cached
PAST_STATES = 8  # as-of states kept per process
STRUCTURAL = ("release", "revision")  # change sets that are more than edits


@dataclass(frozen=True, eq=False)
class PlanState:
    """A version at a seq. ``frozen`` items are inputs since a release.

    ``roles`` are those its formulas read; ``others`` gives for each the (version, seq) that its numbers are based on.
    """

    version_id: int
    model_id: int
    seq: int
    revision: int
    model: CompiledModel
    sheet: Sheet
    frozen: frozenset[ItemRef] = frozenset()
    roles: frozenset[str] = frozenset()
    others: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A change set as the log has it, its plan units joined."""

    seq: int
    kind: str
    revision: int
    cells: ChangedCells


class _Slot:
    """One version's shared state; ``lock`` lets one thread catch up while the others wait for what it gets."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.state: PlanState | None = None


class Replica:
    """All versions as this process knows them. ``models`` gives compiled models, ``folder`` holds the unpacked panels."""

    def __init__(self, models: Models, folder: Path) -> None:
        self.models = models
        self.files = PanelFiles(folder)
        self._slots: dict[int, _Slot] = {}
        self._past: OrderedDict[tuple[int, int], PlanState] = OrderedDict()
        self._guard = threading.Lock()

    # --- pinning -----------------------------------------------------------------------------------------------

    def pin(self, reader: Reader, version_id: int) -> PlanState:
        """The version at its head as this transaction sees it; the same state until the transaction ends or writes."""
        pinned = reader.memo.get(("plan", version_id))
        if pinned is None:
            pinned = self.refresh(reader, versions.by_id(reader, version_id))
        assert isinstance(pinned, PlanState)
        return pinned

    def refresh(self, reader: Reader, head: Version) -> PlanState:
        """Pins at a head just read: after taking the head's lock nothing newer can come."""
        own = reader.memo.get(("plan", head.id))
        if ("plan written", head.id) in reader.memo:
            assert isinstance(own, PlanState)
            assert own.seq == head.seq, "who has written holds the lock: its overlay is the newest there is"
            return own
        state = self._with_others(reader, self._catch_up(reader, head))
        reader.memo["plan", head.id], reader.memo["version", head.id] = state, head
        return state

    def overlay(self, uow: UnitOfWork, state: PlanState) -> None:
        """What this transaction has written itself: pinned for it alone, shared only once it is committed."""
        before = uow.memo["plan", state.version_id]
        uow.memo["plan", state.version_id] = state
        uow.memo["plan written", state.version_id] = True
        uow.after_commit(lambda: self._publish(before, state))

    def _publish(self, before: PlanState, after: PlanState) -> None:
        """Spares this process from reading its own change set back, unless somebody has caught up meanwhile."""
        slot = self._slot(after.version_id)
        with slot.lock:
            if slot.state is before:
                slot.state = after

    def at(self, reader: Reader, version_id: int, seq: int) -> PlanState:
        """The version as it stood at ``seq``; raises `UnknownState` for a seq that has not been."""
        now = self.pin(reader, version_id)
        if seq == now.seq:
            return now
        if not 0 <= seq < now.seq:
            raise UnknownState(version=version_id, seq=seq, head=now.seq)
        known = self._past.get((version_id, seq))
        if known is None:
            manifest = reader.row("planning.manifest_at", version=version_id, seq=seq)
            if manifest is None:
                raise UnknownState(version=version_id, seq=seq)
            known = self._advance(reader, self._build(reader, manifest, now.model_id), seq)
            if ("plan written", version_id) not in reader.memo:  # what may be rolled back is not kept
                self._keep_past(known)
        return self._with_others(reader, known)

    def _keep_past(self, state: PlanState) -> None:
        with self._guard:
            self._past[state.version_id, state.seq] = state
            while len(self._past) > PAST_STATES:
                self._past.popitem(last=False)

    def named(self, reader: Reader, version_id: int, name: str) -> PlanState:
        """A named state; computed items that it stored show the stored values whatever their formulas say today."""
        manifest = reader.row("planning.manifest_named", version=version_id, name=name)
        if manifest is None:
            raise UnknownState(version=version_id, name=name)
        model_id = self.pin(reader, version_id).model_id
        state = self._build(reader, manifest, model_id)
        derived = self._panels(reader, state.model, manifest["derived"])
        return self._with_others(reader, replace(state, sheet=state.sheet.freeze(derived)) if derived else state)

    # --- advancing ---------------------------------------------------------------------------------------------

    def _catch_up(self, reader: Reader, head: Version) -> PlanState:
        """The shared state at the head just read, or a newer one: that was committed meanwhile."""
        slot, model = self._slot(head.id), self.models(reader, head.model_id, head.revision)
        state = slot.state
        if state is not None and state.seq >= head.seq and state.model is model:
            return state
        with slot.lock:
            if slot.state is None:
                manifest = reader.row("planning.manifest", id=head.manifest_id)
                assert manifest is not None, "a head names its manifest"
                slot.state = self._build(reader, manifest, head.model_id)
            state = self._advance(reader, slot.state, head.seq)
            if state.revision == head.revision and state.model is not model:  # data brought new members
                state = rebased(state, model, head.revision)
            slot.state = state
            return state

    def _advance(self, reader: Reader, state: PlanState, seq: int) -> PlanState:
        """The state at ``seq`` or later, from committed log rows."""
        if state.seq >= seq:
            return state
        entries = tail(reader, state.version_id, state.seq, seq)
        assert [e.seq for e in entries] == list(range(state.seq + 1, seq + 1)), "the log has no gaps"
        return self.apply(reader, state, entries)

    def apply(self, reader: Reader, state: PlanState, entries: Sequence[Entry]) -> PlanState:
        """The state after these change sets, in order."""
        for kind, group in groupby(entries, key=lambda e: e.kind if e.kind in STRUCTURAL else "edit"):
            run = list(group)
            if kind == "edit":
                edits = cells.edits_of(state.model, join_changes([e.cells for e in run]))
                state = replace(state, sheet=state.sheet.edit(edits)[0], seq=run[-1].seq)
                continue
            for entry in run:
                state = self._release(state, entry) if kind == "release" else self._revise(reader, state, entry)
        return state

    def _release(self, state: PlanState, entry: Entry) -> PlanState:
        """Freezes the entry's items at the values it carries."""
        if not entry.cells.items:
            return replace(state, seq=entry.seq)
        refs = [cells.ref_of(code) for code in entry.cells.items]
        frozen = {}
        for i, ref in enumerate(refs):
            item = state.model.items[ref]
            of_item = entry.cells.take(entry.cells.item == i)
            frozen[ref] = cells.panel_of_changes(state.model, item, of_item)
        return replace(state, sheet=state.sheet.freeze(frozen), frozen=state.frozen | set(refs), seq=entry.seq)

    def _revise(self, reader: Reader, state: PlanState, entry: Entry) -> PlanState:
        model = self.models(reader, state.model_id, entry.revision)
        return replace(rebased(state, model, entry.revision), seq=entry.seq)

    # --- building ----------------------------------------------------------------------------------------------

    def _build(self, reader: Reader, manifest: RowMapping, model_id: int) -> PlanState:
        """The state a manifest describes: blocks, then tails."""
        model = self.models(reader, model_id, manifest["revision"])
        frozen = frozenset(cells.ref_of(code) for code in manifest["frozen"])
        panels = self._panels(reader, model, manifest["blocks"])
        sheet = Sheet.build(model, {r: p for r, p in panels.items() if r not in frozen})
        if frozen:
            sheet = sheet.freeze({r: panels.get(r) or _nothing(model, r) for r in frozen})
        state = PlanState(
            manifest["version_id"],
            model_id,
            manifest["seq"],
            manifest["revision"],
            model,
            sheet,
            frozen,
            roles_read(model),
        )
        for version_id, after, upto in manifest["tails"]:
            state = self.apply(reader, state, tail(reader, version_id, after, upto))
        return replace(state, seq=manifest["seq"])

    def _panels(
        self, reader: Reader, model: CompiledModel, blocks: Mapping[str, Sequence[Sequence[str]]]
    ) -> dict[ItemRef, Panel]:
        """Panels mapped from the unpacked files; what no worker of this machine has unpacked yet is unpacked now."""
        out = {}
        for code, chunks in blocks.items():
            if (item := model.items.get(cells.ref_of(code))) is None:
                continue  # the item left the model since
            columns = cells.axis(model, item)
            name = PanelFiles.name(chunks, columns)
            if self.files.open(name) is None:
                data = {r["hash"]: r["bytes"] for r in _blocks(reader, chunks)}
                whole = assemble([[data[h] for h in chunk] for chunk in chunks], columns, len(item.dims))
                self.files.put(name, whole)
            mapped = self.files.open(name)
            assert mapped is not None, "just written"
            out[item.ref] = cells.panel_from(model, item, mapped)
        return out

    def _with_others(self, reader: Reader, state: PlanState) -> PlanState:
        """The state with the versions its formulas read by role, at their heads as this transaction sees them."""
        if not state.roles:
            return state
        others: dict[str, PlanState] = {}
        bound = versions.of_roles(reader, state.model_id, state.roles)
        own = [role for role, head in bound.items() if head.id == state.version_id]
        for role, head in bound.items():
            if role not in own:
                written = ("plan written", head.id) in reader.memo
                others[role] = reader.memo["plan", head.id] if written else self._catch_up(reader, head)
        seqs = {role: (other.version_id, other.seq) for role, other in others.items()} | dict.fromkeys(
            own, (state.version_id, 0)
        )
        if seqs == state.others:
            return state
        beside = replace(
            state, sheet=state.sheet.with_others({r: o.sheet for r, o in others.items()}, own=own), others=seqs
        )
        if not any(("plan written", o.version_id) in reader.memo for o in others.values()):
            self._publish(state, beside)
        return beside

    def _slot(self, version_id: int) -> _Slot:
        with self._guard:
            return self._slots.setdefault(version_id, _Slot())


def rebased(state: PlanState, model: CompiledModel, revision: int) -> PlanState:
    """The same entered cells under another compiled model; those of items that left or changed dimensions fall away."""
    inputs: dict[ItemRef, Panel] = {}
    for ref, panel in state.sheet.inputs.items():
        was, now = state.model.items[ref], model.items.get(ref)
        if now is not None and now.dims == was.dims:
            inputs[ref] = cells.moved(panel, cells.axis(state.model, was), cells.axis(model, now))
    frozen = frozenset(ref for ref in state.frozen if ref in inputs)
    sheet = Sheet.build(model, {r: p for r, p in inputs.items() if r not in frozen})
    sheet = sheet.freeze({r: inputs[r] for r in frozen}) if frozen else sheet
    return replace(
        state, model=model, sheet=sheet, frozen=frozen, roles=roles_read(model), revision=revision, others={}
    )


def _nothing(model: CompiledModel, ref: ItemRef) -> Panel:
    item = model.items[ref]
    return empty(cells.sizes(model, item), len(cells.axis(model, item)))


def _blocks(reader: Reader, chunks: Iterable[Iterable[str]]) -> Sequence[RowMapping]:
    return reader.rows("planning.blocks", hashes=[h for chunk in chunks for h in chunk])


def tail(reader: Reader, version_id: int, after: int, upto: int) -> list[Entry]:
    """The change sets of a version in (after, upto], in order."""
    rows = reader.rows("planning.tail", version=version_id, after=after, upto=upto)
    return [
        Entry(seq, parts[0]["kind"], parts[0]["revision"], join_changes([decode_changes(p["payload"]) for p in parts]))
        for seq, group in groupby(rows, key=lambda r: r["seq"])
        if (parts := list(group))
    ]


def roles_read(model: CompiledModel) -> frozenset[str]:
    """Version roles that some formula names."""
    found: set[str] = set()
    stack: list[object] = [
        node for item in model.items.values() for rule in item.rules for node in (rule.expression, rule.region)
    ]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif is_dataclass(node):
            if isinstance(node, Read) and node.version is not None:
                found.add(node.version)
            stack.extend(getattr(node, f.name) for f in fields(node))
    return frozenset(found)


# --- one replica per process and database ------------------------------------------------------------------------------

_REPLICAS: WeakKeyDictionary[Engine, Replica] = WeakKeyDictionary()
_REGISTER = threading.Lock()


def open_replica(engine: Engine, *, models: Models, folder: Path) -> Replica:
    """Gives the database's replica its models and its folder of unpacked panels (``data/blocks``); once per process."""
    with _REGISTER:
        _REPLICAS[engine] = made = Replica(models, folder)
        return made


def replica_of(reader: Reader) -> Replica:
    """The replica of the database this transaction runs on."""
    engine: Any = reader.conn.engine
    found = _REPLICAS.get(engine)
    if found is None:  # a process without bootstrap: a script, a test
        folder = tempfile.TemporaryDirectory(prefix="bihuan-blocks-")
        finalize(engine, folder.cleanup)
        found = open_replica(engine, models=compiled, folder=Path(folder.name))
    return found
