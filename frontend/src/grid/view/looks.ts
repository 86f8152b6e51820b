/** How each kind of cell looks: pure, from what the cell is to ground, ink and marks. */
import { type Amount, toScaled } from "../../lib/amount";
import { assertNever } from "../../lib/assertNever";
import { type Measure, type MoneyUnit, show, showChange } from "../../lib/display";
import { type CellState, type CellView, type Column, isError, type Row } from "../model/cell";
import type { ShownRow } from "../model/axes";

export interface Look {
  readonly text: string;
  readonly ground: string;
  readonly ink: string;
  readonly weight: 400 | 600;
  readonly size: number;
  readonly align: "left" | "right" | "center";
  readonly edge: boolean; // amber left edge: not saved
  readonly frame: boolean; // red frame: invalid
  readonly dot: boolean; // blue dot: somebody else changed it just now
  readonly corner: boolean; // orange corner: an open thread
}

export const INK = { text1: "#18202f", text2: "#4a566b", text3: "#626e83", text4: "#a4adbc", error: "#bf2a36", primary: "#2456c8", unfavourable: "#b5470a" } as const;
const GROUND = { input: "#ffffff", computed: "#f3f6fd", total: "#f3f6fd", locked: "#f3f4f6", void: "#f7f8fa", edited: "#fff7dc", invalid: "#fdecec", top: "#eaf0fb" } as const;

export type StateWords = (state: Exclude<CellState, "value" | "blank">) => string;

const CHANGE: Measure = { kind: "percent", places: 1 };
const NOTABLE = 0.2; // a change of a fifth is worth a look

export function cellText(cell: CellView, row: ShownRow, column: Column, unit: MoneyUnit, words: StateWords): string {
  switch (cell.state) {
    case "value":
      if (column.change && cell.amount !== null) return (isUnfavourable(cell.amount, row.row) ? "▲" : "") + showChange(cell.amount, CHANGE, unit);
      return cell.amount === null ? "" : show(cell.amount, cell.access === "input" ? withAllPlaces(row.row, cell.amount) : row.row.measure, unit) + (cell.partial ? "*" : "");
    case "blank":
      return "";
    case "na":
      return "—";
    case "div0":
    case "overflow":
    case "cycle":
    case "noDriver":
    case "noRate":
    case "noConverge":
    case "badNumber":
      return words(cell.state);
    default:
      return assertNever(cell.state);
  }
}

/** A row's places cover what is saved; a quantity or price just typed may need more, and shows them rather than round. */
function withAllPlaces({ measure, scale }: Row, amount: Amount): Measure {
  if (measure.kind !== "number") return measure;
  return { ...measure, places: Math.max(measure.places, Math.min(toScaled(amount).places, scale ?? 4, 4)) };
}

export function cellLook(cell: CellView, row: ShownRow, column: Column, unit: MoneyUnit, words: StateWords): Look {
  const error = isError(cell.state);
  const top = row.row.level === 0 && row.hasChildren;
  return {
    text: cellText(cell, row, column, unit, words),
    ground: ground(cell, top),
    ink: changeInk(cell, row.row, column) ?? ink(cell, error),
    weight: weight(cell, row, column),
    size: error || column.change ? 11 : 12,
    align: error || cell.state === "na" ? "center" : "right",
    edge: cell.edited,
    frame: cell.invalid !== null,
    dot: cell.changedBy !== null,
    corner: cell.commented,
  };
}

/** By the item's own sense: spending more, or earning less, by a notable share. */
function isUnfavourable(change: Amount, row: Row): boolean {
  const share = Number(change);
  return (row.sense === "less" && share > NOTABLE) || (row.sense === "more" && share < -NOTABLE);
}

function changeInk(cell: CellView, row: Row, column: Column): string | null {
  if (!column.change || cell.amount === null) return null;
  return isUnfavourable(cell.amount, row) ? INK.unfavourable : INK.text2;
}

function weight(cell: CellView, row: ShownRow, column: Column): 400 | 600 {
  if (column.change) return cell.amount !== null && isUnfavourable(cell.amount, row.row) ? 600 : 400;
  return (column.total || column.beside !== undefined) && (row.hasChildren || row.row.level === 0) ? 600 : 400;
}

function ground(cell: CellView, top: boolean): string {
  if (cell.invalid !== null) return GROUND.invalid;
  if (cell.edited) return GROUND.edited;
  if (top && cell.access !== "input") return GROUND.top;
  return GROUND[cell.access];
}

function ink(cell: CellView, error: boolean): string {
  if (cell.stale || cell.state === "na") return INK.text4;
  if (error || cell.invalid !== null) return INK.error;
  return cell.access === "locked" ? INK.text2 : INK.text1;
}
