/** Every request of the versions page: its key and its call. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../../api/client";
import { Problem } from "../../../api/problem";
import type { components } from "../../../api/schema";
import type { Query } from "../requests";

type Schemas = components["schemas"];
export type Merge = Schemas["MergeOut"];
export type MergedCell = Schemas["MergedCellOut"];
export type Comparison = Schemas["CompareOut"];
export type Compared = Schemas["ComparedOut"];
export type Choice = Schemas["ChoiceIn"];

export const MOST_ROWS = 2000;

export const makeBranch = (version: number, code: string, name: string) => answer(api.POST("/api/v1/plan/branch", { body: { version, code, name, as_of: null } }));

export const setStatus = (branch: number, status: "open" | "closed", reason: string) =>
  answer(api.PUT("/api/v1/plan/branches/{branch}/status", { params: { path: { branch } }, body: { status, reason } }));

export const compareQuery = (query: Query, versions: readonly number[], leaves: boolean) =>
  queryOptions({
    queryKey: ["compare", query, versions, leaves],
    queryFn: () => answer(api.POST("/api/v1/plan/compare", { body: { query, versions: [...versions], leaves, limit: MOST_ROWS } })),
    gcTime: 0,
  });

export const mergeQuery = (branch: number) =>
  queryOptions({
    queryKey: ["merge", branch],
    queryFn: () => answer(api.GET("/api/v1/plan/branches/{branch}/merge", { params: { path: { branch } } })),
    gcTime: 0,
    refetchOnWindowFocus: false, // what is being decided does not change under the hand; the server asks again where it has moved on
  });

/** Merges all or nothing. Conflicts left open are an answer, not a failure. */
export async function mergeBranch(branch: number, seq: number, choices: readonly Choice[], reason: string): Promise<Merge> {
  try {
    return await answer(api.POST("/api/v1/plan/branches/{branch}/merge", { params: { path: { branch } }, body: { branch_seq: seq, choices: [...choices], reason } }));
  } catch (error) {
    if (error instanceof Problem && error.kind === "conflict" && isMerge(error.body)) return error.body;
    throw error;
  }
}

const isMerge = (body: unknown): body is Merge => typeof body === "object" && body !== null && "outcome" in body && "open" in body;
