/**
 * The sheet: the truth the grid draws. Three layers per cell, top first: what the user typed, what the server's trial
 * calculation said, what the server has saved. Typing changes the first only; nothing here computes a figure.
 */
import type { Amount } from "../../lib/amount";
import { BLANK, type Cell, type CellRef, type CellView, type Change, type Column, type Key, keyOf, refOf, type Row } from "./cell";

export interface SheetData {
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
  readonly cells: ReadonlyMap<Key, Cell>;
}

export interface Outcome {
  readonly applied: number;
  readonly skipped: number; // cells that may not be edited
}

interface Edit {
  readonly before: Amount | null;
  readonly after: Amount | null;
}

interface Step {
  readonly key: Key;
  readonly from: Edit | undefined;
  readonly to: Edit | undefined;
}

const FRESH_MS = 10_000;

export class Sheet {
  #rows: ReadonlyMap<string, Row>;
  #columns: ReadonlyMap<string, Column>;
  #saved: ReadonlyMap<Key, Cell>;
  #trial = new Map<Key, Cell>();
  #edits = new Map<Key, Edit>();
  #invalid: ReadonlyMap<Key, string> = new Map();
  #marks: ReadonlySet<Key> = new Set();
  #fresh = new Map<Key, { readonly who: string; readonly until: number }>();
  #undo: (readonly Step[])[] = [];
  #redo: (readonly Step[])[] = [];
  #waiting = false;
  #revision = 0;
  readonly #listeners = new Set<() => void>();

  constructor(
    public data: SheetData,
    private readonly clock: () => number = Date.now,
  ) {
    this.#saved = data.cells;
    this.#rows = new Map(data.rows.map((row) => [row.id, row]));
    this.#columns = new Map(data.columns.map((column) => [column.id, column]));
  }

  // --- reading -----------------------------------------------------------------------------------------------------

