/** Every request of the control desk: its key and its call. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components } from "../../api/schema";
import { SPEND } from "./spendRequests";

type Schemas = components["schemas"];
export type Hold = Schemas["OpenHoldOut"];
export type OverBudget = Schemas["ExceptionOut"];
export type Proof = Schemas["ReconciliationOut"];
export type Step = Schemas["TimelineOut"];
export type Origin = Schemas["BudgetOriginOut"];
export type Simulation = Schemas["SimulationOut"];
export type PolicyChange = Schemas["PolicyChangeOut"];
export type Edition = Schemas["EditionOut"];
export type LineMapped = Schemas["LineMappedOut"];
export type Target = Schemas["TargetOut"];
export type WeighedRule = Schemas["WeighedRuleOut"];
export type Simulated = Schemas["SimulatedDocument"];

export const holdsQuery = (policy: string, stale: boolean) =>
  queryOptions({
    queryKey: [SPEND, "holds", policy, stale],
    queryFn: () => answer(api.GET("/api/v1/control/holds", { params: { query: { policy, stale, limit: 500 } } })),
  });

export const exceptionsQuery = () => queryOptions({ queryKey: [SPEND, "exceptions"], queryFn: () => answer(api.GET("/api/v1/control/exceptions")) });

export const exceptionQuery = (id: number) =>
  queryOptions({
    queryKey: [SPEND, "exception", id],
    queryFn: () => answer(api.GET("/api/v1/control/exceptions/{exception_id}", { params: { path: { exception_id: id } } })),
  });

export const proofsQuery = (policy: string) =>
  queryOptions({
    queryKey: [SPEND, "proofs", policy],
    queryFn: () => answer(api.GET("/api/v1/control/reconciliations", { params: { query: { policy, limit: 30 } } })),
    retry: false,
  });

export const timelineQuery = (bucket: number) =>
  queryOptions({
    queryKey: [SPEND, "timeline", bucket],
    queryFn: () => answer(api.GET("/api/v1/control/buckets/{bucket_id}/timeline", { params: { path: { bucket_id: bucket }, query: { limit: 50 } } })),
    retry: false,
  });

export const originsQuery = (policy: string, period: string) =>
  queryOptions({
    queryKey: [SPEND, "origins", policy, period],
    queryFn: () => answer(api.GET("/api/v1/control/budget-origins", { params: { query: { policy, period } } })),
  });

export const signalsQuery = (policy: string) =>
  queryOptions({
    queryKey: [SPEND, "signals", policy],
    queryFn: () => answer(api.GET("/api/v1/control/signals", { params: { query: { policy } } })),
  });

export const prove = (policy: string): Promise<Proof> => answer(api.POST("/api/v1/control/reconciliations", { body: { policy } }));

export const repair = (policy: string, reason: string): Promise<Schemas["DifferenceOut"][]> =>
  answer(api.POST("/api/v1/control/repairs", { body: { policy, reason } }));

export const policyTextQuery = (policy: string) =>
  queryOptions({
    queryKey: [SPEND, "policy-text", policy],
    queryFn: () => answer(api.GET("/api/v1/control/policies/{code}/text", { params: { path: { code: policy } } })),
    retry: false,
    refetchOnWindowFocus: false,
  });

export const editionsQuery = (policy: string) =>
  queryOptions({
    queryKey: [SPEND, "editions", policy],
    queryFn: () => answer(api.GET("/api/v1/control/policies/{code}/editions", { params: { path: { code: policy } } })),
    retry: false,
  });

export const planEdition = (policy: string, body: Schemas["EditionIn"]): Promise<Schemas["EditionMade"]> =>
  answer(api.POST("/api/v1/control/policies/{code}/editions", { params: { path: { code: policy } }, body }));

export const withdrawEdition = (id: number, reason: string) =>
  answer(api.POST("/api/v1/control/editions/{edition_id}/withdraw", { params: { path: { edition_id: id } }, body: { reason } }));

export const activateEdition = (id: number) => answer(api.POST("/api/v1/control/editions/{edition_id}/activate", { params: { path: { edition_id: id } } }));

export const simulate = (body: Schemas["SimulationIn"]): Promise<Simulation> => answer(api.POST("/api/v1/control/simulations", { body }));

export const tryMapping = (body: Schemas["MappingTrialIn"]): Promise<LineMapped[]> => answer(api.POST("/api/v1/control/mapping-trials", { body }));

export const documentRulesQuery = (id: number) =>
  queryOptions({
    queryKey: [SPEND, "document-rules", id],
    queryFn: () => answer(api.GET("/api/v1/spend/requests/{document_id}/explanation", { params: { path: { document_id: id } } })),
  });
