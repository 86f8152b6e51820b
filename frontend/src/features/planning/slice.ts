/** The server's slice as a sheet for the grid, and an edit of the sheet as one for the server. Pure. */
import { type Amount, divide, isNegative, negated, subtract, toScaled, tryAmount } from "../../lib/amount";
import type { Measure } from "../../lib/display";
import { type Access, type Cell, type CellRef, type CellState, type Change, type Column, type Key, keyOf, type Row } from "../../grid/model/cell";
import type { SheetData } from "../../grid/model/sheet";
import { periodNames, type PeriodWords } from "./periods";
import type { Beside, CheckCell, Edit, ModelDetail, Slice } from "./requests";

const STATES: Record<string, CellState> = {
  BLANK: "blank",
  VALUE: "value",
  NOT_APPLICABLE: "na",
  DIV_BY_ZERO: "div0",
  OVERFLOW: "overflow",
  CYCLE: "cycle",
  NO_DRIVER: "noDriver",
  NO_RATE: "noRate",
  NO_CONVERGE: "noConverge",
  BAD_NUMBER: "badNumber",
};

export function cellState(name: string): CellState {
  return STATES[name] ?? "badNumber";
}

type WireCell = Slice["cells"][number][number];

/** Why a cell cannot be edited tells what kind it is; the key's first part is the kind of reason. */
function access(cell: WireCell, columnKind: string): Access {
  if (cell.e) return "input";
  const kind = cell.r?.split(":")[0] ?? "";
  if (columnKind === "none" && kind === "total_column") return "void"; // an item over time has nothing in the column without time
  if (kind.startsWith("formula")) return "computed";
  if (kind.startsWith("total")) return "total";
  return kind === "coarse" || kind === "parameter" ? "void" : "locked";
}

function cellOf(cell: WireCell, columnKind: string, reasons: Slice["reasons"]): Cell {
  const amount = cell.v === null ? null : tryAmount(cell.v);
  const state = cellState(cell.s);
  return {
    amount: state === "value" ? amount : null,
    state: state === "value" && amount === null ? "badNumber" : state,
    access: access(cell, columnKind),
    reason: cell.r === null ? null : (reasons[cell.r] ?? cell.r),
    partial: cell.p,
  };
}

export function cellsOf(slice: Slice): Map<Key, Cell> {
  const cells = new Map<Key, Cell>();
  for (const [i, line] of slice.cells.entries()) {
    const row = slice.rows[i];
    for (const [j, cell] of line.entries()) {
      const column = slice.columns[j];
      if (row && column) cells.set(keyOf({ row: row.key, column: column.code }), cellOf(cell, column.kind, slice.reasons));
    }
  }
  return cells;
}

export const besideId = (code: string): string => `beside:${code}`;
export const isBeside = (column: string): boolean => column.startsWith("beside:");

/** The cells with those beside them; a change is reckoned anew from the year's figure as it stands, tried or saved. */
export function withBeside(cells: Map<Key, Cell>, slice: Slice, beside: readonly Beside[], why: string): Map<Key, Cell> {
  const year = topColumn(slice);
  const by = new Map(beside.map((column) => [column.code, column]));
  const still = (amount: Amount | null, state: CellState, partial: boolean): Cell => ({ amount, state, access: "locked", reason: why, partial });
  const read = (column: Beside | undefined, i: number): Amount | null => {
    const text = column?.cells[i]?.v;
    return text === null || text === undefined ? null : tryAmount(text);
  };
  for (const column of beside) {
    for (const [i, row] of slice.rows.entries()) {
      const key = keyOf({ row: row.key, column: besideId(column.code) });
      if (column.change_from === "") {
        const amount = read(column, i);
        const state = cellState(column.cells[i]?.s ?? "BLANK");
        cells.set(key, still(state === "value" ? amount : null, state === "value" && amount === null ? "blank" : state, column.cells[i]?.p ?? false));
      } else {
        const now = year === null ? null : (cells.get(keyOf({ row: row.key, column: year }))?.amount ?? null);
        const share = changeOf(now, read(by.get(column.change_from), i));
        cells.set(key, still(share, share === null ? "blank" : "value", false));
      }
    }
  }
  return cells;
}

/** (now - then) / |then|; null where there is nothing to compare. */
export function changeOf(now: Amount | null, then: Amount | null): Amount | null {
  if (now === null || then === null) return null;
  return divide(subtract(now, then), isNegative(then) ? negated(then) : then, 6);
}

/** The one column on top of all others: the year of a form. */
export function topColumn(slice: Slice): string | null {
  const known = new Set(slice.columns.map((column) => column.code));
  const held = new Set(slice.columns.map((column) => column.parent));
  const tops = slice.columns.filter((column) => held.has(column.code) && (column.parent === null || !known.has(column.parent)));
  return tops.length === 1 ? (tops[0]?.code ?? null) : null;
}

function besideColumns(beside: readonly Beside[]): Column[] {
  return beside.map((column) => ({
    id: besideId(column.code),
    label: column.title,
    fullName: column.note ? `${column.title}（${column.note}）` : column.title,
    note: column.note === "" ? undefined : column.note,
    parent: null,
    total: false,
    beside: column.change_from === "" ? "before" : "after",
    change: column.change_from !== "",
  }));
}

