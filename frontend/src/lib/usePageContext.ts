/** The page's context: model, version, organisation, unit of money. It lives in the URL and survives navigation. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { withSearch } from "./search";
import { MONEY_UNITS, type MoneyUnit } from "./display";

export interface PageContext {
  readonly model?: string;
  readonly version?: string;
  readonly org?: string;
  readonly table?: string;
  readonly unit?: MoneyUnit;
}

export const CONTEXT_KEYS = ["model", "version", "org", "unit", "table"] as const;

const text = (value: unknown): string | undefined => (typeof value === "string" && value ? value : typeof value === "number" ? String(value) : undefined);

/** Reads the search of any address; what is not ours is dropped. */
export function readContext(search: Record<string, unknown>): PageContext {
  const unit = MONEY_UNITS.find((known) => known === search["unit"]);
  const entries = { model: text(search["model"]), version: text(search["version"]), org: text(search["org"]), table: text(search["table"]), unit };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

export function usePageContext(): [PageContext, (change: { [K in keyof PageContext]?: PageContext[K] | undefined }) => void] {
  const context = readContext(useSearch({ strict: false }));
  const navigate = useNavigate();
  const change = useCallback(
    (part: { [K in keyof PageContext]?: PageContext[K] | undefined }) => {
      // what else stands in the address is the page's own and stays
      void navigate({ to: ".", search: withSearch(part), replace: true });
    },
    [navigate],
  );
  return [context, change];
}
