/** The sheet model: what is typed, tried and saved, and what the user sees of it. */
import { describe, expect, test } from "vitest";
import { type Amount, amount } from "../../lib/amount";
import { type Access, type Cell, type Column, keyOf, type Row } from "./cell";
import { extend } from "./fill";
import { readEntry } from "./entry";
import { layOut } from "./axes";
import { moved, one, positions, rectangle, statistics, stepped, stretched } from "./selection";
import { Sheet, type SheetData } from "./sheet";

const row = (id: string, parent: string | null = null, extra: Partial<Row> = {}): Row => ({
  id, label: id, level: parent ? 1 : 0, parent, measure: { kind: "money", places: 2 }, scale: 2, unit: "元", computed: false, ...extra,
});
const column = (id: string, parent: string | null = null, total = false): Column => ({ id, label: id, fullName: id, parent, total });
const cell = (value: string | null, access: Access = "input"): Cell => ({
  amount: value === null ? null : amount(value), state: value === null ? "blank" : "value", access, reason: null, partial: false,
});
const at = (r: string, c: string) => ({ row: r, column: c });

function table(cells: Record<string, Cell>, rows = [row("a"), row("b"), row("sum")], columns = [column("Y", null, true), column("Q1", "Y"), column("Q2", "Y")]): SheetData {
  return { rows, columns, cells: new Map(Object.entries(cells).map(([name, value]) => {
    const [r = "", c = ""] = name.split("/");
    return [keyOf(at(r, c)), value];
  })) };
}
const figures = { "a/Q1": cell("10"), "a/Q2": cell(null), "b/Q1": cell("20"), "b/Q2": cell("0"), "sum/Q1": cell("30", "computed"), "sum/Q2": cell("0", "locked") };
const enter = (sheet: Sheet, r: string, c: string, value: string | null) => sheet.enter([{ ...at(r, c), after: value === null ? null : amount(value) }]);

describe("typing", () => {
  test("an edit shows at once, remembers what was there, and is no edit once typed back", () => {
    const sheet = new Sheet(table(figures));
    enter(sheet, "a", "Q1", "11");
    enter(sheet, "a", "Q1", "12");
    expect(sheet.view(at("a", "Q1"))).toMatchObject({ amount: "12", edited: true });
    expect(sheet.changes()).toEqual([{ row: "a", column: "Q1", before: "10", after: "12" }]);
    enter(sheet, "a", "Q1", "10");
    expect(sheet.editCount).toBe(0);
  });
  test("clearing is blank, not zero, and typing zero over blank is an edit", () => {
    const sheet = new Sheet(table(figures));
    enter(sheet, "a", "Q1", null);
    enter(sheet, "a", "Q2", "0");
    expect(sheet.view(at("a", "Q1"))).toMatchObject({ amount: null, state: "blank" });
    expect(sheet.view(at("a", "Q2"))).toMatchObject({ amount: "0", state: "value" });
    expect(sheet.editCount).toBe(2);
  });
  test("locked, computed and unknown cells are skipped and counted", () => {
    const sheet = new Sheet(table(figures));
    const outcome = sheet.enter(["a", "sum", "nowhere"].map((r) => ({ ...at(r, "Q1"), after: amount("5") })));
    expect(outcome).toEqual({ applied: 1, skipped: 2 });
    expect(sheet.view(at("sum", "Q1")).amount).toBe("30");
  });
  test("a block is one step of undo; redo brings it back; a new edit ends redo", () => {
    const sheet = new Sheet(table(figures));
    sheet.enter([{ ...at("a", "Q1"), after: amount("1") }, { ...at("a", "Q2"), after: amount("2") }]);
    enter(sheet, "b", "Q1", "3");
    sheet.undo();
    expect(sheet.undo()).toHaveLength(2);
    expect(sheet.editCount).toBe(0);
    sheet.redo();
    expect(sheet.changes().map((change) => change.after)).toEqual(["1", "2"]);
    enter(sheet, "b", "Q2", "9");
    expect(sheet.canRedo).toBe(false);
  });
});

describe("the server's answers", () => {
  test("computed figures wait dimmed, then show the trial; a failed trial leaves what was there", () => {
    const sheet = new Sheet(table(figures));
    enter(sheet, "a", "Q1", "15");
    sheet.wait();
    expect(sheet.view(at("sum", "Q1"))).toMatchObject({ amount: "30", stale: true });
    expect(sheet.view(at("a", "Q1")).stale).toBe(false);
    sheet.tried(new Map([[keyOf(at("sum", "Q1")), cell("35", "computed")]]));
    expect(sheet.view(at("sum", "Q1"))).toMatchObject({ amount: "35", stale: false });
    sheet.wait();
    sheet.tried(null);
    expect(sheet.view(at("sum", "Q1"))).toMatchObject({ amount: "35", stale: false });
    sheet.discard();
    expect(sheet.view(at("sum", "Q1")).amount).toBe("30");
  });
  test("a reload by somebody keeps my edit with the value I saw, and marks theirs for ten seconds", () => {
    let now = 0;
    const sheet = new Sheet(table(figures), () => now);
    enter(sheet, "a", "Q1", "11");
    sheet.reload(table({ ...figures, "a/Q1": cell("99"), "b/Q1": cell("21") }), "林静");
    expect(sheet.changes()).toEqual([{ row: "a", column: "Q1", before: "10", after: "11" }]);
    expect(sheet.view(at("b", "Q1"))).toMatchObject({ amount: "21", changedBy: "林静" });
    expect(sheet.view(at("b", "Q2")).changedBy).toBeNull();
    now = 10_001;
    expect(sheet.view(at("b", "Q1")).changedBy).toBeNull();
  });
  test("saved edits settle, refused ones stay edits", () => {
    const sheet = new Sheet(table(figures));
    enter(sheet, "a", "Q1", "11");
    enter(sheet, "b", "Q1", "22");
    sheet.settle([at("a", "Q1")]);
    expect(sheet.view(at("a", "Q1"))).toMatchObject({ amount: "11", edited: false });
    expect(sheet.changes().map((change) => change.row)).toEqual(["b"]);
  });
  test("of a conflict, theirs ends the edit and mine stands over theirs", () => {
    const sheet = new Sheet(table(figures));
    enter(sheet, "a", "Q1", "11");
    enter(sheet, "b", "Q1", "22");
    sheet.tried(new Map([[keyOf(at("a", "Q1")), cell("11")]]));
    sheet.resolve([
      { ...at("a", "Q1"), keep: "theirs", theirs: amount("50") },
      { ...at("b", "Q1"), keep: "mine", theirs: amount("60") },
    ]);
    expect(sheet.view(at("a", "Q1"))).toMatchObject({ amount: "50", edited: false });
    expect(sheet.changes()).toEqual([{ row: "b", column: "Q1", before: "60", after: "22" }]);
  });
});

