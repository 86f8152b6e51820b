/** How a total is shared: what is typed in the dialog, as the request says it. */
import { shift, tryAmount } from "../../lib/amount";
import type { SpreadChoice, SpreadMethod } from "./requests";

export const METHODS = ["proportional", "equal", "filled", "repeat", "like", "seasonal", "growth", "line", "pattern"] as const satisfies readonly SpreadMethod[];
export const PATTERNS: readonly string[] = ["4-4-5", "4-5-4", "5-4-4"];
export const OWN = "own";

/** What stands in the fields; texts as typed. */
export interface Typed {
  readonly method: SpreadMethod;
  readonly action: SpreadChoice["action"];
  readonly percent: string;
  readonly first: string;
  readonly last: string;
  readonly pattern: string; // one of PATTERNS, or OWN
  readonly own: string;
  readonly version: number;
  readonly years: number;
}

export const atFirst = (version: number): Typed => ({
  method: "proportional",
  action: "replace",
  percent: "5",
  first: "1",
  last: "2",
  pattern: "4-4-5",
  own: "1-2-1",
  version,
  years: 1,
});

const number = (text: string) => tryAmount(text.replace(/[,，\s]/g, ""));

/** The request's part, or null while a field does not hold what its method needs. */
export function choiceOf(typed: Typed): SpreadChoice | null {
  const { method, action } = typed;
  const choice = { method, action };
  switch (method) {
    case "growth": {
      const percent = number(typed.percent.replace(/[%％]\s*$/, ""));
      return percent === null ? null : { ...choice, rate: shift(percent, -2) };
    }
    case "line": {
      const [first, last] = [number(typed.first), number(typed.last)];
      return first === null || last === null ? null : { ...choice, first, last };
    }
    case "pattern": {
      const pattern = (typed.pattern === OWN ? typed.own : typed.pattern).trim();
      return /^\d+(\.\d+)?(-\d+(\.\d+)?)*$/.test(pattern) ? { ...choice, pattern } : null;
    }
    case "like":
    case "seasonal":
      return { ...choice, like: { version: typed.version, item: "", years: typed.years } };
    case "proportional":
    case "equal":
    case "filled":
    case "repeat":
      return choice;
  }
}
