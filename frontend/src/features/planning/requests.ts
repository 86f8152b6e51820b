/** Every request of planning and of the models it plans in: its key and its call. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type ModelDetail = Schemas["ModelDetail"];
export type Cube = Schemas["CubeOut"];
export type Version = Schemas["VersionOut"];
export type Member = Schemas["MemberOut"];
export type Query = Schemas["QueryIn"];
export type Slice = Schemas["QueryOut"];
export type Edit = Schemas["EditIn"];
export type Preview = Schemas["PreviewOut"];
export type Saved = Schemas["SaveOut"];
export type CellResult = Schemas["CellResultOut"];
export type Step = Schemas["StepOut"];
export type HistoryEntry = Schemas["HistoryEntryOut"];
export type CellAddress = Schemas["CellIn"];

export const modelsQuery = () => queryOptions({ queryKey: ["models"], queryFn: () => answer(api.GET("/api/v1/models")) });

export const modelQuery = (code: string) =>
  queryOptions({ queryKey: ["model", code], queryFn: () => answer(api.GET("/api/v1/models/{code}", { params: { path: { code } } })) });

export const membersQuery = (code: string, dimension: string) =>
  queryOptions({
    queryKey: ["members", code, dimension],
    queryFn: () => answer(api.GET("/api/v1/models/{code}/members", { params: { path: { code }, query: { dimension } } })),
  });

export const versionsQuery = (model: string) =>
  queryOptions({
    queryKey: ["versions", model],
    queryFn: async () => (await answer(api.GET("/api/v1/plan/versions", { params: { query: { model } } }))).versions,
  });

export const sliceKey = (query: Query) => ["slice", query] as const;

export const fetchSlice = (query: Query): Promise<Slice> => answer(api.POST("/api/v1/plan/query", { body: query }));

export const fetchPreview = (query: Query, edits: Edit[], signal: AbortSignal): Promise<Preview> =>
  answer(api.POST("/api/v1/plan/preview", { body: { query, edits }, signal }));

/** Saves all or nothing. A conflict is an answer, not a failure: it comes back with the cells and who changed them. */
export async function save(version: number, baseSeq: number, edits: Edit[]): Promise<Saved> {
  try {
    return await answer(api.POST("/api/v1/plan/save", { body: { version, base_seq: baseSeq, edits, mode: "all", reason: "" } }));
  } catch (error) {
    if (error instanceof Problem && error.kind === "conflict" && isSaved(error.body)) return error.body;
    throw error;
  }
}

function isSaved(body: unknown): body is Saved {
  return typeof body === "object" && body !== null && "outcome" in body && "cells" in body;
}

export const traceQuery = (cell: CellAddress, seq: number) =>
  queryOptions({
    queryKey: ["trace", cell, seq],
    queryFn: () => answer(api.POST("/api/v1/plan/trace", { body: { ...cell, depth: 1 } })),
    gcTime: 60_000,
  });

export const historyQuery = (cell: CellAddress, seq: number) =>
  queryOptions({
    queryKey: ["history", cell, seq],
    queryFn: async () => (await answer(api.POST("/api/v1/plan/history", { body: cell }))).entries,
    gcTime: 60_000,
  });
