/** What the page keeps in the address besides the model: the tab, the item looked at, the dimension and its hierarchy. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export const TABS = ["items", "dimensions", "hints", "revisions"] as const;
export type Tab = (typeof TABS)[number];

export interface ModelSearch {
  readonly tab?: Tab | undefined;
  readonly item?: string | undefined; // cube!item
  readonly dim?: string | undefined;
  readonly tree?: string | undefined;
}

const word = (value: unknown): string | undefined => (typeof value === "string" && value ? value : typeof value === "number" ? String(value) : undefined);
const said = <T extends object>(entries: T): T => Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as T;

export const readModel = (search: Record<string, unknown>): ModelSearch =>
  said({ tab: TABS.find((tab) => tab === search["tab"]), item: word(search["item"]), dim: word(search["dim"]), tree: word(search["tree"]) });

export function useModelSearch(): [ModelSearch, (part: ModelSearch) => void] {
  const view = readModel(useSearch({ strict: false }));
  const navigate = useNavigate();
  const change = useCallback(
    (part: ModelSearch) => {
      void navigate({ to: ".", search: (old: Record<string, unknown>) => said({ ...old, ...part }) });
    },
    [navigate],
  );
  return [view, change];
}
