/** A cell or total of the plan as a place: what one holds, and along what one can move amounts to it. */
import type { components } from "../../api/schema";
import type { CellAddress, ModelDetail } from "./requests";

export type Node = components["schemas"]["PlanNodeIn"];

export const PERIOD = "period";

export const nodeOf = ({ cube, item, members, period }: CellAddress): Node => ({ cube, item, members, period });

const keyOf = (node: Node): string => JSON.stringify([node.cube, node.item, node.period, Object.entries(node.members).sort()]);

export const isHeld = (held: readonly Node[], node: Node): boolean => held.some((one) => keyOf(one) === keyOf(node));

/** The dimensions one can move along, those of the cell first by their order in the model; the periods where it has one. */
export function alongs(model: ModelDetail, at: CellAddress): readonly { readonly code: string; readonly name: string }[] {
  return model.dimensions.filter((one) => one.code in at.members).map(({ code, name }) => ({ code, name }));
}
