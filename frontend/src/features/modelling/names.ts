/** Dimensions by their names; the time axis has none of its own. Pure. */
import type { ModelDetail } from "../planning/requests";

export function dimNames(model: Pick<ModelDetail, "dimensions">, dims: readonly string[], period: string): string {
  const names = new Map(model.dimensions.map((one) => [one.code, one.name]));
  return dims.map((dim) => (dim.startsWith("period") ? period : (names.get(dim) ?? dim))).join(" × ");
}
