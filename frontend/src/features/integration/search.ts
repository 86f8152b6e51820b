/** What the page keeps in the address besides the context: the tab, the source, the batch on the desk, the period. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export const TABS = ["loads", "desk", "tie", "sources"] as const;
export type Tab = (typeof TABS)[number];

export interface ConnectSearch {
  readonly tab?: Tab | undefined;
  readonly source?: string | undefined;
  readonly batch?: number | undefined;
  readonly period?: string | undefined;
}

const word = (value: unknown): string | undefined => (typeof value === "string" && value ? value : typeof value === "number" ? String(value) : undefined);
const count = (value: unknown): number | undefined => (typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined);
const said = <T extends object>(entries: T): T => Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as T;

export const readConnect = (search: Record<string, unknown>): ConnectSearch =>
  said({ tab: TABS.find((tab) => tab === search["tab"]), source: word(search["source"]), batch: count(search["batch"]), period: word(search["period"]) });

export function useConnectSearch(): [ConnectSearch, (part: ConnectSearch) => void] {
  const view = readConnect(useSearch({ strict: false }));
  const navigate = useNavigate();
  const change = useCallback(
    (part: ConnectSearch) => {
      void navigate({ to: ".", search: (old: Record<string, unknown>) => said({ ...old, ...part }) });
    },
    [navigate],
  );
  return [view, change];
}
