/**
 * Amounts: decimal numbers as canonical strings, computed in big integers, never as floating point.
 * Canonical: optional "-", digits without leading zeros, optional "." and digits without trailing zeros; zero is "0".
 */

declare const brand: unique symbol;
export type Amount = string & { readonly [brand]: "Amount" };

/** A number as unscaled big integer and the count of its decimal places: 12.5 = {units: 125n, places: 1}. */
export interface Scaled {
  readonly units: bigint;
  readonly places: number;
}

const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/;
const EXPONENT = /^(-?\d+(?:\.\d+)?)[eE]([+-]?\d+)$/;

/** Reads a plain decimal as the API writes it ("-12.50", "1E+3"); throws on anything else: that is our mistake, not the user's. */
export function amount(text: string): Amount {
  const found = tryAmount(text);
  if (found === null) throw new Error(`not a decimal number: ${text}`);
  return found;
}

export function tryAmount(text: string): Amount | null {
  const exponent = EXPONENT.exec(text);
  if (exponent) {
    const mantissa = tryAmount(exponent[1] ?? "");
    const power = Number(exponent[2]);
    return mantissa === null || Math.abs(power) > 60 ? null : shift(mantissa, power);
  }
  if (!PLAIN.test(text)) return null;
  return fromScaled(split(text));
}

export function toScaled(value: Amount): Scaled {
  return split(value);
}

function split(text: string): Scaled {
  const [, sign = "", whole = "0", fraction = ""] = PLAIN.exec(text) ?? [];
  const units = BigInt(whole + fraction);
  return { units: sign === "-" ? -units : units, places: fraction.length };
}

export function fromScaled({ units, places }: Scaled): Amount {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const fraction = places ? digits.slice(-places).replace(/0+$/, "") : "";
  const text = whole + (fraction && `.${fraction}`);
  return (units < 0n ? `-${text}` : text) as Amount;
}

/** Multiplies by 10^power, exactly. */
export function shift(value: Amount, power: number): Amount {
  const { units, places } = split(value);
  const left = places - power;
  return left >= 0 ? fromScaled({ units, places: left }) : fromScaled({ units: units * 10n ** BigInt(-left), places: 0 });
}

const POWERS = (places: number): bigint => 10n ** BigInt(places);

function align(a: Amount, b: Amount): [bigint, bigint, number] {
  const x = split(a);
  const y = split(b);
  const places = Math.max(x.places, y.places);
  return [x.units * POWERS(places - x.places), y.units * POWERS(places - y.places), places];
}

export function add(a: Amount, b: Amount): Amount {
  const [x, y, places] = align(a, b);
  return fromScaled({ units: x + y, places });
}

export function subtract(a: Amount, b: Amount): Amount {
  const [x, y, places] = align(a, b);
  return fromScaled({ units: x - y, places });
}

export function multiply(a: Amount, b: Amount): Amount {
  const x = split(a);
  const y = split(b);
  return fromScaled({ units: x.units * y.units, places: x.places + y.places });
}

/** a / b rounded to `places` decimals; null where b is zero. */
export function divide(a: Amount, b: Amount, places = 12): Amount | null {
  const [x, y] = align(a, b);
  if (y === 0n) return null;
  return fromScaled({ units: divideRounded(x * POWERS(places), y), places });
}

export function compare(a: Amount, b: Amount): number {
  const [x, y] = align(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function negated(value: Amount): Amount {
  const { units, places } = split(value);
  return fromScaled({ units: -units, places });
}

export function isNegative(value: Amount): boolean {
  return value.startsWith("-");
}

/** Half away from zero, as the server rounds. */
function divideRounded(x: bigint, y: bigint): bigint {
  const negative = x < 0n !== y < 0n;
  const [n, d] = [x < 0n ? -x : x, y < 0n ? -y : y];
  const quotient = (2n * n + d) / (2n * d);
  return negative ? -quotient : quotient;
}

export function round(value: Amount, places: number): Amount {
  const { units, places: has } = split(value);
  return has <= places ? value : fromScaled({ units: divideRounded(units, POWERS(has - places)), places });
}

/** Exactly `places` decimals with thousands separators and a leading "-": the figure before any house style. */
export function toFixed(value: Amount, places: number): string {
  const { units, places: has } = split(round(value, places));
  const digits = ((units < 0n ? -units : units) * POWERS(places - Math.min(has, places))).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+$)/g, ",");
  const text = places ? `${whole}.${digits.slice(-places)}` : whole;
  return units < 0n ? `-${text}` : text;
}
