/** Which slice the page asks for: rows down one dimension, the organisation fixed by the top bar, all periods with totals. */
import type { Cube, Member, ModelDetail, Query, Version } from "./requests";

export const ORG = "org";

export const isPeriod = (dim: string): boolean => dim === "period" || dim.startsWith("period:");

/** The dimensions of the cube that can stand down the rows, apart from organisation and time. */
export function rowDimensions(cube: Cube): string[] {
  return cube.dims.filter((dim) => !isPeriod(dim) && dim !== ORG);
}

export function queryOf(model: ModelDetail, version: Version, cube: Cube, org: Member | undefined, rowDim: string | undefined): Query {
  const dim = rowDimensions(cube).find((one) => one === rowDim) ?? rowDimensions(cube)[0];
  const known = dim !== undefined && model.dimensions.some((dimension) => dimension.code === dim);
  return {
    version: version.id,
    cube: cube.code,
    items: [],
    rows: known ? { dim, tree: "", root: null, depth: null, members: null } : null,
    fixed: cube.dims.includes(ORG) && org ? { [ORG]: org.code } : {},
    columns: "plan-with-totals",
    as_of: null,
    over: true,
    filled: false,
  };
}
