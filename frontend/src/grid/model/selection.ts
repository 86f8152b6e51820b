/** The selection: one active cell and a rectangle from an anchor; how keys move it; what the status bar says about it. */
import { add, type Amount, compare, divide } from "../../lib/amount";
import type { CellView } from "./cell";

export interface At {
  readonly r: number;
  readonly c: number;
}

export interface Selection {
  readonly active: At; // where typing goes: anywhere inside the rectangle
  readonly anchor: At; // one corner
  readonly head: At; // the other, the one that moves
}

export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export const one = (at: At): Selection => ({ active: at, anchor: at, head: at });

/** Stretches the rectangle from the active cell to `head`. */
export const stretched = ({ active }: Selection, head: At): Selection => ({ active, anchor: active, head });

export function rectangle({ anchor, head }: Selection): Rectangle {
  return {
    top: Math.min(anchor.r, head.r),
    bottom: Math.max(anchor.r, head.r),
    left: Math.min(anchor.c, head.c),
    right: Math.max(anchor.c, head.c),
  };
}

export function positions(area: Rectangle): At[][] {
  return Array.from({ length: area.bottom - area.top + 1 }, (_, i) =>
    Array.from({ length: area.right - area.left + 1 }, (_unused, j) => ({ r: area.top + i, c: area.left + j })),
  );
}

export interface Size {
  readonly rows: number;
  readonly columns: number;
  readonly page: number; // rows on screen
}

export type Move = "up" | "down" | "left" | "right" | "home" | "end" | "pageUp" | "pageDown" | "first" | "last" | "edgeUp" | "edgeDown" | "edgeLeft" | "edgeRight";

const clamp = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));

export function moved(from: At, move: Move, size: Size): At {
  const { r, c } = from;
  const [lastRow, lastColumn] = [size.rows - 1, size.columns - 1];
  const to: Record<Move, At> = {
    up: { r: r - 1, c },
    down: { r: r + 1, c },
    left: { r, c: c - 1 },
    right: { r, c: c + 1 },
    home: { r, c: 0 },
    end: { r, c: lastColumn },
    pageUp: { r: r - size.page, c },
    pageDown: { r: r + size.page, c },
    first: { r: 0, c: 0 },
    last: { r: lastRow, c: lastColumn },
    edgeUp: { r: 0, c },
    edgeDown: { r: lastRow, c },
    edgeLeft: { r, c: 0 },
    edgeRight: { r, c: lastColumn },
  };
  return { r: clamp(to[move].r, size.rows), c: clamp(to[move].c, size.columns) };
}

/** Enter and Tab inside a rectangle go round in it; otherwise they step on and stop at the edge. */
export function stepped(selection: Selection, way: "down" | "up" | "right" | "left", size: Size): Selection {
  const area = rectangle(selection);
  if (area.top === area.bottom && area.left === area.right) return one(moved(selection.active, way, size));
  const height = area.bottom - area.top + 1;
  const width = area.right - area.left + 1;
  const r = selection.active.r - area.top;
  const c = selection.active.c - area.left;
  const byRow = way === "right" || way === "left";
  const index = byRow ? r * width + c : c * height + r;
  const count = height * width;
  const next = (index + (way === "down" || way === "right" ? 1 : count - 1)) % count;
  const active = byRow
    ? { r: area.top + Math.floor(next / width), c: area.left + (next % width) }
    : { r: area.top + (next % height), c: area.left + Math.floor(next / height) };
  return { ...selection, active };
}

export interface Statistics {
  readonly cells: number;
  readonly count: number; // of figures; blanks do not count
  readonly sum: Amount;
  readonly average: Amount;
  readonly max: Amount;
}

/** Exact; null where no figure is selected. */
export function statistics(cells: readonly CellView[]): Statistics | null {
  const figures = cells.flatMap((cell) => (cell.amount === null ? [] : [cell.amount]));
  const [first] = figures;
  if (first === undefined) return null;
  const sum = figures.slice(1).reduce(add, first);
  const max = figures.reduce((a, b) => (compare(a, b) >= 0 ? a : b));
  const average = divide(sum, String(figures.length) as Amount) ?? sum;
  return { cells: cells.length, count: figures.length, sum, average, max };
}
