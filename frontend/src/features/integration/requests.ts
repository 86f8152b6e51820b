/** Every request of integration: its key and its call. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type Source = Schemas["SourceOut"];
export type SourceDetail = Schemas["SourceDetailOut"];
export type Run = Schemas["LoadRunOut"];
export type Batch = Schemas["BatchOut"];
export type Group = Schemas["DeskGroupOut"];
export type Rejected = Schemas["RejectedOut"];
export type Correction = Schemas["CorrectionOut"];
export type TieRow = Schemas["TieOut"];
export type Match = Schemas["MatchOut"];
export type Rule = Schemas["MappingRuleIn"];
export type Part = "accepted" | "ignored" | "excluded" | "dismissed" | "rejected";

export const LIMIT_MB = 64;
export const DESK_LINES = 200;
export const isOver = (run: Run): boolean => run.state !== "queued" && run.state !== "running";

const ROOT = "integration";
export const everything = { queryKey: [ROOT] } as const; // what a load, a correction or a rule may have changed

export const sourcesQuery = () => queryOptions({ queryKey: [ROOT, "sources"], queryFn: () => answer(api.GET("/api/v1/sources")) });

export const sourceQuery = (source: string) =>
  queryOptions({ queryKey: [ROOT, "source", source], queryFn: () => answer(api.GET("/api/v1/sources/{source}", { params: { path: { source } } })) });

export const runsQuery = () => queryOptions({ queryKey: [ROOT, "runs"], queryFn: () => answer(api.GET("/api/v1/loads")), staleTime: 0 });

export const batchesQuery = () => queryOptions({ queryKey: [ROOT, "batches"], queryFn: () => answer(api.GET("/api/v1/batches")) });

export const roundsQuery = (batch: number) =>
  queryOptions({ queryKey: [ROOT, "rounds", batch], queryFn: () => answer(api.GET("/api/v1/batches/{batch}/rounds", { params: { path: { batch } } })) });

export const matchesQuery = (batch: number) =>
  queryOptions({ queryKey: [ROOT, "matches", batch], queryFn: () => answer(api.GET("/api/v1/batches/{batch}/matches", { params: { path: { batch } } })) });

export const matchLinesQuery = (batch: number, number: string) =>
  queryOptions({
    queryKey: [ROOT, "match-lines", batch, number],
    queryFn: () => answer(api.GET("/api/v1/batches/{batch}/matches/lines", { params: { path: { batch }, query: { number } } })),
  });

export const groupsQuery = (batch: number) =>
  queryOptions({ queryKey: [ROOT, "desk", batch], queryFn: () => answer(api.GET("/api/v1/batches/{batch}/desk", { params: { path: { batch } } })) });

export const rejectedQuery = (batch: number, group: Group | undefined) =>
  queryOptions({
    queryKey: [ROOT, "rejected", batch, group?.outcome, group?.field, group?.value],
    queryFn: () => {
      const one = group ? { outcome: group.outcome, field: group.field, ...(group.field === "voucher" ? {} : { value: group.value }) } : {};
      return answer(api.GET("/api/v1/batches/{batch}/rejected", { params: { path: { batch }, query: { ...one, count: DESK_LINES } } }));
    },
  });

export const correctionsQuery = (batch: number) =>
  queryOptions({
    queryKey: [ROOT, "corrections", batch],
    queryFn: () => answer(api.GET("/api/v1/batches/{batch}/corrections", { params: { path: { batch } } })),
  });

export const tieQuery = (source: string) =>
  queryOptions({ queryKey: [ROOT, "tie", source], queryFn: () => answer(api.GET("/api/v1/sources/{source}/tie-out", { params: { path: { source } } })) });

export const behindQuery = (source: string, account: string, period: string, part: Part) =>
  queryOptions({
    queryKey: [ROOT, "behind", source, account, period, part],
    queryFn: () => answer(api.GET("/api/v1/sources/{source}/tie-out/lines", { params: { path: { source }, query: { account, period, part } } })),
  });

export const membersOf = (code: string, dimension: string) =>
  queryOptions({
    queryKey: ["members", code, dimension],
    queryFn: () => answer(api.GET("/api/v1/models/{code}/members", { params: { path: { code }, query: { dimension } } })),
  });

/** A file as it is: the schema knows a binary body only as text. */
const asItIs = (file: File) => ({
  body: file as unknown as string,
  bodySerializer: (body: unknown): BodyInit => body as BodyInit,
  headers: { "Content-Type": "application/octet-stream" },
});

export const startLoad = (source: string, file: File, checkOnly: boolean): Promise<Run> =>
  answer(api.POST("/api/v1/sources/{source}/loads", { params: { path: { source }, query: { file_name: file.name, check_only: checkOnly } }, ...asItIs(file) }));

export const sendBooks = (source: string, file: File): Promise<Schemas["BooksOut"]> =>
  answer(api.POST("/api/v1/sources/{source}/trial-balance", { params: { path: { source } }, ...asItIs(file) }));

export const cancelRun = (run: number): Promise<Run> => answer(api.POST("/api/v1/loads/{run}/cancellation", { params: { path: { run } } }));

export const reloadBatch = (batch: number): Promise<Run> => answer(api.POST("/api/v1/batches/{batch}/reload", { params: { path: { batch } } }));

type Said = Partial<Schemas["CorrectionsIn"]>;
export const correct = (batch: number, said: Said): Promise<{ said: number }> =>
  answer(
    api.POST("/api/v1/batches/{batch}/corrections", {
      params: { path: { batch } },
      body: { mend: [], ignore: [], take_back: [], whole_vouchers: false, reason: "", ...said },
    }),
  );

export const addRule = (source: string, rule: Rule): Promise<{ revision: number }> =>
  answer(api.POST("/api/v1/sources/{source}/rules", { params: { path: { source } }, body: rule }));

export const downloadAddress = (batch: number): string => `/api/v1/batches/${batch}/rejected.csv`;
