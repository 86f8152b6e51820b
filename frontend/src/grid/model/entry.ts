/** What the user typed into a cell, as the value it shall have: a figure, `=1200*3`, or `+10%` and the like on what is there. */
import { add, type Amount, divide, fromScaled, multiply, subtract, toScaled } from "../../lib/amount";
import { fitScale, type MoneyUnit, readTyped, type Typed } from "../../lib/display";
import type { Row } from "./cell";

export function readEntry(text: string, row: Row, unit: MoneyUnit, current: Amount | null): Typed {
  const plain = text.trim().replace(/^＝/, "=");
  const change = /^([+\-−])\s*(\d+(?:\.\d+)?)\s*[%％]$/.exec(plain);
  if (change && current !== null && row.measure.kind !== "percent") return fitted(byPercent(current, change[1] === "+", change[2] ?? "0"), row, plain);
  if (plain.startsWith("=")) return readSum(plain, row, unit);
  const typed = readTyped(plain, row.measure, unit);
  return typed.kind === "amount" ? fitted(typed.amount, row, plain) : typed;
}

function fitted(value: Amount | null, row: Row, text: string): Typed {
  return value === null ? { kind: "bad", text } : { kind: "amount", amount: fitScale(value, row.scale) };
}

function byPercent(current: Amount, up: boolean, percent: string): Amount {
  const part = multiply(current, percent as Amount);
  const { units, places } = toScaled(part);
  const change = fromScaled({ units, places: places + 2 });
  return up ? add(current, change) : subtract(current, change);
}

/** `=` and the four operations with brackets, on plain figures in the unit shown. */
function readSum(text: string, row: Row, unit: MoneyUnit): Typed {
  const value = new Sum(text.slice(1)).value();
  if (value === null) return { kind: "bad", text };
  const typed = readTyped(row.measure.kind === "percent" ? `${value}%` : value, row.measure, unit);
  return typed.kind === "amount" ? fitted(typed.amount, row, text) : typed;
}

class Sum {
  #rest: string;

  constructor(text: string) {
    this.#rest = text.replace(/[\s,]/g, "").replaceAll("×", "*").replaceAll("÷", "/").replaceAll("（", "(").replaceAll("）", ")");
  }

  value(): Amount | null {
    const value = this.#terms();
    return this.#rest === "" ? value : null;
  }

  #take(pattern: RegExp): string | null {
    const found = pattern.exec(this.#rest);
    if (!found) return null;
    this.#rest = this.#rest.slice(found[0].length);
    return found[0];
  }

  #terms(): Amount | null {
    let left = this.#factors();
    for (let sign = this.#take(/^[+-]/); sign !== null && left !== null; sign = this.#take(/^[+-]/)) {
      const right = this.#factors();
      left = right === null ? null : sign === "+" ? add(left, right) : subtract(left, right);
    }
    return left;
  }

  #factors(): Amount | null {
    let left = this.#atom();
    for (let sign = this.#take(/^[*/]/); sign !== null && left !== null; sign = this.#take(/^[*/]/)) {
      const right = this.#atom();
      left = right === null ? null : sign === "*" ? multiply(left, right) : divide(left, right);
    }
    return left;
  }

  #atom(): Amount | null {
    if (this.#take(/^-/) !== null) {
      const value = this.#atom();
      return value === null ? null : subtract("0" as Amount, value);
    }
    if (this.#take(/^\(/) !== null) {
      const inner = this.#terms();
      return this.#take(/^\)/) === null ? null : inner;
    }
    const digits = this.#take(/^\d+(\.\d+)?%?/);
    if (digits === null) return null;
    const { units, places } = toScaled(digits.replace("%", "") as Amount);
    return fromScaled({ units, places: places + (digits.endsWith("%") ? 2 : 0) });
  }
}
