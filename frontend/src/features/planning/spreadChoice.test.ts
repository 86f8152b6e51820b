import { describe, expect, it } from "vitest";
import { atFirst, choiceOf } from "./spreadChoice";

const typed = atFirst(7);

describe("how a total is shared", () => {
  it("says a rate as a ratio, without floating point", () => {
    expect(choiceOf({ ...typed, method: "growth", percent: "5.1 %" })).toEqual({ method: "growth", action: "replace", rate: "0.051" });
    expect(choiceOf({ ...typed, method: "growth", percent: "-3" })?.rate).toBe("-0.03");
  });
  it("sends a pattern as written, and none that is not one", () => {
    expect(choiceOf({ ...typed, method: "pattern" })?.pattern).toBe("4-4-5");
    expect(choiceOf({ ...typed, method: "pattern", pattern: "own", own: " 1-2.5-1 " })?.pattern).toBe("1-2.5-1");
    for (const own of ["", "4-", "4--5", "a", "-1"]) expect(choiceOf({ ...typed, method: "pattern", pattern: "own", own })).toBeNull();
  });
  it("names the version and the year to follow", () => {
    expect(choiceOf({ ...typed, method: "seasonal", action: "add" })).toEqual({ method: "seasonal", action: "add", like: { version: 7, item: "", years: 1 } });
  });
  it("waits for both weights", () => {
    expect(choiceOf({ ...typed, method: "line", last: "" })).toBeNull();
    expect(choiceOf({ ...typed, method: "line" })).toEqual({ method: "line", action: "replace", first: "1", last: "2" });
  });
});
