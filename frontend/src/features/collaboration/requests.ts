/** Every request of comments: its key and its call. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type ThreadData = Schemas["ThreadOut"];
export type Mark = Schemas["CommentMarkOut"];
export type Person = Schemas["CommentPersonOut"];

/** What a thread is about: a plan cell (as JSON), a plan unit, a document, a case (by id). */
export interface SubjectRef {
  readonly kind: "plan_cell" | "plan_unit" | "document" | "case";
  readonly subject: string;
}

export const threadQuery = (about: SubjectRef) =>
  queryOptions({
    queryKey: ["comments", "thread", about.kind, about.subject],
    queryFn: () => answer(api.GET("/api/v1/comments", { params: { query: { ...about } } })),
  });

export const marksQuery = (kind: SubjectRef["kind"], within: string) =>
  queryOptions({
    queryKey: ["comments", "marks", kind, within],
    queryFn: () => answer(api.GET("/api/v1/comments/marks", { params: { query: { kind, within } } })),
  });

export const peopleQuery = (about: SubjectRef) =>
  queryOptions({
    queryKey: ["comments", "people", about.kind, about.subject],
    queryFn: () => answer(api.GET("/api/v1/comments/people", { params: { query: { ...about } } })),
    staleTime: 300_000,
  });

export const say = (about: SubjectRef, body: string, mentions: string[]): Promise<ThreadData> =>
  answer(api.POST("/api/v1/comments", { body: { ...about, body, mentions } }));

export const settle = (about: SubjectRef, resolved: boolean): Promise<ThreadData> =>
  answer(api.POST("/api/v1/comments/resolution", { body: { ...about, resolved } }));
