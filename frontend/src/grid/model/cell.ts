/** The words of the grid's own sheet model. */
import type { Amount } from "../../lib/amount";
import type { Measure } from "../../lib/display";

export type ErrorState = "div0" | "overflow" | "cycle" | "noDriver" | "noRate" | "noConverge" | "badNumber";
export type CellState = "value" | "blank" | "na" | ErrorState;

/** What stands between the reader and the cell: nothing, a formula, a sum, a lock, or that the combination has no meaning. */
export type Access = "input" | "computed" | "total" | "locked" | "void";

/** A cell as the server tells it. `amount` is null unless the state is "value". */
export interface Cell {
  readonly amount: Amount | null;
  readonly state: CellState;
  readonly access: Access;
  readonly reason: string | null; // why it cannot be edited, in words
  readonly partial: boolean; // a sum of only the visible part
}

/** A cell as the screen shows it: the server's, under what was typed and tried. */
export interface CellView extends Cell {
  readonly edited: boolean;
  readonly invalid: string | null; // what the server says against the edit
  readonly stale: boolean; // a computed figure waiting for the trial calculation
  readonly changedBy: string | null; // somebody else changed it just now
  readonly commented: boolean; // an open thread hangs on it
}

export interface Row {
  readonly id: string;
  readonly label: string;
  readonly level: number;
  readonly parent: string | null;
  readonly measure: Measure;
  readonly scale: number | null; // decimals kept; null = any
  readonly unit: string; // as people write it; amounts in different units are not summed
  readonly computed: boolean; // a formula: marked fx
  readonly sense?: "more" | "less" | "" | undefined; // which way a change is favourable
}

export interface Column {
  readonly id: string;
  readonly label: string;
  readonly fullName: string; // with its year, for sentences
  readonly parent: string | null;
  readonly total: boolean;
  readonly note?: string | undefined; // a second line in the header
  readonly beside?: "before" | "after" | undefined; // a comparison, standing before or after the year
  readonly change?: boolean | undefined; // its figures are shares of change, not amounts of the row's measure
}

export interface CellRef {
  readonly row: string;
  readonly column: string;
}

/** One change of one cell; `before` is what the user saw there. */
export interface Change extends CellRef {
  readonly before: Amount | null;
  readonly after: Amount | null;
}

export const BLANK: Cell = { amount: null, state: "blank", access: "void", reason: null, partial: false };

export const isError = (state: CellState): state is ErrorState => state !== "value" && state !== "blank" && state !== "na";

export type Key = string & { readonly __key: true };
export const keyOf = (ref: CellRef): Key => `${ref.row}\u0000${ref.column}` as Key;
export const refOf = (key: Key): CellRef => {
  const [row = "", column = ""] = key.split("\u0000");
  return { row, column };
};
