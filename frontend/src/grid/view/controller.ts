/** Joins the sheet, the drawing, the input and the mirror: every user action of the grid passes here. */
import type { Amount } from "../../lib/amount";
import { clipboardText, editText, type MoneyUnit } from "../../lib/display";
import { type Axes, layOut, refAt, type ShownRow } from "../model/axes";
import type { CellRef, CellView } from "../model/cell";
import { readEntry } from "../model/entry";
import { extend } from "../model/fill";
import { type At, moved, one, positions, type Rectangle, rectangle, type Selection, type Size, stepped, stretched } from "../model/selection";
import type { Sheet, SheetData } from "../model/sheet";
import { parseBlock, tile, writeBlock } from "../model/tsv";
import { CellInput } from "./cellInput";
import { Drawing } from "./drawing";
import { type Command, commandOf } from "./keys";
import { cellLook, cellText, type StateWords } from "./looks";
import { Mirror } from "./mirror";

export interface PasteReport {
  readonly applied: number;
  readonly skipped: number;
  readonly bad: readonly string[];
}

export interface GridOutlets {
  readonly selected: (selection: Selection, cells: readonly CellView[], refs: readonly CellRef[]) => void;
  readonly explain: (ref: CellRef) => void;
  readonly comment: (ref: CellRef) => void;
  readonly pasted: (report: PasteReport) => void;
  readonly refused: (ref: CellRef) => void;
  readonly notNumber: (text: string) => void;
  readonly save: () => void;
}

export interface GridWords {
  readonly label: string;
  readonly item: string;
  readonly subtotal: string;
  readonly state: StateWords;
  readonly describe: (cell: CellView) => string;
}

export class GridController {
  #axes: Axes;
  #closed: ReadonlySet<string> = new Set();
  #selection: Selection = one({ r: 0, c: 0 });
  #unit: MoneyUnit;
  readonly #drawing: Drawing;
  readonly #input: CellInput;
  readonly #mirror: Mirror;
  readonly #unsubscribe: () => void;
  #data: SheetData;

