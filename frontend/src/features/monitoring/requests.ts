/** Every request of monitoring: its key and its call. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type BoardIn = Schemas["BoardIn"];
export type Board = Schemas["BoardOut"];
export type BoardRow = Schemas["BoardRowOut"];
export type Axis = Schemas["AxisOut"];
export type AxisNode = Schemas["AxisNodeOut"];
export type Span = Board["span"];
export type AlertRow = Schemas["AlertRowOut"];
export type Case = Schemas["DeviationOut"];
export type CaseEvent = Schemas["DeviationEventOut"];
export type Decision = Schemas["DecideIn"]["decision"];
export type Link = Schemas["LinkIn"];
export type Line = Schemas["LineIn"];
export type Hold = Schemas["HoldOut"];
export type Transfer = Schemas["TransferOut"];
export type Effect = Schemas["EffectOut"];
export type Closing = Schemas["ClosingOut"];

/** One place of the board, as drilling asks for it. */
export interface Place {
  readonly item: string;
  readonly members: Record<string, string>;
  readonly period: string;
  readonly span: Span;
}

export interface BoardAsk {
  readonly model: string;
  readonly span: Span;
  readonly period?: string | undefined;
  readonly item?: string | undefined;
  readonly org?: string | undefined;
}

export const boardQuery = ({ model, span, period, item, org }: BoardAsk) =>
  queryOptions({
    queryKey: ["board", model, span, period ?? "", item ?? "", org ?? ""],
    queryFn: () =>
      answer(api.POST("/api/v1/board", { body: { model, span, period: period ?? null, item: item ?? null, along: null, members: org ? { org } : {} } })),
  });

export const holdsQuery = (model: string, place: Place) =>
  queryOptions({
    queryKey: ["board-documents", model, place],
    queryFn: () => answer(api.POST("/api/v1/board/documents", { body: { model, ...place, stages: ["reserved", "committed"] } })),
  });

export const PAGE_LINES = 50;

export const linesQuery = (model: string, place: Place, skip: number) =>
  queryOptions({
    queryKey: ["voucher-lines", model, place, skip],
    queryFn: () => answer(api.POST("/api/v1/variance/lines", { body: { model, ...place, ytd: false, limit: PAGE_LINES, skip } })),
  });

export const alertsQuery = (model: string) =>
  queryOptions({ queryKey: ["alerts", model], queryFn: () => answer(api.GET("/api/v1/alerts", { params: { query: { model } } })) });

export const evaluate = (model: string) => answer(api.POST("/api/v1/alerts/evaluation", { body: { model } }));

export const casesQuery = (model: string, mine = false) =>
  queryOptions({ queryKey: ["cases", model, mine], queryFn: () => answer(api.GET("/api/v1/deviations", { params: { query: { model, mine } } })) });

export const caseQuery = (id: number) =>
  queryOptions({ queryKey: ["case", id], queryFn: () => answer(api.GET("/api/v1/deviations/{case_id}", { params: { path: { case_id: id } } })) });

/** 闭环率 of the cases that were due in a year, up to a day. */
export const closingQuery = (model: string, year: string, until: string) =>
  queryOptions({
    queryKey: ["closing", model, year, until],
    queryFn: () =>
      answer(api.GET("/api/v1/deviations/closing-rate", { params: { query: { model, since: `${year}-01-01T00:00:00Z`, until } } })),
  });

const at = (id: number) => ({ params: { path: { case_id: id } } });

export const explain = (id: number, text: string, links: Link[]) =>
  answer(api.POST("/api/v1/deviations/{case_id}/explain", { ...at(id), body: { text, owner: "", links } }));

export const decide = (id: number, decision: Decision, text: string, lines: Line[], flow: string) =>
  answer(api.POST("/api/v1/deviations/{case_id}/decide", { ...at(id), body: { decision, text, lines, flow } }));

export const approve = (id: number, text: string) => answer(api.POST("/api/v1/deviations/{case_id}/approve", { ...at(id), body: { text } }));

export const refuse = (id: number, text: string) => answer(api.POST("/api/v1/deviations/{case_id}/refuse", { ...at(id), body: { text } }));

export const execute = (id: number, evidence: string) =>
  answer(api.POST("/api/v1/deviations/{case_id}/execute", { ...at(id), body: { evidence } }));

export const verify = (id: number) => answer(api.POST("/api/v1/deviations/{case_id}/verify", at(id)));

export const transfersQuery = () =>
  queryOptions({ queryKey: ["transfers"], queryFn: () => answer(api.GET("/api/v1/transfers", { params: { query: { limit: 200 } } })) });

export const transferQuery = (id: number) =>
  queryOptions({
    queryKey: ["transfers", id],
    queryFn: () => answer(api.GET("/api/v1/transfers/{transfer_id}", { params: { path: { transfer_id: id } } })),
  });

export const effectQuery = (policy: string, lines: Line[]) =>
  queryOptions({
    queryKey: ["transfer-effect", policy, lines],
    queryFn: () => answer(api.POST("/api/v1/transfers/check", { body: { policy, kind: "transfer", lines } })),
    staleTime: 0,
    retry: false,
  });

export const askTransfer = (policy: string, lines: Line[], reason: string, flow: string) =>
  answer(api.POST("/api/v1/transfers", { body: { policy, kind: "transfer", lines, reason, flow: flow || null } }));

export const peopleQuery = () => queryOptions({ queryKey: ["tasks"], queryFn: () => answer(api.GET("/api/v1/tasks")) });

export const decideTask = (task: number, action: "approve" | "return" | "reject", comment: string) =>
  answer(api.POST("/api/v1/tasks/{task_id}/decision", { params: { path: { task_id: task } }, body: { action, comment, to: null, resume: "again" } }));
