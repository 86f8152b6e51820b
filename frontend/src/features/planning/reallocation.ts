/** Moving amounts within a dimension, and what one holds: requests, and the choices a dialog offers. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components } from "../../api/schema";
import type { CellAddress, ModelDetail } from "./requests";

type Schemas = components["schemas"];
export type Reallocated = Schemas["ReallocateOut"];
export type Node = Schemas["PlanNodeIn"];

export const PERIOD = "period";

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

export const nodeOf = ({ cube, item, members, period }: CellAddress): Node => ({ cube, item, members, period });

const keyOf = (node: Node): string => JSON.stringify([node.cube, node.item, node.period, Object.entries(node.members).sort()]);

export const isHeld = (held: readonly Node[], node: Node): boolean => held.some((one) => keyOf(one) === keyOf(node));

/** The dimensions one can move along, those of the cell first by their order in the model; the periods where it has one. */
export function alongs(model: ModelDetail, at: CellAddress): readonly { readonly code: string; readonly name: string }[] {
  return model.dimensions.filter((one) => one.code in at.members).map(({ code, name }) => ({ code, name }));
}
