/** Figures of an outlook as the page shows them: amounts, changes with their sense, shares. */
import type { TFunction } from "i18next";
import { type Amount, amount, compare, isNegative, multiply } from "../../lib/amount";
import { type Measure, type MoneyUnit, show, showChange } from "../../lib/display";
import { measureOf } from "../planning/slice";
import type { Outlook } from "./requests";

const PERCENT: Measure = { kind: "percent", places: 1 };
const MINUS_ONE = amount("-1");

export interface Figures {
  readonly of: (value: string | null) => string;
  readonly change: (value: string | null) => string;
  readonly measure: Measure;
  readonly unit: MoneyUnit;
  readonly unitName: string;
}

export function figuresOf(t: TFunction, outlook: Outlook, currency: string, unit: MoneyUnit): Figures {
  const measure = measureOf(outlook.unit, currency, null, null, []);
  return {
    measure,
    unit,
    unitName: measure.kind === "money" ? t(`top.${unit}`) : outlook.unit,
    of: (value) => (value === null ? "" : show(amount(value), measure, unit)),
    change: (value) => (value === null ? "" : showChange(amount(value), measure, unit)),
  };
}

export const percent = (rate: number | null): string => (rate === null ? "—" : show(amount(rate.toFixed(6)), PERCENT, "yuan"));
export const rateText = (rate: string | null): string => (rate === null ? "—" : showChange(amount(rate), PERCENT, "yuan"));

export type Sense = "fav" | "unfav" | "even";

/** Whether a difference to the budget is good, and in which words; the sign alone does not say. */
export function senseOf(outlook: Outlook, difference: string | null): { readonly tone: Sense; readonly word: "more" | "less" | "earnMore" | "earnLess" | "higher" | "lower" | "same"; readonly up: boolean } {
  const value = difference === null ? null : amount(difference);
  if (value === null || compare(value, amount("0")) === 0) return { tone: "even", word: "same", up: false };
  const up = !isNegative(value);
  if (outlook.favourable === "less") return { tone: up ? "unfav" : "fav", word: up ? "more" : "less", up };
  if (outlook.favourable === "more") return { tone: up ? "fav" : "unfav", word: up ? "earnMore" : "earnLess", up };
  return { tone: "even", word: up ? "higher" : "lower", up };
}

export const absolute = (value: Amount): Amount => (isNegative(value) ? multiply(value, MINUS_ONE) : value);
