/** Blocks of cells as text: what spreadsheets put on the clipboard, read and written. Pure text; figures are read elsewhere. */

/**
 * Rows of fields. Tabs part fields; CRLF, LF or CR part rows; one trailing line end is not a row; a field that begins with a
 * quote runs to its closing quote and may hold tabs, line ends and doubled quotes.
 */
export function parseBlock(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length || row.length > 0) {
    const [field, next] = text[at] === '"' ? quoted(text, at) : bare(text, at);
    row.push(field);
    at = next;
    if (text[at] === "\t") {
      at += 1;
      if (at < text.length) continue;
      row.push("");
    }
    if (text[at] === "\r" && text[at + 1] === "\n") at += 2;
    else if (at < text.length) at += 1;
    rows.push(row);
    row = [];
  }
  return rows;
}

function bare(text: string, from: number): [string, number] {
  let at = from;
  while (at < text.length && text[at] !== "\t" && text[at] !== "\n" && text[at] !== "\r") at += 1;
  return [text.slice(from, at), at];
}

function quoted(text: string, from: number): [string, number] {
  let at = from + 1;
  let field = "";
  while (at < text.length) {
    if (text[at] !== '"') field += text.charAt(at);
    else if (text[at + 1] === '"') {
      field += '"';
      at += 1;
    } else if (at + 1 === text.length || /[\t\r\n]/.test(text[at + 1] ?? "")) return [field, at + 1];
    else return bare(text, from); // a quote that does not close a field is an ordinary character: 5" pipe
    at += 1;
  }
  return bare(text, from);
}

export function writeBlock(rows: readonly (readonly string[])[]): string {
  const field = (value: string): string => (/["\t\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return rows.map((row) => row.map(field).join("\t")).join("\r\n");
}

/** A selection that is a whole multiple of the block repeats it; otherwise the block goes in once, from the corner. */
export function tile<T>(block: readonly (readonly T[])[], height: number, width: number): T[][] {
  const blockWidth = Math.max(0, ...block.map((row) => row.length));
  if (block.length === 0 || blockWidth === 0) return [];
  const fits = height % block.length === 0 && width % blockWidth === 0;
  const [rows, columns] = fits ? [height, width] : [block.length, blockWidth];
  return Array.from({ length: rows }, (_, r) => {
    const source = block[r % block.length] ?? [];
    return fits ? Array.from({ length: columns }, (_, c) => source[c % blockWidth] as T) : [...source];
  });
}
