/** Every request of entry: cycles, targets, the summary, due dates. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type Cycle = Schemas["CycleOut"];
export type Template = Schemas["TemplateOut"];
export type Unit = Schemas["CycleUnitOut"];
export type Targets = Schemas["TargetsOut"];
export type TargetRow = Schemas["TargetRowOut"];
export type TargetEdit = Schemas["TargetEditIn"];
export type TargetsSaved = Schemas["TargetsSavedOut"];
export type Org = Schemas["OrgOut"];
export type Seen = Schemas["SeenOut"];
export type Summary = Schemas["SummaryOut"];
export type Imported = Schemas["ImportOut"];
export type Released = Schemas["SubtreeOut"];

const at = (id: number) => ({ params: { path: { cycle_id: id } } });

export const cyclesQuery = (model: string) =>
  queryOptions({ queryKey: ["cycles", model], queryFn: () => answer(api.GET("/api/v1/cycles", { params: { query: { model } } })) });

export const templatesQuery = (model: string) =>
  queryOptions({ queryKey: ["templates", model], queryFn: () => answer(api.GET("/api/v1/cycles/templates", { params: { query: { model } } })) });

export const targetsQuery = (id: number) => queryOptions({ queryKey: ["targets", id], queryFn: () => answer(api.GET("/api/v1/cycles/{cycle_id}/targets", at(id))) });

export const summaryQuery = (id: number) => queryOptions({ queryKey: ["summary", id], queryFn: () => answer(api.GET("/api/v1/cycles/{cycle_id}/summary", at(id))) });

export const unitsQuery = (id: number) => queryOptions({ queryKey: ["units", id], queryFn: () => answer(api.GET("/api/v1/cycles/{cycle_id}/units", at(id))) });

/** Nothing saved is an answer, not a failure: it comes back with the cells and why. */
async function settled(call: Promise<TargetsSaved>): Promise<TargetsSaved> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Problem && error.kind === "conflict" && isSaved(error.body)) return error.body;
    throw error;
  }
}

const isSaved = (body: unknown): body is TargetsSaved => typeof body === "object" && body !== null && "outcome" in body && "cells" in body;

export const saveTargets = (id: number, edits: TargetEdit[]): Promise<TargetsSaved> =>
  settled(answer(api.POST("/api/v1/cycles/{cycle_id}/targets", { ...at(id), body: { edits, reason: "" } })));

export const distribute = (id: number, org: string, basis: string): Promise<TargetsSaved> =>
  settled(answer(api.POST("/api/v1/cycles/{cycle_id}/targets/distribution", { ...at(id), body: { org, basis, keys: [], reason: "" } })));

export const importTargets = (id: number, text: string, unit: 1 | 1000 | 10000, dry: boolean): Promise<Imported> =>
  answer(api.POST("/api/v1/cycles/{cycle_id}/targets/import", { ...at(id), body: { text, unit, dry_run: dry, reason: "" } }));

export const undoTargets = (id: number, seq: number) =>
  answer(api.POST("/api/v1/cycles/{cycle_id}/targets/undo", { ...at(id), body: { seq, reason: "" } }));

export const releaseSubtree = (id: number, org: string): Promise<Released> =>
  answer(api.POST("/api/v1/control/subtree-releases", { body: { cycle_id: id, org } }));

export const openCycle = (model: string, template: string): Promise<Cycle> => answer(api.POST("/api/v1/cycles", { body: { model, template } }));

export const nextRound = (id: number): Promise<Cycle> => answer(api.POST("/api/v1/cycles/{cycle_id}/round", { ...at(id), body: { reason: "" } }));

export const closeCycle = (id: number, reason: string): Promise<Cycle> =>
  answer(api.POST("/api/v1/cycles/{cycle_id}/close", { ...at(id), body: { reason } }));

export const reopenCycle = (id: number, reason: string): Promise<Cycle> =>
  answer(api.POST("/api/v1/cycles/{cycle_id}/reopen", { ...at(id), body: { reason } }));

export const setDue = (unit: number, due_at: string) =>
  answer(api.PUT("/api/v1/plan-units/{unit_id}/due", { params: { path: { unit_id: unit } }, body: { due_at, reason: "" } }));