export function sheetOf(slice: Slice, cube: string, model: ModelDetail, words: PeriodWords, beside: readonly Beside[] = []): SheetData {
  const { currency } = model;
  const items_ = model.cubes.find((one) => one.code === cube)?.items ?? [];
  const said = new Map(items_.map((item) => [item.code, item.decimals]));
  const senses = new Map(items_.map((item) => [item.code, item.favourable]));
  const items = new Map(slice.items.map((item) => [item.code, item]));
  const severalItems = new Set(slice.rows.map((row) => row.item)).size > 1;
  const rows = slice.rows.map((row, i): Row => {
    const item = items.get(row.item);
    const unit = item?.unit ?? "";
    const figures = (slice.cells[i] ?? []).flatMap((cell) => (cell.v === null ? [] : (tryAmount(cell.v) ?? [])));
    return {
      id: row.key,
      label: label(row, item?.name ?? row.item, severalItems) + unitSuffix(unit, currency),
      level: row.level,
      parent: row.parent,
      measure: measureOf(unit, currency, said.get(row.item) ?? null, item?.scale ?? null, figures),
      scale: item?.scale ?? null,
      unit,
      computed: (slice.cells[i] ?? []).some((cell) => access(cell, "") === "computed"),
      sense: senseOf(senses.get(row.item)),
    };
  });
  const columns = [...besideColumns(beside), ...columnsOf(slice, words)];
  return { rows, columns, cells: withBeside(cellsOf(slice), slice, beside, words.beside ?? "") };
}

const senseOf = (text: string | undefined): Row["sense"] => (text === "more" || text === "less" ? text : "");

function label(row: Slice["rows"][number], item: string, severalItems: boolean): string {
  if (!severalItems || row.level > 0 || row.name === item) return row.name;
  return row.name ? `${item} · ${row.name}` : item;
}

/** Money's unit stands once in the top bar; any other unit stands with its row. */
function unitSuffix(unit: string, currency: string): string {
  return unit === currency || unit === "" || unit === "?" || unit === "%" ? "" : `（${unit}）`;
}

/** Money in yuan shows whole yuan unless the model says otherwise; other figures show the places they have, up to four. */
export function measureOf(unit: string, currency: string, decimals: number | null, scale: number | null, figures: readonly Amount[]): Measure {
  if (unit === "%") return { kind: "percent", places: decimals ?? 1 };
  if (unit === currency) return { kind: "money", places: decimals ?? 0 };
  const used = Math.max(0, ...figures.map((figure) => toScaled(figure).places));
  return { kind: "number", places: decimals ?? Math.min(used, scale ?? 4, 4) };
}

/** Half years only repeat what the quarters beside them say: then they are left out. */
function columnsOf(slice: Slice, words: PeriodWords): Column[] {
  const repeated = slice.columns.some((column) => column.kind !== "half" && column.kind !== "none" && column.parent !== null);
  const halves = new Map(slice.columns.filter((column) => repeated && column.kind === "half").map((column) => [column.code, column.parent]));
  const shown = slice.columns.filter((column) => !halves.has(column.code));
  const parentOf = (code: string | null): string | null => (code === null ? null : halves.has(code) ? parentOf(halves.get(code) ?? null) : code);
  const parents = new Set(shown.map((column) => parentOf(column.parent)));
  return shown.map((column) => {
    const { label, full } = periodNames(column.code, column.kind, words);
    return { id: column.code, label, fullName: full, parent: parentOf(column.parent), total: parents.has(column.code) };
  });
}

/** What the server needs to know of a cell: the item and one node per dimension. */
export class Coordinates {
  readonly #rows: ReadonlyMap<string, Slice["rows"][number]>;
  readonly #periodless: ReadonlySet<string>;

  constructor(
    private readonly cube: string,
    slice: Slice,
  ) {
    this.#rows = new Map(slice.rows.map((row) => [row.key, row]));
    this.#periodless = new Set(slice.columns.filter((column) => column.kind === "none").map((column) => column.code));
  }

  of(ref: CellRef): Pick<Edit, "cube" | "item" | "members"> & { readonly period: string } {
    const row = this.#rows.get(ref.row);
    if (!row) throw new Error(`no row ${ref.row}`);
    return { cube: this.cube, item: row.item, members: row.members, period: this.#periodless.has(ref.column) ? "" : ref.column };
  }

  edits(changes: readonly Change[]): Edit[] {
    return changes.map(({ before, after, ...ref }) => ({ ...this.of(ref), before, after }));
  }
}

/** The cell of this table that a check names; members that the check leaves open, and the organisation, take the table's own. */
export function cellRefOf(slice: Slice, cell: CheckCell): CellRef | null {
  const rows = slice.rows.filter((row) => row.item === cell.item);
  const fits = (row: Slice["rows"][number]): boolean => Object.entries(row.members).every(([dim, code]) => dim === "org" || (cell.members[dim] ?? code) === code);
  const row = rows.find(fits) ?? rows[0];
  const column = slice.columns.find((one) => one.code === cell.period)?.code ?? topColumn(slice) ?? slice.columns[0]?.code;
  return row && column !== undefined ? { row: row.key, column } : null;
}

/** How to show a figure of any item of the model: for the operands of a trace. */
export function itemMeasure(model: ModelDetail, cube: string, code: string, value: Amount | null): { readonly measure: Measure; readonly unit: string } {
  const item = model.cubes.find((one) => one.code === cube)?.items.find((one) => one.code === code);
  const unit = item?.unit ?? "";
  return { unit, measure: measureOf(unit, model.currency, item?.decimals ?? null, item?.scale ?? null, value === null ? [] : [value]) };
}
