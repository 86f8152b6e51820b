/** What of the sheet is on show, in order: rows under open parents, columns with their headers. Positions count from 0. */
import type { CellRef, Column, Row } from "./cell";
import type { SheetData } from "./sheet";

export interface ShownRow {
  readonly row: Row;
  readonly hasChildren: boolean;
  readonly open: boolean;
}

/** A header over columns: a group with its parts, or one column. */
export type Header = { readonly kind: "column"; readonly column: Column; readonly subtotal: boolean } | { readonly kind: "group"; readonly group: Column; readonly parts: readonly Header[] };

export interface Axes {
  readonly rows: readonly ShownRow[];
  readonly columns: readonly Column[];
  readonly frozen: number; // how many of the columns stand beside the names
  readonly headers: readonly Header[]; // of the columns after the frozen ones
  readonly headerDepth: number;
}

export function layOut(data: SheetData, closed: ReadonlySet<string>): Axes {
  const { frozen, headers } = layOutColumns(data.columns);
  return {
    rows: layOutRows(data.rows, closed),
    columns: [...frozen, ...headers.flatMap(leaves)],
    frozen: frozen.length,
    headers,
    headerDepth: Math.max(1, ...headers.map(depth)),
  };
}

function layOutRows(rows: readonly Row[], closed: ReadonlySet<string>): ShownRow[] {
  const parents = new Set(rows.map((row) => row.parent));
  const hidden = new Set<string>();
  const shown: ShownRow[] = [];
  for (const row of rows) {
    const open = !closed.has(row.id);
    if (row.parent !== null && hidden.has(row.parent)) {
      hidden.add(row.id);
      continue;
    }
    if (!open) hidden.add(row.id);
    shown.push({ row, hasChildren: parents.has(row.id), open });
  }
  return shown;
}

/** The one top total (a year) stands frozen beside the names, between its comparisons; with several years each closes its own group. */
function layOutColumns(all: readonly Column[]): { frozen: Column[]; headers: Header[] } {
  const columns = all.filter((column) => column.beside === undefined);
  const { frozen, headers } = layOutPeriods(columns);
  const comparisons = (side: "before" | "after"): Column[] => all.filter((column) => column.beside === side);
  return { frozen: [...comparisons("before"), ...frozen, ...comparisons("after")], headers };
}

function layOutPeriods(columns: readonly Column[]): { frozen: Column[]; headers: Header[] } {
  const known = new Set(columns.map((column) => column.id));
  const tops = columns.filter((column) => column.parent === null || !known.has(column.parent));
  const totals = tops.filter((column) => column.total);
  const only = totals.length === 1 ? totals[0] : undefined;
  if (only) {
    const beside = tops.filter((top) => top !== only).map((top) => header(top, columns));
    return { frozen: [only], headers: [...beside, ...partsOf(only, columns)] };
  }
  return { frozen: [], headers: tops.map((top) => header(top, columns)) };
}

function partsOf(group: Column, columns: readonly Column[]): Header[] {
  return columns.filter((column) => column.parent === group.id).map((part) => header(part, columns));
}

function header(column: Column, columns: readonly Column[]): Header {
  const parts = column.total ? partsOf(column, columns) : [];
  if (parts.length === 0) return { kind: "column", column, subtotal: false };
  return { kind: "group", group: column, parts: [...parts, { kind: "column", column, subtotal: true }] };
}

export function leaves(head: Header): Column[] {
  return head.kind === "column" ? [head.column] : head.parts.flatMap(leaves);
}

function depth(head: Header): number {
  return head.kind === "column" ? 1 : 1 + Math.max(...head.parts.map(depth));
}

export function refAt(axes: Axes, at: { readonly r: number; readonly c: number }): CellRef | null {
  const row = axes.rows[at.r];
  const column = axes.columns[at.c];
  return row && column ? { row: row.row.id, column: column.id } : null;
}