  constructor(
    private readonly host: HTMLElement,
    readonly sheet: Sheet,
    unit: MoneyUnit,
    private readonly words: GridWords,
    private readonly outlets: GridOutlets,
    compact: boolean,
  ) {
    this.#unit = unit;
    this.#data = sheet.data;
    this.#axes = layOut(sheet.data, this.#closed);
    this.#selection = one({ r: 0, c: Math.min(this.#axes.frozen, this.#axes.columns.length - 1) });
    const place = document.createElement("div");
    place.className = "grid-canvas";
    host.append(place);
    this.#drawing = new Drawing(
      place,
      {
        axes: () => this.#axes,
        look: (r, c) => this.#look({ r, c }),
        rowAt: (r) => this.#axes.rows[r],
        locked: (row) => this.#rowLocked(row),
        words: { item: words.item, subtotal: words.subtotal },
        compact,
      },
      {
        press: () => this.#input.close(),
        select: (anchor, head, extend) => this.select(extend ? stretched(this.#selection, head) : { active: anchor, anchor, head }),
        edit: () => this.#input.open(this.#activeText()),
        toggle: (id) => this.toggle(id),
        menu: (at) => {
          this.select(one(at));
          this.#explain();
        },
        fill: (from, to) => this.#fill(from, to),
        scrolled: () => this.#follow(),
      },
    );
    this.#input = new CellInput(host, words.label, {
      command: (event) => this.#command(event),
      mayEdit: () => this.#mayEdit(),
      currentText: () => this.#activeText(),
      commit: (text, then) => this.#commit(text, then),
      cancelled: () => undefined,
      copy: () => this.#copy(),
      cut: () => {
        const block = this.#copy();
        this.#clear();
        return block;
      },
      paste: (text) => this.#paste(text),
    });
    this.#mirror = new Mirror(host, words.label, {
      axes: () => this.#axes,
      view: (at) => this.#view(at),
      text: (at) => this.text(at),
      words: words.describe,
      selection: () => this.#selection,
      rows: () => this.#drawing.visibleRows(),
    });
    host.addEventListener("focusin", this.#keepFocus);
    host.addEventListener("contextmenu", this.#noMenu);
    this.#unsubscribe = sheet.subscribe(() => this.#sheetChanged());
    this.select(this.#selection, false);
  }

  release(): void {
    this.#unsubscribe();
    this.host.removeEventListener("focusin", this.#keepFocus);
    this.host.removeEventListener("contextmenu", this.#noMenu);
    this.#mirror.release();
    this.#input.release();
    this.#drawing.release();
    this.host.replaceChildren();
  }

  // --- reading -----------------------------------------------------------------------------------------------------

  get axes(): Axes {
    return this.#axes;
  }

  text(at: At): string {
    const row = this.#axes.rows[at.r];
    const cell = this.#view(at);
    const column = this.#axes.columns[at.c];
    return row && column && cell ? cellText(cell, row, column, this.#unit, this.words.state) : "";
  }

  activeRef(selection: Selection): CellRef | null {
    return refAt(this.#axes, selection.active);
  }

  box(at: At) {
    const box = this.#drawing.box(at);
    const origin = this.host.getBoundingClientRect();
    return box && { ...box, left: box.left + origin.left, top: box.top + origin.top };
  }

  #view(at: At): CellView | null {
    const ref = refAt(this.#axes, at);
    return ref && this.sheet.view(ref);
  }

  #look(at: At) {
    const row = this.#axes.rows[at.r];
    const column = this.#axes.columns[at.c];
    const cell = this.#view(at);
    if (!row || !column || !cell) return { text: "", ground: "#fff", ink: "#18202f", weight: 400, size: 12, align: "right", edge: false, frame: false, dot: false, corner: false } as const;
    return cellLook(cell, row, column, this.#unit, this.words.state);
  }

  #rowLocked(shown: ShownRow): boolean {
    const accesses = this.#axes.columns.filter((column) => column.beside === undefined).map((column) => this.sheet.saved({ row: shown.row.id, column: column.id }).access);
    return accesses.includes("locked") && !accesses.includes("input");
  }

  // --- what changes what is shown ----------------------------------------------------------------------------------

  setUnit(unit: MoneyUnit): void {
    if (unit === this.#unit) return;
    this.#unit = unit;
    this.#drawing.relayout(true);
    this.select(this.#selection);
  }

  get closed(): ReadonlySet<string> {
    return this.#closed;
  }

  toggle(id: string): void {
    const closed = new Set(this.#closed);
    if (!closed.delete(id)) closed.add(id);
    this.setClosed(closed);
  }

  setClosed(closed: ReadonlySet<string>): void {
    this.#closed = closed;
    this.#relayout();
  }

  #relayout(): void {
    const ref = refAt(this.#axes, this.#selection.active);
    const before = this.#axes.columns;
    this.#axes = layOut(this.sheet.data, this.#closed);
    const { columns } = this.#axes;
    this.#drawing.relayout(columns.length !== before.length || columns.some((column, i) => column.id !== before[i]?.id));
    const r = Math.max(0, this.#axes.rows.findIndex((shown) => shown.row.id === ref?.row));
    const c = Math.max(0, this.#axes.columns.findIndex((column) => column.id === ref?.column));
    this.select(one({ r, c }));
  }

  #sheetChanged(): void {
    if (this.sheet.data !== this.#data) {
      const before = this.#data;
      this.#data = this.sheet.data;
      if (!sameIds(before.rows, this.#data.rows) || !sameIds(before.columns, this.#data.columns)) this.#relayout();
    }
    this.#mirror.later();
    this.#drawing.repaint();
    this.#tell();
  }

  // --- the selection -----------------------------------------------------------------------------------------------

  select(selection: Selection, focus = true): void {
    this.#selection = selection;
    this.#drawing.drawSelection(rectangle(selection), selection.head);
    this.#follow();
    this.#tell();
    if (focus) this.#input.focus();
  }

  focus(): void {
    this.#input.focus();
  }

  #tell(): void {
    const refs = positions(rectangle(this.#selection)).flat().flatMap((at) => refAt(this.#axes, at) ?? []);
    this.outlets.selected(this.#selection, refs.map((ref) => this.sheet.view(ref)), refs);
  }

  #follow(): void {
    this.#input.place(this.#drawing.box(this.#selection.active));
    this.#mirror.later();
  }

  readonly #keepFocus = (event: FocusEvent): void => {
    if (event.target !== this.#input.element) this.#input.focus();
  };

  readonly #noMenu = (event: Event): void => event.preventDefault();

  get #size(): Size {
    return { rows: this.#axes.rows.length, columns: this.#axes.columns.length, page: this.#drawing.pageRows() };
  }

  // --- keys --------------------------------------------------------------------------------------------------------

  #command(event: KeyboardEvent): boolean {
    const command = commandOf(event);
    if (!command || (command.kind === "step" && event.key === "Tab" && this.#atEdge(command.way))) return false;
    this.#run(command);
    return true;
  }

  /** Tab leaves the grid at its ends: the keyboard is never trapped. */
  #atEdge(way: "down" | "up" | "right" | "left"): boolean {
    const area = rectangle(this.#selection);
    const single = area.top === area.bottom && area.left === area.right;
    return single && (way === "right" ? area.right === this.#axes.columns.length - 1 : way === "left" && area.left === 0);
  }

  #run(command: Command): void {
    const { active, head } = this.#selection;
    switch (command.kind) {
      case "move":
        this.select(command.extend ? { ...stretched(this.#selection, moved(head, command.move, this.#size)) } : one(moved(active, command.move, this.#size)));
        break;
      case "step":
        this.select(stepped(this.#selection, command.way, this.#size));
        break;
      case "edit":
        this.#input.open(this.#activeText());
        break;
      case "clear":
        this.#clear();
        break;
      case "all":
        this.select({ active, anchor: { r: 0, c: 0 }, head: { r: this.#size.rows - 1, c: this.#size.columns - 1 } });
        break;
      case "undo":
        this.#revisit(this.sheet.undo());
        break;
      case "redo":
        this.#revisit(this.sheet.redo());
        break;
      case "explain":
        this.#explain();
        break;
      case "comment": {
        const ref = refAt(this.#axes, this.#selection.active);
        if (ref) this.outlets.comment(ref);
        break;
      }
      case "expand":
      case "collapse":
        this.#openOrClose(command.kind === "expand");
        break;
      case "save":
        this.outlets.save();
    }
  }

  #openOrClose(open: boolean): void {
    const shown = this.#axes.rows[this.#selection.active.r];
    if (shown?.hasChildren && shown.open !== open) this.toggle(shown.row.id);
  }

  #explain(): void {
    const ref = refAt(this.#axes, this.#selection.active);
    if (ref) this.outlets.explain(ref);
  }

  /** Goes to a cell, opening the rows above it; false when it is not in this table. */
  goTo(ref: CellRef): boolean {
    const closed = new Set(this.#closed);
    for (let row = this.sheet.row(ref.row); row?.parent; row = this.sheet.row(row.parent)) closed.delete(row.parent);
    if (closed.size !== this.#closed.size) this.setClosed(closed);
    const r = this.#axes.rows.findIndex((shown) => shown.row.id === ref.row);
    const c = this.#axes.columns.findIndex((column) => column.id === ref.column);
    if (r < 0 || c < 0) return false;
    this.select(one({ r, c }));
    return true;
  }

  /** After undo the eye goes to where something changed. */
  #revisit(refs: readonly CellRef[]): void {
    const [first] = refs;
    if (!first) return;
    const r = this.#axes.rows.findIndex((shown) => shown.row.id === first.row);
    const c = this.#axes.columns.findIndex((column) => column.id === first.column);
    if (r >= 0 && c >= 0) this.select(one({ r, c }));
  }

  // --- editing -----------------------------------------------------------------------------------------------------

  #mayEdit(): boolean {
    const ref = refAt(this.#axes, this.#selection.active);
    if (ref && this.sheet.editable(ref)) return true;
    if (ref) this.outlets.refused(ref);
    return false;
  }

  #activeText(): string {
    const row = this.#axes.rows[this.#selection.active.r];
    const amount = this.#view(this.#selection.active)?.amount;
    return row && amount ? editText(amount, row.row.measure, this.#unit) : "";
  }

  #commit(text: string, then: "down" | "up" | "right" | "left" | "stay"): boolean {
    const ref = refAt(this.#axes, this.#selection.active);
    const row = ref && this.sheet.row(ref.row);
    if (!row) return true;
    const typed = readEntry(text, row, this.#unit, this.sheet.view(ref).amount);
    if (typed.kind === "bad") {
      this.outlets.notNumber(typed.text);
      return false;
    }
    this.sheet.enter([{ ...ref, after: typed.kind === "blank" ? null : typed.amount }]);
    if (then !== "stay") this.select(stepped(this.#selection, then, this.#size));
    return true;
  }

  #clear(): void {
    const refs = this.#refs(rectangle(this.#selection)).flat();
    const outcome = this.sheet.enter(refs.map((ref) => ({ ...ref, after: null })));
    const [first] = refs;
    if (outcome.applied === 0 && first) this.outlets.refused(first);
  }

  #refs(area: Rectangle): CellRef[][] {
    return positions(area).map((line) => line.flatMap((at) => refAt(this.#axes, at) ?? []));
  }

  // --- blocks ------------------------------------------------------------------------------------------------------

  #copy(): string {
    return writeBlock(
      this.#refs(rectangle(this.#selection)).map((line) =>
        line.map((ref) => {
          const row = this.sheet.row(ref.row);
          const { amount } = this.sheet.view(ref);
          return row && amount ? clipboardText(amount, row.measure, this.#unit) : "";
        }),
      ),
    );
  }

  #paste(text: string): void {
    const { top, left, bottom, right } = rectangle(this.#selection);
    const block = tile(parseBlock(text), bottom - top + 1, right - left + 1);
    const values: (CellRef & { after: Amount | null })[] = [];
    const bad: string[] = [];
    for (const [i, line] of block.entries()) {
      for (const [j, field] of line.entries()) {
        const ref = refAt(this.#axes, { r: top + i, c: left + j });
        const row = ref && this.sheet.row(ref.row);
        if (!row) continue;
        const typed = readEntry(field, row, this.#unit, null);
        if (typed.kind !== "bad") values.push({ ...ref, after: typed.kind === "blank" ? null : typed.amount });
        else if (this.sheet.editable(ref)) bad.push(field);
      }
    }
    this.outlets.pasted({ ...this.sheet.enter(values), bad });
    const width = Math.max(0, ...block.map((line) => line.length));
    if (width > 0) {
      const corner = { r: Math.min(top + block.length, this.#size.rows) - 1, c: Math.min(left + width, this.#size.columns) - 1 };
      this.select(stretched(one({ r: top, c: left }), corner));
    }
  }

  #fill(from: Rectangle, to: Rectangle): void {
    const down = to.bottom > from.bottom || to.top < from.top;
    const reverse = to.top < from.top || to.left < from.left;
    const count = down ? to.bottom - to.top - (from.bottom - from.top) : to.right - to.left - (from.right - from.left);
    const lines = down ? transpose(this.#refs(from)) : this.#refs(from);
    const values = lines.flatMap((line, i) => {
      const more = extend(line.map((ref) => this.sheet.view(ref).amount), count, reverse);
      return more.flatMap((after, k) => {
        const offset = reverse ? k : k + line.length;
        const at = down ? { r: to.top + offset, c: to.left + i } : { r: to.top + i, c: to.left + offset };
        const ref = refAt(this.#axes, at);
        return ref ? [{ ...ref, after }] : [];
      });
    });
    const outcome = this.sheet.enter(values);
    if (outcome.skipped > 0) this.outlets.pasted({ ...outcome, bad: [] });
    this.select({ active: { r: from.top, c: from.left }, anchor: { r: to.top, c: to.left }, head: { r: to.bottom, c: to.right } });
  }
}

function transpose<T>(block: readonly (readonly T[])[]): T[][] {
  return (block[0] ?? []).map((_, c) => block.flatMap((line) => (c < line.length ? [line[c] as T] : [])));
}

function sameIds(a: readonly { readonly id: string }[], b: readonly { readonly id: string }[]): boolean {
  return a.length === b.length && a.every((one, i) => one.id === b[i]?.id);
}
