/** Organisations × key items as one tree, either way round; sums over key items. Pure. */
import { add, type Amount, amount } from "../../lib/amount";
import type { Org, Seen } from "./requests";

export type Grouping = "org" | "key";

/** A line of the table. ``cell``: the organisation and key item it stands for; an organisation's own line has no key. */
export interface Line {
  readonly id: string;
  readonly name: string;
  readonly level: number;
  readonly parent: string | null;
  readonly org: string;
  readonly key: string | null;
  readonly heading: boolean;
  readonly hasChildren: boolean;
}

interface Named {
  readonly code: string;
  readonly name: string;
}

export const cellId = (org: string, key: string): string => `${org}|${key}`;

/** Every line, parents first; which are shown follows from what is open. ``brief``: organisations of which only a part is seen: one line each. */
export function linesOf(orgs: readonly Org[], keys: readonly Named[], grouping: Grouping, brief: ReadonlySet<string> = new Set()): Line[] {
  return grouping === "org" ? byOrg(orgs, keys, brief) : byKey(orgs, keys);
}

/** Organisations whose every figure adds up only what the reader may see. */
export function briefOrgs(rows: readonly { readonly org: string; readonly target: Seen; readonly current: Seen }[]): Set<string> {
  const whole = new Set(rows.filter((row) => !row.target.p && !row.current.p).map((row) => row.org));
  return new Set(rows.map((row) => row.org).filter((org) => !whole.has(org)));
}

function byOrg(orgs: readonly Org[], keys: readonly Named[], brief: ReadonlySet<string>): Line[] {
  const depth = depths(orgs);
  const out: Line[] = [];
  const walk = (org: Org): void => {
    const level = depth.get(org.code) ?? 0;
    out.push({ id: org.code, name: org.name, level, parent: org.parent, org: org.code, key: null, heading: true, hasChildren: true });
    for (const key of brief.has(org.code) ? [] : keys)
      out.push({ id: cellId(org.code, key.code), name: key.name, level: level + 1, parent: org.code, org: org.code, key: key.code, heading: false, hasChildren: false });
    for (const child of orgs) if (child.parent === org.code) walk(child);
  };
  for (const org of orgs) if (org.parent === null) walk(org);
  return out;
}

/** Below each key item the organisations; where there is one top, the key item's own line is the top's. */
function byKey(orgs: readonly Org[], keys: readonly Named[]): Line[] {
  const depth = depths(orgs);
  const parents = new Set(orgs.map((org) => org.parent));
  const tops = orgs.filter((org) => org.parent === null);
  const top = tops.length === 1 ? tops[0] : undefined;
  const shift = top ? 0 : 1;
  return keys.flatMap((key) => {
    const head = top ? cellId(top.code, key.code) : `|${key.code}`;
    return [
      { id: head, name: key.name, level: 0, parent: null, org: top?.code ?? "", key: key.code, heading: true, hasChildren: true },
      ...orgs
        .filter((org) => org !== top)
        .map((org) => ({
          id: cellId(org.code, key.code),
          name: org.name,
          level: (depth.get(org.code) ?? 0) + shift,
          parent: org.parent === null ? head : cellId(org.parent, key.code),
          org: org.code,
          key: key.code,
          heading: false,
          hasChildren: parents.has(org.code),
        })),
    ];
  });
}

function depths(orgs: readonly Org[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const org of orgs) out.set(org.code, org.parent === null ? 0 : (out.get(org.parent) ?? 0) + 1);
  return out;
}

/** The lines whose ancestors are all open. */
export function shownLines(lines: readonly Line[], open: ReadonlySet<string>): Line[] {
  const visible = new Set<string>();
  return lines.filter((line) => {
    const shown = line.parent === null || (visible.has(line.parent) && open.has(line.parent));
    if (shown) visible.add(line.id);
    return shown;
  });
}

/** What is open at first: the top, the way down to what the reader sees whole, and where the reader hands down. */
export function openAtFirst(orgs: readonly Org[], lines: readonly Line[], grouping: Grouping, brief: ReadonlySet<string> = new Set()): Set<string> {
  if (grouping === "key") return new Set(lines.filter((line) => line.level === 0).map((line) => line.id));
  const tops = orgs.filter((org) => org.parent === null);
  const givers = orgs.filter((org) => org.may_keep && !orgs.some((one) => one.may_keep && one.code === org.parent));
  const whole = orgs.filter((org) => !brief.has(org.code));
  const alone = whole.length <= 2 ? whole : [];
  return new Set([...[...tops, ...givers, ...alone].map((org) => org.code), ...brief]);
}

/** The sum of what is not blank; null when all is. */
export function sum(values: readonly (string | null)[]): Amount | null {
  return values.reduce<Amount | null>((total, value) => (value === null ? total : total === null ? amount(value) : add(total, amount(value))), null);
}
