/** Figures on the screen and back: what an accountant types, pastes and reads. */
import { describe, expect, test } from "vitest";
import { add, amount, compare, divide, multiply, round, shift, subtract, toFixed } from "./amount";
import { editText, type Measure, type MoneyUnit, readTyped, show, showChange } from "./display";

const MONEY: Measure = { kind: "money", places: 0 };
const PERCENT: Measure = { kind: "percent", places: 1 };
const PIECES: Measure = { kind: "number", places: 0 };

describe("amounts are exact", () => {
  test("0.1 + 0.2 is 0.3, and 17 digits keep their last one", () => {
    expect(add(amount("0.1"), amount("0.2"))).toBe("0.3");
    expect(add(amount("99999999999999999.99"), amount("0.01"))).toBe("100000000000000000");
    expect(subtract(amount("5"), amount("5.00"))).toBe("0");
    expect(multiply(amount("-1.5"), amount("0.2"))).toBe("-0.3");
    expect(divide(amount("10"), amount("4"))).toBe("2.5");
    expect(divide(amount("1"), amount("0"))).toBeNull();
  });
  test("canonical form drops needless zeros and reads exponents", () => {
    expect(amount("007.500")).toBe("7.5");
    expect(amount("-0.00")).toBe("0");
    expect(amount("1E+3")).toBe("1000");
    expect(amount("25e-1")).toBe("2.5");
    expect(shift(amount("12345"), -4)).toBe("1.2345");
    expect(compare(amount("2"), amount("10"))).toBe(-1);
  });
  test("rounding is half away from zero on both sides", () => {
    expect(round(amount("2.5"), 0)).toBe("3");
    expect(round(amount("-2.5"), 0)).toBe("-3");
    expect(toFixed(amount("-1234567.005"), 2)).toBe("-1,234,567.01");
    expect(toFixed(amount("12"), 2)).toBe("12.00");
  });
});

test.each<[string, Measure, MoneyUnit, string]>([
  ["1282250", MONEY, "wan", "128.23"],
  ["1282250", MONEY, "thousand", "1,282.3"],
  ["1282250", MONEY, "yuan", "1,282,250"],
  ["-24400", MONEY, "wan", "(2.44)"],
  ["-0.4", MONEY, "yuan", "0"],
  ["0", MONEY, "wan", "0.00"],
  ["0.324", PERCENT, "wan", "32.4%"],
  ["-0.022", PERCENT, "wan", "(2.2%)"],
  ["27", PIECES, "wan", "27"],
])("%s shows as expected (case %#)", (value, measure, unit, expected) => {
  expect(show(amount(value), measure, unit)).toBe(expected);
});

test("a change carries its sign, with a real minus", () => {
  expect(showChange(amount("451300"), MONEY, "wan")).toBe("+45.13");
  expect(showChange(amount("-0.022"), PERCENT, "wan")).toBe("\u22122.2%");
});

test.each<[string, Measure, MoneyUnit, string | null]>([
  ["1,234.50", MONEY, "yuan", "1234.5"],
  ["１，２３４。５０", MONEY, "yuan", "1234.5"],
  ["(1,234.50)", MONEY, "yuan", "-1234.5"],
  ["（８）", MONEY, "yuan", "-8"],
  ["-5", MONEY, "yuan", "-5"],
  ["5-", MONEY, "yuan", "-5"],
  ["−5", MONEY, "yuan", "-5"],
  ["￥1,000", MONEY, "yuan", "1000"],
  ["-¥3", MONEY, "yuan", "-3"],
  ["68", MONEY, "wan", "680000"],
  ["3.5万", MONEY, "yuan", "35000"],
  ["3.5万元", MONEY, "thousand", "35000"],
  ["32.4%", PERCENT, "yuan", "0.324"],
  ["32.4", PERCENT, "yuan", "0.324"],
  ["150%", PIECES, "yuan", "1.5"],
  [".5", PIECES, "yuan", "0.5"],
  ["0", MONEY, "yuan", "0"],
  ["(0)", MONEY, "yuan", "0"],
  ["1,2", MONEY, "yuan", null],
  ["12,34.5", MONEY, "yuan", null],
  ["1.2.3", MONEY, "yuan", null],
  ["(5", MONEY, "yuan", null],
  ["-(5)", MONEY, "yuan", null],
  ["abc", MONEY, "yuan", null],
  ["1 2a", MONEY, "yuan", null],
  ["-", MONEY, "yuan", null],
])("typed %j reads as expected (case %#)", (typed, measure, unit, expected) => {
  const read = readTyped(typed, measure, unit);
  expect(read).toEqual(expected === null ? { kind: "bad", text: typed } : { kind: "amount", amount: expected });
});

test("nothing typed is blank, not zero", () => {
  expect(readTyped("  \u3000", MONEY, "yuan")).toEqual({ kind: "blank" });
});

test("what the editor opens with reads back to the same figure in every unit", () => {
  for (const unit of ["yuan", "thousand", "wan"] as const) {
    for (const value of ["0", "-1234.56", "999999999999.99", "0.05"]) {
      for (const measure of [MONEY, PERCENT, PIECES]) {
        expect(readTyped(editText(amount(value), measure, unit), measure, unit)).toEqual({ kind: "amount", amount: value });
      }
    }
  }
});
