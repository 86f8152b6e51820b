/** What the pivot page keeps in the address beside the context, so that a layout can be sent to somebody. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { withSearch } from "../../../lib/search";

export interface PivotSearch {
  readonly rows?: string | undefined; // the dimension down the rows
  readonly tree?: string | undefined;
  readonly root?: string | undefined;
  readonly items?: readonly string[] | undefined; // none = all
  readonly at?: Readonly<Record<string, string>> | undefined; // dimension -> member, of those on the page
  readonly grain?: string | undefined;
  readonly filled?: boolean | undefined;
  readonly level?: number | undefined;
}

const word = (value: unknown): string | undefined => (typeof value === "string" && value ? value : typeof value === "number" ? String(value) : undefined);

/** What is not ours, or not of its kind, is dropped. */
export function readPivot(search: Record<string, unknown>): PivotSearch {
  const { items, at, filled } = search;
  const level = Number(search["level"]);
  const said: PivotSearch = {
    rows: word(search["rows"]),
    tree: word(search["tree"]),
    root: word(search["root"]),
    items: Array.isArray(items) ? items.flatMap((one) => word(one) ?? []).slice(0, 200) : undefined,
    at: typeof at === "object" && at !== null && !Array.isArray(at) ? Object.fromEntries(Object.entries(at).flatMap(([dim, code]) => (word(code) === undefined ? [] : [[dim, word(code) ?? ""]]))) : undefined,
    grain: word(search["grain"]),
    filled: filled === true ? true : undefined,
    level: Number.isInteger(level) && level > 0 ? level : undefined,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

export function usePivotSearch(): [PivotSearch, (part: PivotSearch) => void] {
  const view = readPivot(useSearch({ strict: false }));
  const navigate = useNavigate();
  const change = useCallback((part: PivotSearch) => void navigate({ to: ".", search: withSearch({ ...part }) }), [navigate]);
  return [view, change];
}
