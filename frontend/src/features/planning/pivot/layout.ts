/** Which slice a layout asks for. Pure: what the address says, as far as the cube has it. */
import { isPeriod, ORG } from "../planQuery";
import type { Cube, Member, ModelDetail, Query } from "../requests";
import type { PivotSearch } from "./search";

export interface Layout {
  readonly row: string | undefined; // none: a cube without dimensions besides time
  readonly page: readonly string[]; // the dimensions held at one member, the organisation not among them: the top bar holds it
}

/** Members by dimension, in display order. */
export type Members = ReadonlyMap<string, readonly Member[]>;

export function layoutOf(cube: Cube, view: PivotSearch): Layout {
  const dims = cube.dims.filter((dim) => !isPeriod(dim));
  const row = dims.find((dim) => dim === view.rows) ?? dims.find((dim) => dim !== ORG) ?? dims[0];
  return { row, page: dims.filter((dim) => dim !== row && dim !== ORG) };
}

/** Every grain a plan can be looked at: all with totals, the leaf periods, and each grouping. */
export function grainsOf({ calendar }: ModelDetail): readonly string[] {
  return ["all", "base", ...calendar.groupings.map((one) => one.name)];
}

/** The columns of a grain: groups that lie wholly in the plan range. */
export function columnsOf({ calendar }: ModelDetail, grain: string | undefined): Query["columns"] {
  if (grain === "base") return "plan";
  const grouping = calendar.groupings.find((one) => one.name === grain);
  const planned = grouping?.groups.filter((group) => group.whole && calendar.periods.slice(group.start, group.stop).every((period) => period.plan)) ?? [];
  return planned.length > 0 ? planned.map((group) => group.code) : "plan-with-totals";
}

/** The member a page dimension is held at: the one named if it is there, else the first, which is a top. */
export function heldAt(members: readonly Member[] | undefined, code: string | undefined): Member | undefined {
  return members?.find((one) => one.code === code) ?? members?.[0];
}

interface Where {
  readonly model: ModelDetail;
  readonly version: number;
  readonly cube: Cube;
  readonly org: Member | undefined;
  readonly members: Members;
}

export function queryOf({ model, version, cube, org, members }: Where, view: PivotSearch): Query {
  const { row, page } = layoutOf(cube, view);
  const held = page.flatMap((dim): (readonly [string, string])[] => {
    const member = heldAt(members.get(dim), view.at?.[dim]);
    return member ? [[dim, member.code]] : [];
  });
  const trees = model.dimensions.find((one) => one.code === row)?.trees ?? [];
  const tree = trees.find((one) => one === view.tree) ?? "";
  const root = row === ORG && tree === "" ? org?.code : members.get(row ?? "")?.find((one) => one.code === view.root)?.code;
  const orgHeld = row !== ORG && cube.dims.includes(ORG) && org ? { [ORG]: org.code } : {};
  const known = new Set(cube.items.map((one) => one.code));
  return {
    version,
    cube: cube.code,
    items: (view.items ?? []).filter((code) => known.has(code)),
    rows: row === undefined ? null : { dim: row, tree, root: root ?? null, depth: null, members: null },
    fixed: { ...Object.fromEntries(held), ...orgHeld },
    columns: columnsOf(model, view.grain),
    as_of: null,
    over: false,
    filled: view.filled ?? false,
  };
}
