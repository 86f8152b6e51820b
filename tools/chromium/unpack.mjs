/** Unpacks the brotli files of @sparticuz/chromium into the folder given: `node unpack.mjs TARGET`. */
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const source = new URL("node_modules/@sparticuz/chromium/bin/", import.meta.url);
const target = process.argv[2];

for (const [packed, plain] of [
  ["chromium.br", "chromium"],
  ["al2023.tar.br", "libraries.tar"],
  ["swiftshader.tar.br", "swiftshader.tar"],
]) {
  await pipeline(createReadStream(new URL(packed, source)), createBrotliDecompress(), createWriteStream(`${target}/${plain}`));
}
