/** Every request of process and of the inbox: its key and its call. */
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components, paths } from "../../api/schema";

type Schemas = components["schemas"];
export type Todo = Schemas["TodoOut"];
export type Started = Schemas["StartedOut"];
export type Done = Schemas["DoneOut"];
export type Task = Schemas["TaskOut"];
export type OpenTask = Schemas["OpenTaskOut"];
export type CaseDetail = paths["/api/v1/cases/{instance_id}"]["get"]["responses"][200]["content"]["application/json"];
export type FlowNode = CaseDetail["nodes"][number];
export type Decision = Schemas["Decision"];
export type Notice = Schemas["NoticeOut"];
export type Moved = Schemas["MovedOut"];

export const todosQuery = () => queryOptions({ queryKey: ["work", "todos"], queryFn: () => answer(api.GET("/api/v1/todos")) });
export const tasksQuery = () => queryOptions({ queryKey: ["work", "tasks"], queryFn: () => answer(api.GET("/api/v1/tasks")) });
export const startedQuery = () => queryOptions({ queryKey: ["work", "started"], queryFn: () => answer(api.GET("/api/v1/started")) });
export const doneQuery = () => queryOptions({ queryKey: ["work", "done"], queryFn: () => answer(api.GET("/api/v1/tasks/done")) });
export const allTasksQuery = () => queryOptions({ queryKey: ["work", "all"], queryFn: () => answer(api.GET("/api/v1/tasks/all")) });
export const inboxQuery = () => queryOptions({ queryKey: ["inbox"], queryFn: () => answer(api.GET("/api/v1/inbox")) });

export const caseQuery = (id: number) =>
  queryOptions({
    queryKey: ["work", "case", id],
    queryFn: () => answer(api.GET("/api/v1/cases/{instance_id}", { params: { path: { instance_id: id } } })),
  });

export const candidatesQuery = (id: number) =>
  queryOptions({
    queryKey: ["work", "candidates", id],
    queryFn: () => answer(api.GET("/api/v1/cases/{instance_id}/candidates", { params: { path: { instance_id: id } } })),
  });

export const decide = (task: number, body: Decision): Promise<Moved> =>
  answer(api.POST("/api/v1/tasks/{task_id}/decision", { params: { path: { task_id: task } }, body }));

export const reassign = (task: number, to: string, comment: string): Promise<Moved> =>
  answer(api.POST("/api/v1/tasks/{task_id}/reassignment", { params: { path: { task_id: task } }, body: { to, comment } }));

export const withdraw = (id: number, comment: string): Promise<Moved> =>
  answer(api.POST("/api/v1/cases/{instance_id}/withdrawal", { params: { path: { instance_id: id } }, body: { comment } }));

export const remind = (id: number): Promise<Moved> =>
  answer(api.POST("/api/v1/cases/{instance_id}/reminder", { params: { path: { instance_id: id } }, body: { comment: "" } }));

export const markRead = async (ids: number[] | null): Promise<void> => {
  await answer(api.POST("/api/v1/inbox/read", { body: { ids } }));
};

/** Somebody moved something: open work, cases, notices and what hangs on them are read again. */
export async function workChanged(client: QueryClient): Promise<void> {
  await Promise.all([client.invalidateQueries({ queryKey: ["work"] }), client.invalidateQueries({ queryKey: ["inbox"] }), client.invalidateQueries({ queryKey: ["unit"] })]);
}
