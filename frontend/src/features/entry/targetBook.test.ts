/** What the page shows while targets are typed: computed by hand beside it. */
import { describe, expect, it } from "vitest";
import { amount } from "../../lib/amount";
import type { Targets } from "./requests";
import { editId, TargetBook, type Typed } from "./targetBook";
import { linesOf, openAtFirst, shownLines } from "./tree";

const seen = (v: string | null) => ({ v, p: false, h: false });
const org = (code: string, parent: string | null, leaf: boolean) => ({ code, name: code, parent, level: 0, leaf, may_set: parent !== null, may_keep: !leaf });
const row = (o: string, target: string | null, passed: string | null, reserve: string | null, room: string | null) => ({
  org: o,
  key: "K",
  target: seen(target),
  passed,
  reserve,
  room,
  current: seen(null),
  compare: [seen("80.00")],
});
// the group has no total of its own; A received 1000, keeps 100 back, gave A1 600
const data = {
  seq: 1,
  cycle: { keys: [{ code: "K", name: "差旅费" }], compare: [{ title: "上年", version: "实际", year: 2026 }] },
  orgs: [org("G", null, false), org("A", "G", false), org("A1", "A", true), org("A2", "A", true)],
  rows: [row("G", "1000.00", "1000.00", null, null), row("A", "1000.00", "600.00", "100.00", "300.00"), row("A1", "600.00", null, null, "600.00"), row("A2", null, null, null, null)],
} as unknown as Targets;
const edits = (...all: [string, "target" | "reserve", string | null][]) => {
  const seenThen = new TargetBook(data, new Map());
  return new Map<string, Typed>(
    all.map(([o, part, v]) => {
      const id = editId(o, "K", part);
      return [id, { before: seenThen.loaded(id), after: v === null ? null : amount(v) }];
    }),
  );
};

describe("targets being typed", () => {
  it("says what the server said while nothing is typed", () => {
    const found = new TargetBook(data, new Map()).cell("A", "K");
    expect([found.target, found.passed, found.reserve, found.room]).toEqual(["1000.00", "600.00", "100.00", "300"]);
  });

  it("follows an amount passed down, and shows what is given too much as negative", () => {
    const found = new TargetBook(data, edits(["A2", "target", "350"])).cell("A", "K");
    expect([found.passed, found.room]).toEqual(["950", "-50"]);
  });

  it("adds up a top without a total of its own, and no other", () => {
    const book = new TargetBook(data, edits(["A", "target", "1200"]));
    expect(book.cell("G", "K").target).toBe("1200");
    expect(book.cell("A", "K").room).toBe("500");
    expect(new TargetBook(data, edits(["A1", "target", "0"])).cell("A", "K").target).toBe("1000.00");
  });

  it("keeps what was seen where it was typed, whatever is loaded meanwhile", () => {
    const typed = edits(["A1", "target", "650"]);
    const newer = { ...data, rows: data.rows.map((one) => (one.org === "A1" ? { ...one, target: seen("700.00") } : one)) };
    expect(new TargetBook(newer, typed).changes()).toEqual([{ org: "A1", key: "K", part: "target", before: "600.00", after: "650" }]);
  });

  it("saves what differs only: retyping the same, or clearing a blank, is no change", () => {
    const book = new TargetBook(data, edits(["A1", "target", "600.0"], ["A2", "target", null], ["A", "reserve", null]));
    expect(book.changes()).toEqual([{ org: "A", key: "K", part: "reserve", before: "100.00", after: null }]);
  });
});

describe("the tree", () => {
  it("gives an organisation seen only in part one line", () => {
    expect(linesOf(data.orgs, data.cycle.keys, "org", new Set(["G"])).map((line) => line.id)).toEqual(["G", "A", "A|K", "A1", "A1|K", "A2", "A2|K"]);
  });

  it("reads either way round and shows only what lies in open lines", () => {
    const byOrg = linesOf(data.orgs, data.cycle.keys, "org");
    expect(shownLines(byOrg, openAtFirst(data.orgs, byOrg, "org")).map((line) => line.id)).toEqual(["G", "G|K", "A"]);
    const byKey = linesOf(data.orgs, data.cycle.keys, "key");
    expect(shownLines(byKey, openAtFirst(data.orgs, byKey, "key")).map((line) => `${line.level} ${line.id}`)).toEqual(["0 G|K", "1 A|K"]);
  });
});