describe("what is on show", () => {
  test("a year's total stands frozen beside the names; each quarter closes with its subtotal", () => {
    const columns = [column("Y", null, true), column("Q1", "Y", true), column("1", "Q1"), column("2", "Q1"), column("Q2", "Y", true), column("4", "Q2")];
    const axes = layOut(table({}, [row("a")], columns), new Set());
    expect(axes.columns.map((c) => c.id)).toEqual(["Y", "1", "2", "Q1", "4", "Q2"]);
    expect([axes.frozen, axes.headerDepth]).toEqual([1, 2]);
  });
  test("closing a row hides everything below it", () => {
    const rows = [row("a"), row("b", "a"), row("c", "b"), row("d")];
    const axes = layOut(table({}, rows), new Set(["a"]));
    expect(axes.rows.map((shown) => [shown.row.id, shown.hasChildren, shown.open])).toEqual([["a", true, false], ["d", false, true]]);
  });
});

describe("the selection", () => {
  const size = { rows: 5, columns: 4, page: 3 };
  test("moves stop at the edges", () => {
    expect(moved({ r: 0, c: 0 }, "up", size)).toEqual({ r: 0, c: 0 });
    expect(moved({ r: 1, c: 1 }, "pageDown", size)).toEqual({ r: 4, c: 1 });
    expect(moved({ r: 4, c: 1 }, "pageDown", size)).toEqual({ r: 4, c: 1 });
    expect(moved({ r: 2, c: 2 }, "last", size)).toEqual({ r: 4, c: 3 });
    expect(moved({ r: 2, c: 2 }, "home", size)).toEqual({ r: 2, c: 0 });
  });
  test("enter goes round inside a rectangle column by column, tab row by row; the rectangle stays", () => {
    let selection = stretched(one({ r: 1, c: 1 }), { r: 2, c: 2 });
    const walk = (way: "down" | "right") => Array.from({ length: 4 }, () => {
      selection = stepped(selection, way, size);
      return [selection.active.r, selection.active.c];
    });
    expect(walk("down")).toEqual([[2, 1], [1, 2], [2, 2], [1, 1]]);
    expect(walk("right")).toEqual([[1, 2], [2, 1], [2, 2], [1, 1]]);
    expect(rectangle(selection)).toEqual({ top: 1, bottom: 2, left: 1, right: 2 });
    expect(positions(rectangle(selection)).flat()).toHaveLength(4);
  });
  test("statistics count figures only: a blank is in no average", () => {
    const sheet = new Sheet(table(figures));
    const views = [at("a", "Q1"), at("a", "Q2"), at("b", "Q1"), at("b", "Q2")].map((ref) => sheet.view(ref));
    expect(statistics(views)).toEqual({ cells: 4, count: 3, sum: "30", average: "10", max: "20" });
    expect(statistics([sheet.view(at("a", "Q2"))])).toBeNull();
  });
});

test.each<[string, (string | null)[], number, (string | null)[]]>([
  ["one figure repeats", ["5"], 3, ["5", "5", "5"]],
  ["an even step goes on, exactly", ["0.1", "0.2"], 2, ["0.3", "0.4"]],
  ["an uneven line repeats", ["1", "2", "4"], 4, ["1", "2", "4", "1"]],
  ["blanks repeat as blanks", ["1", null], 3, ["1", null, "1"]],
  ["equal figures stay equal", ["7", "7"], 2, ["7", "7"]],
])("fill: %s", (_, line, count, expected) => {
  expect(extend(line as (Amount | null)[], count)).toEqual(expected);
});

test("filling backwards goes on in the other direction", () => {
  expect(extend([amount("10"), amount("20")], 2, true)).toEqual(["-10", "0"]);
});

test.each<[string, string | null, string | null]>([
  ["=1200*3", null, "3600"],
  ["＝（1+2）×3", null, "9"],
  ["=100/3", null, "33.33"],
  ["=10%*200", null, "20"],
  ["=-5+2", null, "-3"],
  ["=1/0", null, null],
  ["=1+", null, null],
  ["=(1", null, null],
  ["=alert(1)", null, null],
  ["+10%", "250", "275"],
  ["-10%", "250", "225"],
  ["−5%", "-100", "-95"],
  ["1.005", null, "1.01"],
])("typing %s over %s gives %s", (text, current, expected) => {
  const typed = readEntry(text, row("a"), "yuan", current === null ? null : amount(current));
  expect(typed.kind === "amount" ? typed.amount : null).toBe(expected);
});

test("keys of cells are unambiguous", () => {
  expect(keyOf(at("a", "b|c")) === (keyOf(at("a|b", "c")))).toBe(false);
});
