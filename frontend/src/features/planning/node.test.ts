import { expect, test } from "vitest";
import { isHeld, type Node } from "./node";

const node: Node = { cube: "费用", item: "金额", members: { org: "A", 科目: "差旅" }, period: "2026-01" };

test("a node is held whatever the order in which its members are named", () => {
  expect(isHeld([{ ...node, members: { 科目: "差旅", org: "A" } }], node)).toBe(true);
});

test("another period or member is another node", () => {
  expect(isHeld([{ ...node, period: "2026-02" }, { ...node, members: { ...node.members, org: "B" } }], node)).toBe(false);
});