  /** Grows with every change: the snapshot for React. */
  readonly revision = (): number => this.#revision;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  row(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  column(id: string): Column | undefined {
    return this.#columns.get(id);
  }

  saved(ref: CellRef): Cell {
    return this.#saved.get(keyOf(ref)) ?? BLANK;
  }

  view(ref: CellRef): CellView {
    const key = keyOf(ref);
    const saved = this.#saved.get(key) ?? BLANK;
    const edit = this.#edits.get(key);
    const trial = this.#trial.get(key);
    const shown = edit ? typed(saved, edit.after) : trial ? { ...trial, access: saved.access, reason: saved.reason } : saved;
    const fresh = this.#fresh.get(key);
    return {
      ...shown,
      edited: edit !== undefined,
      invalid: this.#invalid.get(key) ?? null,
      stale: this.#waiting && (saved.access === "computed" || saved.access === "total"),
      changedBy: fresh && fresh.until > this.clock() ? fresh.who : null,
      commented: this.#marks.has(key),
    };
  }

  editable(ref: CellRef): boolean {
    return this.saved(ref).access === "input";
  }

  get waiting(): boolean {
    return this.#waiting;
  }

  get editCount(): number {
    return this.#edits.size;
  }

  get canUndo(): boolean {
    return this.#undo.length > 0;
  }

  get canRedo(): boolean {
    return this.#redo.length > 0;
  }

  changes(): Change[] {
    return [...this.#edits].map(([key, edit]) => ({ ...refOf(key), ...edit }));
  }

  // --- typing ------------------------------------------------------------------------------------------------------

  /** Puts values into cells as one step of undo. Cells that may not be edited are left alone and counted. */
  enter(values: readonly (CellRef & { readonly after: Amount | null })[]): Outcome {
    const steps: Step[] = [];
    let skipped = 0;
    for (const { after, ...ref } of values) {
      if (!this.editable(ref)) skipped += 1;
      else if (this.view(ref).amount !== after) steps.push(this.#step(keyOf(ref), after));
    }
    if (steps.length > 0) {
      this.#undo.push(steps);
      this.#redo = [];
      this.#replay(steps, "to");
    }
    return { applied: values.length - skipped, skipped };
  }

  /** A value that equals the saved one is no edit. The first value seen stays the edit's `before`. */
  #step(key: Key, after: Amount | null): Step {
    const from = this.#edits.get(key);
    const before = from ? from.before : (this.#saved.get(key)?.amount ?? null);
    const back = before === after && (this.#saved.get(key)?.amount ?? null) === after;
    return { key, from, to: back ? undefined : { before, after } };
  }

  undo(): readonly CellRef[] {
    const steps = this.#undo.pop();
    if (!steps) return [];
    this.#redo.push(steps);
    return this.#replay(steps, "from");
  }

  redo(): readonly CellRef[] {
    const steps = this.#redo.pop();
    if (!steps) return [];
    this.#undo.push(steps);
    return this.#replay(steps, "to");
  }

  #replay(steps: readonly Step[], side: "from" | "to"): readonly CellRef[] {
    for (const step of steps) {
      const edit = step[side];
      if (edit === undefined) this.#takeBack(step.key);
      else this.#edits.set(step.key, edit);
    }
    this.#changed();
    return steps.map((step) => refOf(step.key));
  }

  /** No edit any more: what was tried with it is not shown either. */
  #takeBack(key: Key): void {
    this.#edits.delete(key);
    this.#trial.delete(key);
    if (this.#edits.size === 0) this.#trial.clear();
  }

  discard(): number {
    const count = this.#edits.size;
    this.#forgetEdits();
    this.#changed();
    return count;
  }

  #forgetEdits(): void {
    this.#edits.clear();
    this.#undo = [];
    this.#redo = [];
    this.#trial.clear();
    this.#invalid = new Map();
    this.#waiting = false;
  }

  // --- what the server says ----------------------------------------------------------------------------------------

  /** Cells on which an open thread hangs. */
  mark(keys: ReadonlySet<Key>): void {
    if (keys.size === this.#marks.size && [...keys].every((key) => this.#marks.has(key))) return;
    this.#marks = keys;
    this.#changed();
  }

  /** A trial calculation is under way: computed figures are dimmed. */
  wait(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#changed();
  }

  /** The answer of the trial calculation, or null when it failed: then the figures before it stay. */
  tried(cells: ReadonlyMap<Key, Cell> | null, invalid: ReadonlyMap<Key, string> = new Map()): void {
    this.#waiting = false;
    if (cells) {
      this.#trial = new Map(cells);
      this.#invalid = invalid;
    }
    this.#changed();
  }

  /**
   * The saved state anew. Edits stay, with the `before` the user saw, so that a save tells a conflict; what changed
   * without the user's doing is marked as somebody's for a while.
   */
  reload(data: SheetData, by: string | null = null): void {
    if (by !== null) this.#markFresh(data.cells, by);
    this.data = data;
    this.#saved = data.cells;
    if (this.#edits.size === 0) this.#forgetEdits();
    this.#rows = new Map(data.rows.map((row) => [row.id, row]));
    this.#columns = new Map(data.columns.map((column) => [column.id, column]));
    this.#changed();
  }

  #markFresh(next: ReadonlyMap<Key, Cell>, who: string): void {
    const until = this.clock() + FRESH_MS;
    for (const [key, cell] of next) {
      const old = this.#saved.get(key);
      if (cell.access !== "input" || (old && old.amount === cell.amount && old.state === cell.state)) continue;
      this.#fresh.set(key, { who, until });
    }
    if (this.#fresh.size > 0) setTimeout(() => this.#dropStaleMarks(), FRESH_MS + 50);
  }

  #dropStaleMarks(): void {
    const now = this.clock();
    for (const [key, mark] of this.#fresh) if (mark.until <= now) this.#fresh.delete(key);
    this.#changed();
  }

  /** The server refused these edits: they stay, framed, with its words. */
  refuse(why: ReadonlyMap<Key, string>): void {
    this.#invalid = why;
    this.#changed();
  }

  /** These edits are saved: they are no longer edits. The rest (refused ones) stay. */
  settle(saved: readonly CellRef[]): void {
    const keys = new Set(saved.map(keyOf));
    const next = new Map(this.#saved);
    for (const key of keys) {
      const edit = this.#edits.get(key);
      const old = next.get(key);
      if (edit && old) next.set(key, typed(old, edit.after));
      this.#edits.delete(key);
    }
    this.#saved = next;
    this.#undo = [];
    this.#redo = [];
    if (this.#edits.size === 0) this.#invalid = new Map();
    this.#changed();
  }

  /** The user chose between values: mine stays an edit over theirs, theirs replaces the edit. */
  resolve(choices: readonly (CellRef & { readonly keep: "mine" | "theirs"; readonly theirs: Amount | null })[]): void {
    const next = new Map(this.#saved);
    for (const { keep, theirs, ...ref } of choices) {
      const key = keyOf(ref);
      const saved = next.get(key);
      const edit = this.#edits.get(key);
      if (saved) next.set(key, typed(saved, theirs));
      if (!edit) continue;
      if (keep === "theirs" || edit.after === theirs) this.#takeBack(key);
      else this.#edits.set(key, { before: theirs, after: edit.after });
    }
    this.#saved = next;
    this.#undo = [];
    this.#redo = [];
    this.#changed();
  }

  #changed(): void {
    this.#revision += 1;
    for (const listener of this.#listeners) listener();
  }
}

function typed(cell: Cell, after: Amount | null): Cell {
  return { ...cell, amount: after, state: after === null ? "blank" : "value" };
}
