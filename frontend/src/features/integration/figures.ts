/** Amounts as this page shows them: vouchers keep two decimals whatever the page's unit. Blank stays blank. */
import { add, type Amount, tryAmount } from "../../lib/amount";
import { show } from "../../lib/display";

export const FEN = { kind: "number", places: 2 } as const;
const ZERO = "0" as Amount;

export const amountOf = (text: string | null | undefined): Amount => tryAmount(text ?? "") ?? ZERO;

export const isZero = (text: string | null | undefined): boolean => amountOf(text) === "0";

/** Two decimals, negative in brackets; nothing for a blank. */
export const fen = (text: string | null | undefined): string => {
  const value = text === null || text === undefined ? null : tryAmount(text);
  return value === null ? "" : show(value, FEN, "yuan");
};

/** As `fen`, but a zero is left out: in a wide table only what is there draws the eye. */
export const fenOrNothing = (text: string | null | undefined): string => (isZero(text) ? "" : fen(text));

export const sum = (texts: readonly (string | null | undefined)[]): Amount => texts.reduce<Amount>((total, text) => add(total, amountOf(text)), ZERO);

export const whole = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
