import { expect, test } from "vitest";
import { parseBlock, tile, writeBlock } from "./tsv";

test.each<[string, string, string[][]]>([
  ["one field", "5", [["5"]]],
  ["Excel on Windows: CRLF and a trailing one", "1\t2\r\n3\t4\r\n", [["1", "2"], ["3", "4"]]],
  ["WPS and macOS: LF", "1\t2\n3\t4", [["1", "2"], ["3", "4"]]],
  ["old CR", "1\r2\r", [["1"], ["2"]]],
  ["empty cells stay empty", "\t\r\n1\t", [["", ""], ["1", ""]]],
  ["an empty line in the middle is a row", "1\n\n2\n", [["1"], [""], ["2"]]],
  ["a quoted field with tab, line end and quotes", '"a\tb\nc ""d"""\t2', [['a\tb\nc "d"', "2"]]],
  ["a quote inside is a character", '5" pipe\t1', [['5" pipe', "1"]]],
  ["a leading quote that never closes is a character", '"abc\t1', [['"abc', "1"]]],
  ["nothing", "", []],
])("%s", (_, text, expected) => {
  expect(parseBlock(text)).toEqual(expected);
});

test("what is written is read back", () => {
  const block = [["a", "b\tc"], ['say "x"', "line\nend"], ["", "1.5"]];
  expect(parseBlock(writeBlock(block))).toEqual(block);
});

test("a selection that is a multiple of the block repeats it, any other gets it once", () => {
  expect(tile([["1", "2"]], 2, 4)).toEqual([["1", "2", "1", "2"], ["1", "2", "1", "2"]]);
  expect(tile([["1", "2"]], 3, 3)).toEqual([["1", "2"]]);
  expect(tile([["7"]], 1, 3)).toEqual([["7", "7", "7"]]);
  expect(tile([], 2, 2)).toEqual([]);
});
