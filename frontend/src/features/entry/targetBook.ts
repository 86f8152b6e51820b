/** Targets on the page with what was typed and not yet saved: totals, passed down and what remains follow at once. Pure. */
import { type Amount, amount, compare, subtract } from "../../lib/amount";
import type { TargetEdit, TargetRow, Targets } from "./requests";
import { cellId, sum } from "./tree";

export type Part = "target" | "reserve";

/** What was seen where it was typed, and what was typed; null = blank. What was seen stays, whatever is loaded meanwhile. */
export interface Typed {
  readonly before: string | null;
  readonly after: Amount | null;
}
export type Edits = ReadonlyMap<string, Typed>;

export const editId = (org: string, key: string, part: Part): string => `${org}|${key}|${part}`;

/** What a line shows. */
export interface Figures {
  readonly target: string | null;
  readonly passed: string | null;
  readonly reserve: string | null;
  readonly room: string | null;
  readonly current: string | null;
  readonly compare: readonly (string | null)[];
  readonly partial: boolean;
  readonly hidden: boolean;
}

const NOTHING: Figures = { target: null, passed: null, reserve: null, room: null, current: null, compare: [], partial: false, hidden: true };

export class TargetBook {
  private readonly rows: Map<string, TargetRow>;
  private readonly below: Map<string, string[]>;

  constructor(
    readonly data: Targets,
    readonly edits: Edits,
  ) {
    this.rows = new Map(data.rows.map((row) => [cellId(row.org, row.key), row]));
    this.below = new Map();
    for (const org of data.orgs) if (org.parent !== null) this.below.set(org.parent, [...(this.below.get(org.parent) ?? []), org.code]);
  }

  /** One organisation × key item. */
  cell(org: string, key: string): Figures {
    const row = this.rows.get(cellId(org, key));
    if (!row) return NOTHING;
    const reserve = this.has(org, key, "reserve") ? (this.edited(org, key, "reserve") ?? null) : row.reserve;
    const touched = this.touches(org, key);
    const passed = touched ? sum((this.below.get(org) ?? []).map((child) => this.target(child, key))) : row.passed;
    const target = this.target(org, key);
    const owns = row.room !== null || this.has(org, key, "target");
    const room = owns && target !== null ? subtract(subtract(amount(target), amount(passed ?? "0")), amount(reserve ?? "0")) : null;
    return {
      target,
      passed,
      reserve,
      room,
      current: row.current.v,
      compare: row.compare.map((one) => one.v),
      partial: row.target.p || row.current.p,
      hidden: row.target.h && row.current.h,
    };
  }

  /** Sums over key items. */
  total(org: string): Figures {
    const all = this.data.cycle.keys.map((key) => this.cell(org, key.code)).filter((one) => !one.hidden);
    return {
      target: sum(all.map((one) => one.target)),
      passed: sum(all.map((one) => one.passed)),
      reserve: sum(all.map((one) => one.reserve)),
      room: sum(all.map((one) => one.room)),
      current: sum(all.map((one) => one.current)),
      compare: this.data.cycle.compare.map((_, i) => sum(all.map((one) => one.compare[i] ?? null))),
      partial: all.some((one) => one.partial),
      hidden: all.length === 0,
    };
  }

  /** What is to be saved: only what differs from what stands there. */
  changes(): TargetEdit[] {
    const out: TargetEdit[] = [];
    for (const [id, { before, after }] of this.edits) {
      const [org = "", key = "", part] = id.split("|");
      if (!same(before, after)) out.push({ org, key, part: part === "reserve" ? "reserve" : "target", before, after });
    }
    return out;
  }

  /** What stands in a cell as it was loaded. */
  loaded(id: string): string | null {
    const [org = "", key = "", part] = id.split("|");
    const row = this.rows.get(cellId(org, key));
    return part === "reserve" ? (row?.reserve ?? null) : (row?.target.v ?? null);
  }

  private target(org: string, key: string): string | null {
    if (this.has(org, key, "target")) return this.edited(org, key, "target") ?? null;
    const row = this.rows.get(cellId(org, key));
    if (!row) return null;
    // where the top has no total of its own, it is what its divisions add up to
    const adds = row.room === null && row.passed !== null && this.touches(org, key);
    return adds ? sum((this.below.get(org) ?? []).map((child) => this.target(child, key))) : row.target.v;
  }

  private touches(org: string, key: string): boolean {
    return (this.below.get(org) ?? []).some((child) => this.has(child, key, "target"));
  }

  private has(org: string, key: string, part: Part): boolean {
    return this.edits.has(editId(org, key, part));
  }

  private edited(org: string, key: string, part: Part): Amount | null | undefined {
    return this.edits.get(editId(org, key, part))?.after;
  }
}

/** Equal amounts, however written; blank only equals blank. */
export function same(a: string | null, b: string | null): boolean {
  if (a === null || b === null) return a === b;
  return compare(amount(a), amount(b)) === 0;
}
