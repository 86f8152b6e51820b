import { expect, test } from "vitest";
import { rowsInSight } from "./useWindow";

test.each([
  // count, top, height → from, to: rows of 30 px, eight more on either side
  [2000, 0, 300, 0, 18],
  [2000, 3000, 300, 92, 118],
  [2000, 59_700, 300, 1982, 2000],
  [3, 0, 300, 0, 3],
  [0, 0, 300, 0, 0],
])("%i rows scrolled to %i", (count, top, height, from, to) => {
  const shown = rowsInSight(count, 30, top, height);
  expect([shown.from, shown.to]).toEqual([from, to]);
  expect(shown.above + (to - from) * 30 + shown.below).toBe(count * 30); // the scroll bar never jumps
});
