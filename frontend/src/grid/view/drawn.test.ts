import { describe, expect, it } from "vitest";
import { Drawn, sign } from "./drawn";
import type { Look } from "./looks";

const plain: Look = { text: "1", ground: "#fff", ink: "#000", weight: 400, size: 12, align: "right", edge: false, frame: false, dot: false, corner: false };

describe("what stands on the canvas", () => {
  it("differs until it is noted, and again when the look is another", () => {
    const drawn = new Drawn();
    expect(drawn.differs(2, 3, sign(plain))).toBe(true);
    drawn.note(2, 3, sign(plain));
    expect(drawn.differs(2, 3, sign(plain))).toBe(false);
    expect(drawn.differs(3, 2, sign(plain))).toBe(true);
    expect(drawn.differs(2, 3, sign({ ...plain, text: "2" }))).toBe(true);
    drawn.forget();
    expect(drawn.differs(2, 3, sign(plain))).toBe(true);
  });

  it.each(Object.entries({ text: "2", ground: "#000", ink: "#111", weight: 600, size: 11, align: "left", edge: true, frame: true, dot: true, corner: true }))("sees another %s", (key, value) => {
    expect(sign({ ...plain, [key]: value })).not.toBe(sign(plain));
  });
});
