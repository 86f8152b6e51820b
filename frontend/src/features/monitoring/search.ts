/** What the pages of monitoring keep in the address besides the context: which view, which place, which case. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import type { Span } from "./requests";

export interface MonitorSearch {
  readonly by?: "org" | "item" | undefined;
  readonly span?: Span | undefined;
  readonly period?: string | undefined;
}

export interface AdjustSearch {
  readonly tab?: "cases" | "transfers" | undefined;
  readonly case?: number | undefined;
  readonly transfer?: number | undefined;
  readonly ask?: boolean | undefined;
  readonly state?: string | undefined;
}

const oneOf = <T extends string>(value: unknown, known: readonly T[]): T | undefined => known.find((one) => one === value);
const word = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
const count = (value: unknown): number | undefined => (typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined);
const said = <T extends object>(entries: T): T => Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as T;

export const readMonitor = (search: Record<string, unknown>): MonitorSearch =>
  said({
    by: oneOf(search["by"], ["org", "item"]),
    span: oneOf(search["span"], ["month", "to_date", "year"]),
    period: word(search["period"]),
  });

export const readAdjust = (search: Record<string, unknown>): AdjustSearch =>
  said({
    tab: oneOf(search["tab"], ["cases", "transfers"]),
    case: count(search["case"]),
    transfer: count(search["transfer"]),
    ask: search["ask"] === true ? true : undefined,
    state: word(search["state"]),
  });

/** The address's view and how to change it; what is undefined goes. */
export function useView<T extends object>(read: (search: Record<string, unknown>) => T): [T, (change: T) => void] {
  const view = read(useSearch({ strict: false }));
  const navigate = useNavigate();
  const change = useCallback(
    (part: T) => {
      void navigate({ to: ".", search: (old: Record<string, unknown>) => said({ ...old, ...part }) });
    },
    [navigate],
  );
  return [view, change];
}
