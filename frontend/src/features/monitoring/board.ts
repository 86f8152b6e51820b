/** The board's rows as a tree that opens both ways: down the first axis, and below a leaf down the second. Pure. */
import type { Axis, AxisNode, Board, BoardRow } from "./requests";

export interface Branch {
  readonly key: string;
  readonly label: string;
  readonly depth: number;
  readonly at: readonly [string, string];
  readonly second: boolean; // a row of the second axis below one of the first
  readonly opens: boolean;
  readonly row: BoardRow;
}

export interface Sides {
  readonly first: Axis;
  readonly second: Axis;
  readonly flipped: boolean;
}

/** Which axis stands down the rows first; a board of one dimension has an empty second. */
export function sidesOf(board: Board, flipped: boolean): Sides {
  const [a, b] = board.axes;
  const none: Axis = { dim: "", name: "", nodes: [] };
  return flipped && b ? { first: b, second: a ?? none, flipped } : { first: a ?? none, second: b ?? none, flipped: false };
}

const key = (first: string, second: string): string => `${first}\u0000${second}`;

/** The figures of every place by (first, second). */
export function rowsByPlace(board: Board, { flipped }: Sides): ReadonlyMap<string, BoardRow> {
  return new Map(board.rows.map((row) => [flipped ? key(row.at[1] ?? "", row.at[0] ?? "") : key(row.at[0] ?? "", row.at[1] ?? ""), row]));
}

function childrenOf(axis: Axis): ReadonlyMap<string, readonly AxisNode[]> {
  const out = new Map<string, AxisNode[]>();
  for (const node of axis.nodes) {
    if (node.parent === null) continue;
    out.set(node.parent, [...(out.get(node.parent) ?? []), node]);
  }
  return out;
}

/** The rows on screen, top down: what is open shows its children. */
export function branches(board: Board, sides: Sides, open: ReadonlySet<string>): Branch[] {
  const rows = rowsByPlace(board, sides);
  const [below, within] = [childrenOf(sides.first), childrenOf(sides.second)];
  const [top, whole] = [sides.first.nodes[0], sides.second.nodes[0]?.code ?? ""];
  const out: Branch[] = [];
  const put = (node: AxisNode, at: readonly [string, string], depth: number, second: boolean, children: readonly AxisNode[]): boolean => {
    const row = rows.get(key(...at));
    if (!row) return false;
    const id = key(...at);
    out.push({ key: id, label: node.name, depth, at, second, opens: children.length > 0, row });
    return open.has(id);
  };
  const walkSecond = (first: string, node: AxisNode, depth: number): void => {
    const children = (within.get(node.code) ?? []).filter((child) => rows.has(key(first, child.code)));
    if (put(node, [first, node.code], depth, true, children)) children.forEach((child) => walkSecond(first, child, depth + 1));
  };
  const walkFirst = (node: AxisNode, depth: number): void => {
    const nodes = (below.get(node.code) ?? []).filter((child) => rows.has(key(child.code, whole)));
    const items = nodes.length ? [] : (within.get(whole) ?? []).filter((child) => rows.has(key(node.code, child.code)));
    if (!put(node, [node.code, whole], depth, false, nodes.length ? nodes : items)) return;
    nodes.forEach((child) => walkFirst(child, depth + 1));
    items.forEach((child) => walkSecond(node.code, child, depth + 1));
  };
  if (top) walkFirst(top, 0);
  return out;
}

/** What is open at first: the top down to where it branches, and the way to the gravest place. */
export function openAtFirst(sides: Sides, to?: readonly [string, string]): Set<string> {
  const whole = sides.second.nodes[0]?.code ?? "";
  const out = new Set<string>();
  const below = childrenOf(sides.first);
  for (let node = sides.first.nodes[0]; node; ) {
    out.add(key(node.code, whole));
    const children: readonly AxisNode[] = below.get(node.code) ?? [];
    node = children.length === 1 ? children[0] : undefined; // whoever sees one department need not unfold to it
  }
  if (!to) return out;
  for (let at: string | null = to[0]; at !== null; ) {
    out.add(key(at, whole));
    const code: string = at;
    at = sides.first.nodes.find((node) => node.code === code)?.parent ?? null;
  }
  return out;
}

/** The members of a place by dimension. */
export function membersOf(sides: Sides, at: readonly [string, string]): Record<string, string> {
  return sides.second.dim ? { [sides.first.dim]: at[0], [sides.second.dim]: at[1] } : { [sides.first.dim]: at[0] };
}

/** The members of a case or an alert as a place of these sides, where both name one. */
export function placeOf(sides: Sides, members: Record<string, string>): readonly [string, string] | undefined {
  const first = members[sides.first.dim];
  const second = sides.second.dim ? members[sides.second.dim] : "";
  return first === undefined || second === undefined ? undefined : [first, second];
}
