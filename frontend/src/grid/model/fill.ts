/** The fill handle: a source rectangle dragged on. Two or more figures in a row with an even step go on as a series; all else repeats. */
import { add, type Amount, subtract } from "../../lib/amount";

/** Extends a line of values by `count`; backwards when `reverse`. Blanks stay blanks: null is copied like any value. */
export function extend(line: readonly (Amount | null)[], count: number, reverse = false): (Amount | null)[] {
  const source = reverse ? [...line].reverse() : [...line];
  const step = evenStep(source);
  const out: (Amount | null)[] = [];
  for (let i = 0; i < count; i += 1) {
    const previous = i === 0 ? source.at(-1) : out[i - 1];
    out.push(step !== null && previous !== null && previous !== undefined ? add(previous, step) : (source[i % source.length] ?? null));
  }
  return reverse ? out.reverse() : out;
}

function evenStep(line: readonly (Amount | null)[]): Amount | null {
  const figures = line.filter((value): value is Amount => value !== null);
  const [first, second] = figures;
  if (figures.length !== line.length || first === undefined || second === undefined) return null;
  const step = subtract(second, first);
  for (let i = 2; i < figures.length; i += 1) {
    if (subtract(figures[i] as Amount, figures[i - 1] as Amount) !== step) return null;
  }
  return step;
}
