/** The server's answer as a sheet. The answer is typed by the generated schema, so a change of the contract fails to compile here. */
import { expect, test } from "vitest";
import { keyOf } from "../../grid/model/cell";
import { amount } from "../../lib/amount";
import { periodNames } from "./periods";
import type { ModelDetail, Slice } from "./requests";
import { Coordinates, measureOf, sheetOf } from "./slice";

const WORDS = { english: false, year: "年", only: "数值" };
const given = (v: string | null, s = "VALUE", e = true, r: string | null = null) => ({ v, s, e, r, p: false });

const SLICE: Slice = {
  version: 7,
  seq: 41,
  revision: 3,
  items: [
    { code: "销量", name: "销量", unit: "件", decimals: 0, scale: 0, formula: false },
    { code: "收入", name: "销售收入", unit: "元", decimals: 2, scale: 2, formula: true },
    { code: "费率", name: "费率", unit: "%", decimals: 2, scale: null, formula: false },
  ],
  columns: [
    { code: "", name: "值", kind: "none", parent: null, plan: true },
    { code: "2026-03", name: "2026-03", kind: "base", parent: "2026Q1", plan: true },
    { code: "2026Q1", name: "2026Q1", kind: "quarter", parent: "2026H1", plan: true },
    { code: "2026H1", name: "2026H1", kind: "half", parent: "2026", plan: true },
    { code: "2026", name: "2026", kind: "year", parent: null, plan: true },
  ],
  rows: [
    { key: "销量|P", item: "销量", members: { 产品: "P", org: "MM" }, name: "产品合计", level: 0, parent: null, leaf: false },
    { key: "收入|P1", item: "收入", members: { 产品: "P1", org: "MM" }, name: "甲", level: 1, parent: null, leaf: true },
    { key: "费率", item: "费率", members: {}, name: "费率", level: 0, parent: null, leaf: true },
  ],
  cells: [
    [given(null, "BLANK", false, "total_column"), given("120", "VALUE", false, "total"), given("120", "VALUE", false, "total_column"), given("0", "VALUE", false, "total_column"), given("120", "VALUE", false, "total_column")],
    [given(null, "BLANK", false, "total_column"), given(null, "DIV_BY_ZERO", false, "formula:收入"), given("5", "VALUE", false, "locked:D1"), given(null, "BLANK"), given(null, "BLANK")],
    [given("0.065"), given(null, "BLANK", false, "parameter"), given(null, "BLANK", false, "parameter"), given(null, "BLANK", false, "parameter"), given(null, "BLANK", false, "parameter")],
  ],
  reasons: { "formula:收入": "由公式计算：收入 = 销量 * 单价", "locked:D1": "已提交，待张三审批" },
};
const MODEL: ModelDetail = {
  code: "m", title: "m", revision: 3, currency: "元", versions: ["预算"], languages: ["zh"], dimensions: [], cubes: [],
  calendar: { base: "month", fiscal_start: 1, periods: [], groupings: [] },
};

test("kinds of cells follow from why they cannot be edited", () => {
  const { cells } = sheetOf(SLICE, "销售", MODEL, WORDS);
  const kind = (row: string, column: string) => cells.get(keyOf({ row, column }))?.access;
  expect([kind("费率", ""), kind("销量|P", "2026-03"), kind("收入|P1", "2026-03"), kind("收入|P1", "2026Q1"), kind("费率", "2026-03"), kind("销量|P", "")]).toEqual([
    "input", "total", "computed", "locked", "void", "void",
  ]);
  expect(cells.get(keyOf({ row: "收入|P1", column: "2026Q1" }))?.reason).toBe("已提交，待张三审批");
  expect(cells.get(keyOf({ row: "收入|P1", column: "2026-03" }))).toMatchObject({ amount: null, state: "div0" });
});

test("halves are left out and their quarters hang on the year", () => {
  const { columns } = sheetOf(SLICE, "销售", MODEL, WORDS);
  expect(columns.map((column) => [column.id, column.parent, column.total])).toEqual([
    ["", null, false], ["2026-03", "2026Q1", false], ["2026Q1", "2026", true], ["2026", null, true],
  ]);
});

test("with several items a row on top is named by its item; other units than money stand with the row", () => {
  const { rows } = sheetOf(SLICE, "销售", MODEL, WORDS);
  expect(rows.map((row) => row.label)).toEqual(["销量 · 产品合计（件）", "甲", "费率"]);
  expect(rows.map((row) => row.measure.kind)).toEqual(["number", "money", "percent"]);
});

test("an edit names the item, its members and the period; a parameter has none", () => {
  const at = new Coordinates("销售", SLICE);
  expect(at.edits([{ row: "费率", column: "", before: null, after: amount("0.1") }])).toEqual([
    { cube: "销售", item: "费率", members: {}, period: "", before: null, after: "0.1" },
  ]);
  expect(at.of({ row: "收入|P1", column: "2026-03" })).toMatchObject({ members: { 产品: "P1", org: "MM" }, period: "2026-03" });
});

test("quantities show the places they have, money whole yuan", () => {
  expect(measureOf("件", "元", null, 2, [amount("10.25"), amount("3")])).toEqual({ kind: "number", places: 2 });
  expect(measureOf("元", "元", null, 2, [amount("10.25")])).toEqual({ kind: "money", places: 0 });
});

test.each([
  ["2026-03", "3月", "2026年3月"],
  ["2026Q2", "二季度", "2026年二季度"],
  ["2026", "2026年", "2026年"],
  ["P07", "P07", "P07"],
])("period %s is called %s", (code, label, full) => {
  expect(periodNames(code, "base", WORDS)).toEqual({ label, full });
});
