/** Every request of planning and of the models it plans in: its key and its call. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { Problem, problemOf } from "../../api/problem";
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
export type Spread = Schemas["SpreadOut"];
export type SpreadMethod = Schemas["SpreadIn"]["method"];
export type SpreadChoice = Pick<Schemas["SpreadIn"], "method" | "action" | "like" | "rate" | "first" | "last" | "pattern">;
export type Form = Schemas["FormOut"];
export type FormBody = Schemas["FormIn"];
export type Beside = Schemas["BesideOut"];
export type Filled = Schemas["FormFilledOut"];
export type Checks = Schemas["ChecksOut"];
export type Finding = Schemas["CheckFindingOut"];
export type CheckCell = NonNullable<Finding["cell"]>;

/** A plan unit; what its cycle says of it is there when it belongs to one. */
export type Unit = Schemas["UnitOut"] & {
  readonly state?: string;
  readonly state_name?: string;
  readonly org_name?: string;
  readonly holder_name?: string;
  readonly round?: string;
  readonly due_at?: string | null;
  readonly days_left?: number | null;
  readonly overdue?: boolean;
  readonly flow?: string;
};

/** Of a unit: by key item the target, what is planned so far, what remains. */
export interface UnitTarget {
  readonly key: string;
  readonly name: string;
  readonly target: string | null;
  readonly current: string | null;
  readonly room: string | null;
}

/** What the page asks for: a form, or a slice of a cube; ``looking``: nothing of it is typed into, and why that is. */
export type Asked = { readonly kind: "form"; readonly body: FormBody } | { readonly kind: "cube"; readonly query: Query; readonly looking?: string };

/** What it is shown: the cells, the query that asks for them again, the columns beside them. */
export interface Shown {
  readonly slice: Slice;
  readonly query: Query;
  readonly beside: readonly Beside[];
}

export const shownKey = (asked: Asked) => ["slice", asked] as const;

export async function fetchShown(asked: Asked): Promise<Shown> {
  if (asked.kind === "cube") {
    const slice = await fetchSlice(asked.query);
    return { slice: asked.looking === undefined ? slice : onlyLooked(slice, asked.looking), query: asked.query, beside: [] };
  }
  const view = await answer(api.POST("/api/v1/forms/view", { body: asked.body }));
  return { slice: view.slice, query: view.query, beside: view.beside };
}

function onlyLooked(slice: Slice, why: string): Slice {
  const cells = slice.cells.map((line) => line.map((cell) => (cell.e ? { ...cell, e: false, r: "looking" } : cell)));
  return { ...slice, cells, reasons: { ...slice.reasons, looking: why } };
}

export const formsQuery = (model: string) =>
  queryOptions({ queryKey: ["forms", model], queryFn: () => answer(api.GET("/api/v1/forms", { params: { query: { model } } })) });

export const unitsQuery = (version: number) =>
  queryOptions({
    queryKey: ["plan-units", version],
    queryFn: async (): Promise<readonly Unit[]> => answer(api.GET("/api/v1/plan-units", { params: { query: { version_id: version } } })),
  });

/** Nothing where the server, or the unit's cycle, has no targets. */
export const targetsQuery = (unit: number) =>
  queryOptions({
    queryKey: ["targets", unit],
    queryFn: async (): Promise<readonly UnitTarget[]> => {
      const got = await fetch(`/api/v1/plan-units/${unit}/targets`, { credentials: "same-origin" });
      return got.ok ? ((await got.json()) as readonly UnitTarget[]) : [];
    },
  });

export const tryChecks = (unit: number, edits: Edit[]): Promise<Checks> =>
  answer(api.POST("/api/v1/plan-units/{unit_id}/checks", { params: { path: { unit_id: unit } }, body: { edits } }));

export const submitUnit = (unit: number, flow: string, comment: string, reasons: Record<string, string>) =>
  answer(api.POST("/api/v1/plan-units/{unit_id}/submission", { params: { path: { unit_id: unit } }, body: { flow, comment, reasons } }));

export const fillForm = (body: FormBody, factor: string, over: boolean, dry: boolean): Promise<Filled> =>
  answer(api.POST("/api/v1/forms/fill", { body: { ...body, factor, over, dry } }));

export const undoChange = (version: number, seq: number) => answer(api.POST("/api/v1/plan/undo", { body: { version, seq, reason: "" } }));

export const redoChange = (version: number, seq: number) => answer(api.POST("/api/v1/plan/redo", { body: { version, seq, reason: "" } }));

/** Splits what is typed on a total among the cells below it; `dry` only says what that would do. */
export const spreadTotal = (at: CellAddress, typed: SpreadChoice & { readonly amount: string; readonly seen: string | null }, dry: boolean): Promise<Spread> => {
  const { version, cube, item, members, period } = at;
  return answer(api.POST("/api/v1/plan/spread", { body: { version, cube, item, members, period, ...typed, held: [], dry, reason: "" } }));
};

export interface Workbook {
  readonly file: Blob;
  readonly name: string;
}

/** The form as a workbook, saved by the browser under the name the server gives it. */
export async function exportForm(body: FormBody, unit: "yuan" | "thousand" | "wan", closed: readonly string[]): Promise<Workbook> {
  return workbookOf(await api.POST("/api/v1/forms/export", { body: { ...body, unit, closed: [...closed] }, parseAs: "blob" }));
}

/** A slice as a workbook, likewise. */
export async function exportSlice(query: Query, unit: "yuan" | "thousand" | "wan", closed: readonly string[]): Promise<Workbook> {
  return workbookOf(await api.POST("/api/v1/plan/export", { body: { query, unit, closed: [...closed] }, parseAs: "blob" }));
}

function workbookOf(got: { readonly response: Response; readonly data?: unknown; readonly error?: unknown }): Workbook {
  if (!got.response.ok) throw problemOf(got.response, got.error);
  const said = /filename\*=UTF-8''([^;]+)/.exec(got.response.headers.get("content-disposition") ?? "");
  return { file: got.data as Blob, name: decodeURIComponent(said?.[1] ?? "form.xlsx") };
}

/** Hands a file to the browser to keep. */
export function keep({ file, name }: Workbook): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const modelsQuery = () => queryOptions({ queryKey: ["models"], queryFn: () => answer(api.GET("/api/v1/models")) });

export const modelQuery = (code: string) =>
  queryOptions({ queryKey: ["model", code], queryFn: () => answer(api.GET("/api/v1/models/{code}", { params: { path: { code } } })) });

export const membersQuery = (code: string, dimension: string, tree = "") =>
  queryOptions({
    queryKey: ["members", code, dimension, tree],
    queryFn: () => answer(api.GET("/api/v1/models/{code}/members", { params: { path: { code }, query: { dimension, tree } } })),
  });

export const versionsQuery = (model: string) =>
  queryOptions({
    queryKey: ["versions", model],
    queryFn: async () => (await answer(api.GET("/api/v1/plan/versions", { params: { query: { model } } }))).versions,
  });

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
