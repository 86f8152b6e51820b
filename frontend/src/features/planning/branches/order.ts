/** Branches below the version they were forked from, in the order they were made; one whose base is not seen stands by itself. */
import type { Version } from "../requests";

export interface Placed {
  readonly version: Version;
  readonly level: number;
}

export function inTree(versions: readonly Version[]): readonly Placed[] {
  const seen = new Set(versions.map((one) => one.id));
  const below = (base: number | null, level: number): Placed[] =>
    versions.filter((one) => (one.base !== null && seen.has(one.base) ? one.base : null) === base).flatMap((version) => [{ version, level }, ...below(version.id, level + 1)]);
  return below(null, 0);
}
