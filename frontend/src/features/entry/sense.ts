/** Whether a change is good or bad: by the item's sense, not by its sign; said with colour, arrow and word. */
import { type Amount, amount, compare, isNegative, subtract } from "../../lib/amount";
import type { Measure } from "../../lib/display";
import type { components } from "../../api/schema";

type Item = components["schemas"]["FigureOut"]["item"];

export interface Sense {
  readonly tone: "fav" | "unfav" | "none";
  readonly arrow: "▲" | "▼" | "";
  readonly word: "more" | "less" | "same";
}

const ZERO = amount("0");

export function senseOf(delta: Amount, favourable: string): Sense {
  const order = compare(delta, ZERO);
  if (order === 0) return { tone: "none", arrow: "", word: "same" };
  const more = order > 0;
  const tone = favourable === "" ? "none" : (favourable === "more") === more ? "fav" : "unfav";
  return { tone, arrow: more ? "▲" : "▼", word: more ? "more" : "less" };
}

export const measureOf = (item: Item): Measure =>
  item.money ? { kind: "money", places: 0 } : item.unit === "%" ? { kind: "percent", places: item.decimals } : { kind: "number", places: item.decimals };

export const size = (value: Amount): Amount => (isNegative(value) ? subtract(ZERO, value) : value);

/** A month as people call it; another period by its code. */
export function periodWord(code: string, language: string): string {
  const month = /^\d{4}-(\d{2})$/.exec(code);
  if (!month) return code;
  const number = Number(month[1]);
  return language === "zh" ? `${number}月` : new Date(2000, number - 1).toLocaleDateString("en", { month: "short" });
}

export const orNull = (text: string | null): Amount | null => (text === null ? null : amount(text));
export const orZero = (text: string | null): Amount => (text === null ? ZERO : amount(text));
