/** What a page keeps in the address beside the context: changed without losing the rest; undefined takes a key away. */
import type { PageContext } from "./usePageContext";

export const withSearch =
  (change: Readonly<Record<string, unknown>>) =>
  (old: Record<string, unknown>): PageContext =>
    ({ ...old, ...change });
