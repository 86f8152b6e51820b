/** The places that leave their budget most, by size of the difference; leaves of both trees, so that nothing counts twice. */
import type { Branch, Sides } from "../monitoring/board";
import { rowsByPlace } from "../monitoring/board";
import type { Board } from "../monitoring/requests";

export function largest(board: Board, sides: Sides, most = 12): Branch[] {
  const rows = rowsByPlace(board, sides);
  const out: Branch[] = [];
  for (const first of sides.first.nodes.filter((node) => node.leaf)) {
    for (const second of sides.second.nodes.filter((node) => node.leaf)) {
      const key = `${first.code}\u0000${second.code}`;
      const row = rows.get(key);
      if (row?.difference) out.push({ key, label: `${first.name} · ${second.name}`, depth: 0, at: [first.code, second.code], second: true, opens: false, row });
    }
  }
  const size = (branch: Branch): number => Math.abs(Number(branch.row.difference));
  return out.sort((a, b) => size(b) - size(a)).slice(0, most);
}
