/** From budget to actual: the largest differences as steps, the rest as one; it ties exactly. Pure. */
import { type Amount, add, amount, compare, subtract } from "../../lib/amount";
import { rowsByPlace, type Sides } from "./board";
import type { Board } from "./requests";

export interface Bar {
  readonly kind: "total" | "step";
  readonly label: string;
  readonly value: Amount; // of a total its height, of a step its difference
  readonly from: number;
  readonly to: number;
}

const ZERO = amount("0");
const size = (value: Amount): Amount => (value.startsWith("-") ? amount(value.slice(1)) : value);

export interface Words {
  readonly budget: string;
  readonly actual: string;
  readonly rest: string;
}

/** Steps down the children of the second axis at its top; at most `most` of them by name. */
export function waterfall(board: Board, sides: Sides, words: Words, most = 6): Bar[] {
  const [top, whole] = [sides.first.nodes[0]?.code, sides.second.nodes[0]?.code];
  if (top === undefined || whole === undefined) return [];
  const rows = rowsByPlace(board, sides);
  const total = rows.get(`${top}\u0000${whole}`);
  if (!total) return [];
  const steps = sides.second.nodes
    .filter((node) => node.parent === whole)
    .map((node) => ({ label: node.name, value: amount(rows.get(`${top}\u0000${node.code}`)?.difference ?? "0") }))
    .filter((step) => step.value !== "0");
  const named = [...steps].sort((a, b) => compare(size(b.value), size(a.value))).slice(0, most);
  const kept = steps.filter((step) => named.includes(step));
  const [budget, executed] = [amount(total.budget ?? "0"), amount(total.executed ?? "0")];
  const rest = subtract(subtract(executed, budget), kept.reduce((sum, step) => add(sum, step.value), ZERO));
  if (rest !== "0") kept.push({ label: words.rest, value: rest });
  const bars: Bar[] = [{ kind: "total", label: words.budget, value: budget, from: 0, to: Number(budget) }];
  let level = budget;
  for (const step of kept) {
    const next = add(level, step.value);
    bars.push({ kind: "step", label: step.label, value: step.value, from: Number(level), to: Number(next) });
    level = next;
  }
  bars.push({ kind: "total", label: words.actual, value: executed, from: 0, to: Number(executed) });
  return bars;
}
