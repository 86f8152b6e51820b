/** Which lines of a tree stand open, and which a search finds. Pure. */
import type { Member } from "./requests";

export interface OutlineLine {
  readonly member: Member;
  readonly level: number;
  readonly children: boolean;
  readonly open: boolean;
}

/** In display order. ``find`` non-empty: what is found, and the way to it, whatever is open. */
export function outline(members: readonly Member[], open: ReadonlySet<string>, find: string): OutlineLine[] {
  const by = new Map(members.map((member) => [member.code, member]));
  const parents = new Set(members.flatMap((member) => (member.parent === null ? [] : [member.parent])));
  const wanted = find === "" ? null : foundWithWays(members, by, find);
  const levels = new Map<string, number>();
  const lines: OutlineLine[] = [];
  for (const member of members) {
    const level = member.parent === null ? 0 : (levels.get(member.parent) ?? -1) + 1;
    levels.set(member.code, level);
    const shown = wanted ? wanted.has(member.code) : isShown(member, by, open);
    if (shown) lines.push({ member, level, children: parents.has(member.code), open: wanted !== null || open.has(member.code) });
  }
  return lines;
}

function isShown(member: Member, by: ReadonlyMap<string, Member>, open: ReadonlySet<string>): boolean {
  for (let up = member.parent; up !== null; up = by.get(up)?.parent ?? null) if (!open.has(up)) return false;
  return true;
}

function foundWithWays(members: readonly Member[], by: ReadonlyMap<string, Member>, find: string): Set<string> {
  const text = find.toLowerCase();
  const found = new Set<string>();
  for (const member of members) {
    if (!member.name.toLowerCase().includes(text) && !member.code.toLowerCase().includes(text)) continue;
    for (let at: string | null = member.code; at !== null && !found.has(at); at = by.get(at)?.parent ?? null) found.add(at);
  }
  return found;
}

/** What stands open at first: the tops. */
export const openAtFirst = (members: readonly Member[]): ReadonlySet<string> => new Set(members.filter((member) => member.parent === null).map((member) => member.code));
