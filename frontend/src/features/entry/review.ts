/** Requests of the review of a plan unit. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type Changes = Schemas["UnitChangesOut"];
export type Change = Schemas["UnitChangeOut"];
export type Figure = Schemas["FigureOut"];
export type Against = "round" | "last_year";

export const changesQuery = (unit: number, against: Against) =>
  queryOptions({
    queryKey: ["unit", unit, "changes", against],
    queryFn: () => answer(api.GET("/api/v1/plan-units/{unit_id}/changes", { params: { path: { unit_id: unit }, query: { against } } })),
  });

export const unitQuery = (unit: number) =>
  queryOptions({
    queryKey: ["unit", unit],
    queryFn: () => answer(api.GET("/api/v1/plan-units/{unit_id}", { params: { path: { unit_id: unit } } })),
  });

export async function reopen(unit: number, reason: string): Promise<void> {
  await answer(api.POST("/api/v1/plan-units/{unit_id}/reopening", { params: { path: { unit_id: unit } }, body: { reason } }));
}

export const checksQuery = (unit: number) =>
  queryOptions({
    queryKey: ["unit", unit, "checks"],
    queryFn: () => answer(api.GET("/api/v1/plan-units/{unit_id}/checks", { params: { path: { unit_id: unit } } })),
  });

export const unitTargetsQuery = (unit: number) =>
  queryOptions({
    queryKey: ["unit", unit, "targets"],
    queryFn: () => answer(api.GET("/api/v1/plan-units/{unit_id}/targets", { params: { path: { unit_id: unit } } })),
  });
