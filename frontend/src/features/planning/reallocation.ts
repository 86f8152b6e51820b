/** Moving amounts within a dimension, and what one holds: the requests. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components } from "../../api/schema";
import type { Node } from "./node";
import type { CellAddress } from "./requests";

type Schemas = components["schemas"];
export type Reallocated = Schemas["ReallocateOut"];

/** `dry` only says what it would do. */
export const reallocate = (at: CellAddress, typed: { readonly along: string; readonly source: string; readonly amount: string; readonly seen: string | null }, dry: boolean): Promise<Reallocated> => {
  const { version, cube, item, members, period } = at;
  return answer(api.POST("/api/v1/plan/reallocate", { body: { version, cube, item, members, period, ...typed, held: [], dry, reason: "" } }));
};

export const holdsQuery = (version: number) =>
  queryOptions({
    queryKey: ["holds", version],
    queryFn: async (): Promise<readonly Node[]> => (await answer(api.GET("/api/v1/plan/holds", { params: { query: { version } } }))).nodes,
  });

export const hold = async (version: number, nodes: Node[]): Promise<readonly Node[]> => (await answer(api.POST("/api/v1/plan/holds", { body: { version, nodes, all: false } }))).nodes;

/** `nodes` null: everything. */
export const letGo = async (version: number, nodes: Node[] | null): Promise<readonly Node[]> =>
  (await answer(api.POST("/api/v1/plan/holds/release", { body: { version, nodes: nodes ?? [], all: nodes === null } }))).nodes;
