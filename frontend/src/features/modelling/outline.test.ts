import { describe, expect, it } from "vitest";
import { openAtFirst, outline } from "./outline";
import type { Member } from "./requests";

const member = (code: string, parent: string | null, name = code): Member => ({ id: 0, code, name, parent, weight: 1, leaf: false, properties: {} });
const members = [member("G", null, "集团"), member("A", "G", "甲部"), member("A1", "A", "甲一"), member("B", "G", "乙部")];
const shown = (open: string[], find = ""): string[] => outline(members, new Set(open), find).map((line) => `${line.level}${line.member.code}`);

describe("a tree's lines", () => {
  it("begins at the tops with what is right below them", () => {
    expect(shown([...openAtFirst(members)])).toEqual(["0G", "1A", "1B"]);
  });
  it("hides what stands below a closed line, however deep", () => {
    expect(shown(["A"])).toEqual(["0G"]);
    expect(shown(["G", "A"])).toEqual(["0G", "1A", "2A1", "1B"]);
  });
  it("finds by name or code, with the way to it, and nothing else", () => {
    expect(shown([], "甲一")).toEqual(["0G", "1A", "2A1"]);
    expect(shown([], "b")).toEqual(["0G", "1B"]);
    expect(shown(["G"], "丙")).toEqual([]);
  });
});
