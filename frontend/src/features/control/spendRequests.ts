/** Every request of spending: its key and its call. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type SpendForm = Schemas["SpendFormOut"];
export type FormDimension = Schemas["OptionDimensionOut"];
export type FormMember = Schemas["OptionMemberOut"];
export type FormKind = Schemas["OptionKindOut"];
export type FormField = Schemas["OptionFieldOut"];
export type Fields = Schemas["CheckIn"]["fields"];
export type SpendLine = Schemas["SpendLineIn"];
export type Check = Schemas["CheckOut"];
export type Finding = Schemas["FindingOut"];
export type LineCheck = Schemas["LineCheckOut"];
export type Way = Schemas["WayOut"];
export type Use = Schemas["UseOut"];
export type Bucket = Schemas["BucketOut"];
export type Document = Schemas["DocumentOut"];
export type DocumentRow = Schemas["DocumentRowOut"];
export type Standing = Schemas["StandingOut"];
export type Policy = Schemas["PolicyOut"];
export type Filed = Schemas["ReservationOut"];

export const SPEND = "spend"; // every key begins with it: a change of balances makes all of them stale

export const formsQuery = () => queryOptions({ queryKey: [SPEND, "forms"], queryFn: () => answer(api.GET("/api/v1/spend/forms")) });

export const policiesQuery = () => queryOptions({ queryKey: [SPEND, "policies"], queryFn: () => answer(api.GET("/api/v1/control/policies")) });

export const documentsQuery = (model: string | undefined, mine: boolean, state: string | undefined, limit: number) =>
  queryOptions({
    queryKey: [SPEND, "documents", model, mine, state, limit],
    queryFn: () => answer(api.GET("/api/v1/spend/requests", { params: { query: { mine, limit, ...(model ? { model } : {}), ...(state ? { state } : {}) } } })),
    placeholderData: keepPreviousData,
  });

export const documentQuery = (id: number) =>
  queryOptions({
    queryKey: [SPEND, "document", id],
    queryFn: () => answer(api.GET("/api/v1/spend/requests/{document_id}", { params: { path: { document_id: id } } })),
  });

export const bucketsQuery = (policy: string, rule: string, period: string) =>
  queryOptions({
    queryKey: [SPEND, "buckets", policy, rule, period],
    queryFn: () => answer(api.GET("/api/v1/control/buckets", { params: { query: { policy, rule, period, limit: 2000 } } })),
    placeholderData: keepPreviousData,
  });

export const bucketQuery = (id: number) =>
  queryOptions({
    queryKey: [SPEND, "bucket", id],
    queryFn: () => answer(api.GET("/api/v1/control/buckets/{bucket_id}", { params: { path: { bucket_id: id } } })),
  });

export const fetchCheck = (policy: string, kind: string, fields: Fields, lines: SpendLine[], signal: AbortSignal): Promise<Check> =>
  answer(api.POST("/api/v1/spend/check", { body: { policy, kind, fields, lines }, signal }));

export interface Asked {
  readonly policy: string;
  readonly kind: string;
  readonly title: string;
  readonly fields: Fields;
  readonly lines: SpendLine[];
}

/** Files a new request; the same key again files nothing more. */
export const fileRequest = ({ policy, kind, title, fields, lines }: Asked, key: string): Promise<Filed> =>
  answer(api.POST("/api/v1/spend/requests", { params: { header: { "idempotency-key": key } }, body: { policy, kind, title, fields, lines, number: "" } }));

/** Submits a draft, or again what was returned or withdrawn. */
export const submitDocument = (id: number, { title, fields, lines }: Asked): Promise<Filed> =>
  answer(api.POST("/api/v1/spend/requests/{document_id}/submission", { params: { path: { document_id: id } }, body: { title, fields, lines } }));

export interface Draft {
  readonly policy: string;
  readonly kind: string;
  readonly title: string;
  readonly content: Record<string, unknown>;
}

export const saveDraft = (draft: Draft, id: number | undefined): Promise<Schemas["DraftOut"]> =>
  id === undefined
    ? answer(api.POST("/api/v1/spend/drafts", { body: draft }))
    : answer(api.PUT("/api/v1/spend/requests/{document_id}/draft", { params: { path: { document_id: id } }, body: draft }));

export const discardDraft = (id: number): Promise<unknown> =>
  answer(api.DELETE("/api/v1/spend/requests/{document_id}/draft", { params: { path: { document_id: id } } }));

export const releaseRest = (id: number, reason: string): Promise<unknown> =>
  answer(api.POST("/api/v1/spend/requests/{document_id}/release", { params: { path: { document_id: id } }, body: { reason } }));

export const withdraw = (instance: number, comment: string): Promise<unknown> =>
  answer(api.POST("/api/v1/cases/{instance_id}/withdrawal", { params: { path: { instance_id: instance } }, body: { comment } }));
