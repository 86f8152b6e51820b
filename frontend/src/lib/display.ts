/** How a number reads on the screen and how a typed one is read back; the only formatter and the only parser of figures. */
import { type Amount, round, shift, toFixed, tryAmount } from "./amount";

export const MONEY_UNITS = ["yuan", "thousand", "wan"] as const;
export type MoneyUnit = (typeof MONEY_UNITS)[number];

/** What a figure measures, as the screen needs it. `money` figures follow the page's unit, others keep their own. */
export interface Measure {
  readonly kind: "money" | "percent" | "number";
  readonly places: number; // decimals shown in the figure's own unit
}

const UNIT_POWER: Record<MoneyUnit, number> = { yuan: 0, thousand: 3, wan: 4 };
const MONEY_PLACES: Record<MoneyUnit, number> = { yuan: 0, thousand: 1, wan: 2 };

/** Power of ten between the stored figure and the shown one: 12345 yuan = 1.23 ten thousand. */
function power(measure: Measure, unit: MoneyUnit): number {
  if (measure.kind === "percent") return -2;
  return measure.kind === "money" ? UNIT_POWER[unit] : 0;
}

export function shownPlaces(measure: Measure, unit: MoneyUnit): number {
  if (measure.kind !== "money") return measure.places;
  return unit === "yuan" ? Math.max(MONEY_PLACES.yuan, measure.places) : MONEY_PLACES[unit];
}

/** `1,234.50`; negative in brackets; a percentage with its sign. */
export function show(value: Amount, measure: Measure, unit: MoneyUnit): string {
  const text = toFixed(shift(value, -power(measure, unit)), shownPlaces(measure, unit));
  const sign = measure.kind === "percent" ? "%" : "";
  return text.startsWith("-") ? `(${text.slice(1)}${sign})` : `${text}${sign}`;
}

/** A change: always with a sign, real minus. */
export function showChange(value: Amount, measure: Measure, unit: MoneyUnit): string {
  const text = toFixed(shift(value, -power(measure, unit)), shownPlaces(measure, unit));
  const sign = measure.kind === "percent" ? "%" : "";
  if (/^[0.,]*$/.test(text)) return `0${sign}`;
  return (text.startsWith("-") ? `\u2212${text.slice(1)}` : `+${text}`) + sign;
}

/** What the editor opens with: every digit kept, no separators. */
export function editText(value: Amount, measure: Measure, unit: MoneyUnit): string {
  const text: string = shift(value, -power(measure, unit));
  return measure.kind === "percent" ? `${text}%` : text;
}

/** A plain figure for the clipboard: no separators, so that any spreadsheet reads it as a number. */
export function clipboardText(value: Amount, measure: Measure, unit: MoneyUnit): string {
  return editText(value, measure, unit);
}

const FULL_WIDTH: Record<string, string> = { "。": ".", "．": ".", "，": ",", "（": "(", "）": ")", "％": "%", "－": "-", "−": "-", "＋": "+", "￥": "¥" };
const GROUPED = /^\d{1,3}(,\d{3})+(\.\d*)?$/;

function halfWidth(text: string): string {
  return text
    .replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[。．，（）％－−＋￥]/g, (sign) => FULL_WIDTH[sign] ?? sign)
    .replace(/[\s\u00a0\u3000]/g, "");
}

export type Typed = { readonly kind: "blank" } | { readonly kind: "amount"; readonly amount: Amount } | { readonly kind: "bad"; readonly text: string };

/**
 * Reads a figure as people type and paste it: full-width digits, thousands separators, brackets or a trailing minus for
 * negative, a currency sign, a percent sign, a word 万 or 千 or 亿. In a percent cell a bare 5 means 5 %.
 * Separators must stand in the right places: "1,2" is refused rather than guessed.
 */
export function readTyped(typed: string, measure: Measure, unit: MoneyUnit): Typed {
  const text = halfWidth(typed);
  if (text === "") return { kind: "blank" };
  const bad: Typed = { kind: "bad", text: typed.trim() };
  const parts = /^([+-]?)(\(?)([+-]?)¥?([+-]?)([\d.,]+)(万|千|亿)?元?(%?)(\)?)(-?)$/.exec(text);
  if (!parts) return bad;
  const [, sign1, open, sign2, sign3, digits = "", word, percent, close, trailing] = parts;
  if (Boolean(open) !== Boolean(close)) return bad;
  const signs = [sign1, sign2, sign3, trailing].filter(Boolean);
  if (signs.length + (open ? 1 : 0) > 1) return bad;
  const plain = plainDigits(digits);
  const value = plain === null ? null : tryAmount(plain);
  if (value === null) return bad;
  const negative = Boolean(open) || signs.includes("-");
  const exact = shift(value, typedPower(measure, unit, Boolean(percent), word));
  return { kind: "amount", amount: negative && exact !== "0" ? (`-${exact}` as Amount) : exact };
}

function plainDigits(digits: string): string | null {
  if (digits.includes(",") && !GROUPED.test(digits)) return null;
  const plain = digits.replaceAll(",", "");
  if (!/^(\d+\.?\d*|\.\d+)$/.test(plain)) return null;
  return plain.replace(/^\./, "0.").replace(/\.$/, "");
}

function typedPower(measure: Measure, unit: MoneyUnit, percent: boolean, word: string | undefined): number {
  if (percent) return -2;
  if (word) return { 千: 3, 万: 4, 亿: 8 }[word] ?? 0;
  return power(measure, unit);
}

/** Rounds an entry to what the item can store. */
export function fitScale(value: Amount, scale: number | null): Amount {
  return scale === null ? value : round(value, scale);
}
