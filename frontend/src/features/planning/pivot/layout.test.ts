import { describe, expect, it } from "vitest";
import type { Cube, ModelDetail } from "../requests";
import { columnsOf, layoutOf } from "./layout";
import { readPivot } from "./search";

const cube = { code: "费用", title: "", dims: ["period", "org", "科目", "产品"], items: [] } as Cube;
const group = (code: string, start: number, stop: number, whole = true) => ({ code, start, stop, whole });
const model = {
  calendar: {
    base: "quarter",
    fiscal_start: 1,
    periods: [
      { code: "2025Q4", year: 2025, plan: false },
      { code: "2026Q1", year: 2026, plan: true },
      { code: "2026Q2", year: 2026, plan: true },
    ],
    groupings: [{ name: "half", groups: [group("2025H2", 0, 1, false), group("2026H1", 1, 3)] }, { name: "odd", groups: [group("mixed", 0, 2)] }],
  },
} as unknown as ModelDetail;

describe("a layout", () => {
  it("puts the named dimension on rows, else the first that is neither time nor organisation", () => {
    expect(layoutOf(cube, {})).toEqual({ row: "科目", page: ["产品"] });
    expect(layoutOf(cube, { rows: "org" })).toEqual({ row: "org", page: ["科目", "产品"] });
    expect(layoutOf(cube, { rows: "period" })).toEqual({ row: "科目", page: ["产品"] });
  });

  it("shows only groups wholly in the plan, and never an empty choice", () => {
    expect(columnsOf(model, "half")).toEqual(["2026H1"]);
    expect(columnsOf(model, "odd")).toBe("plan-with-totals");
    expect(columnsOf(model, "base")).toBe("plan");
  });

  it("reads an address and drops what is not of its kind", () => {
    expect(readPivot({ rows: 7, items: ["a", null], at: { 科目: "x", 产品: [] }, filled: "yes", level: -1 })).toEqual({ rows: "7", items: ["a"], at: { 科目: "x" } });
  });
});
