/** What the versions page keeps in the address: the versions compared (the first is the base), or the branch being merged. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { withSearch } from "../../../lib/search";

export interface BranchSearch {
  readonly compare?: string; // ids, with commas between
  readonly merge?: number;
}

const MOST = 6; // as many versions are compared at once

export const readBranches = (search: Record<string, unknown>): BranchSearch => {
  const compare = search["compare"];
  const merge = Number(search["merge"]);
  return { ...(typeof compare === "string" && /^\d+(,\d+)+$/.test(compare) ? { compare } : {}), ...(Number.isInteger(merge) && merge > 0 ? { merge } : {}) };
};

export const idsOf = (compare: string | undefined): readonly number[] => [...new Set((compare ?? "").split(",").filter(Boolean).map(Number))].slice(0, MOST);

export function useBranchSearch(): [BranchSearch, (part: { readonly compare?: string | undefined; readonly merge?: number | undefined }) => void] {
  const view = readBranches(useSearch({ strict: false }));
  const navigate = useNavigate();
  const change = useCallback((part: { readonly compare?: string | undefined; readonly merge?: number | undefined }) => void navigate({ to: ".", search: withSearch(part) }), [navigate]);
  return [view, change];
}
