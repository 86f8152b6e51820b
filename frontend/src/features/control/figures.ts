/** Amounts and durations of control as people read them; amounts of requests are always in yuan and fen. */
import type { TFunction } from "i18next";
import { type Amount, add, amount, compare, divide, isNegative, subtract, toFixed } from "../../lib/amount";
import { type Measure, type MoneyUnit, show } from "../../lib/display";

export const MONEY: Measure = { kind: "money", places: 2 };
const ROUND_YUAN: Measure = { kind: "money", places: 0 };

/** `1,234.50`; nothing for what is not shown. */
export const yuan = (text: string | null | undefined): string => (text === null || text === undefined ? "" : show(amount(text), MONEY, "yuan"));

/** In the page's unit: whole yuan, thousands with 1, ten thousands with 2 decimals. */
export const inUnit = (text: string | null | undefined, unit: MoneyUnit): string =>
  text === null || text === undefined ? "" : show(amount(text), ROUND_YUAN, unit);

export const negative = (text: string | null | undefined): boolean => text !== null && text !== undefined && isNegative(amount(text));

export const sum = (texts: readonly (string | null | undefined)[]): Amount =>
  texts.reduce<Amount>((total, text) => (text ? add(total, amount(text)) : total), amount("0"));

export const minus = (a: string, b: string): Amount => subtract(amount(a), amount(b));

export const larger = (a: string, b: string): Amount => (compare(amount(a), amount(b)) >= 0 ? amount(a) : amount(b));

/** `part` of `whole` in percent, 0 to `limit`, for widths of bars. */
export function percent(part: string, whole: string, limit = 100): number {
  const found = divide(amount(part), amount(whole), 6);
  return found === null ? 0 : Math.max(0, Math.min(limit, Number(found) * 100));
}

/** `81.7%`, nothing where the whole is zero. */
export function rate(part: string, whole: string): string {
  const found = divide(amount(part), amount(whole), 8);
  return found === null ? "" : `${toFixed(amountTimes100(found), 1)}%`;
}

const amountTimes100 = (value: Amount): Amount => divide(value, amount("0.01"), 6) ?? value;

/** `1 天 4 小时`, `4 小时`, `12 分钟`. */
export function spoken(t: TFunction, hours: number): string {
  if (hours < 1) return t("control.minutes", { count: Math.max(1, Math.round(hours * 60)) });
  if (hours < 24) return t("control.hours", { count: Math.floor(hours) });
  const days = Math.floor(hours / 24);
  const rest = Math.floor(hours - days * 24);
  return rest === 0 ? t("control.days", { count: days }) : t("control.daysHours", { days, hours: rest });
}

/** Whole days between a moment and now. */
export const daysSince = (iso: string): number => Math.floor((Date.now() - new Date(iso).getTime()) / 86_400_000);
