/**
 * What stands on the canvas, cell by cell, so that a repaint touches only cells that look different now: drawing a cell costs
 * about a hundred times as much as finding out how it looks.
 */
import type { Look } from "./looks";

export class Drawn {
  readonly #signs = new Map<string, string>();

  /** The library has just drawn this cell so. */
  note(column: number, row: number, sign: string): void {
    this.#signs.set(`${column}:${row}`, sign);
  }

  /** Is something else, or nothing known, drawn there? */
  differs(column: number, row: number, sign: string): boolean {
    return this.#signs.get(`${column}:${row}`) !== sign;
  }

  /** Rows or columns moved: nothing is known any more. */
  forget(): void {
    this.#signs.clear();
  }
}

export function sign(look: Look): string {
  return `${look.text}|${look.ground}|${look.ink}|${look.weight}|${look.size}|${look.align}|${marksOf(look)}`;
}

function marksOf(look: Look): number {
  return (look.edge ? 1 : 0) + (look.frame ? 2 : 0) + (look.dot ? 4 : 0) + (look.corner ? 8 : 0);
}
