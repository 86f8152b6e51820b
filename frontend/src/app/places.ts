/** The places of the application: what the rail names and where it leads. The loop's order is the budget year's order. */
import type { IconName } from "../ui/icons";

export const LOOP = ["target", "prepare", "approve", "spend", "monitor", "analyse", "adjust", "forecast"] as const;
export const AROUND = ["connect", "model", "admin"] as const;

export type Stage = (typeof LOOP)[number];
export type Place = "home" | Stage | (typeof AROUND)[number];

export const PATH_OF = {
  home: "/",
  target: "/target",
  prepare: "/prepare",
  approve: "/approve",
  spend: "/spend",
  monitor: "/monitor",
  analyse: "/analyse",
  adjust: "/adjust",
  forecast: "/forecast",
  connect: "/connect",
  model: "/model",
  admin: "/admin",
} as const satisfies Record<Place, string>;

export const ICON_OF: Record<"home" | (typeof AROUND)[number], IconName> = { home: "home", connect: "connect", model: "model", admin: "admin" };

/** What of the page's context a place uses, beside the model: the top bar offers no more. */
export interface ContextUse {
  readonly org: boolean;
  readonly version: boolean;
  readonly unit: boolean;
}

const NOTHING: ContextUse = { org: false, version: false, unit: false };
const UNIT: ContextUse = { ...NOTHING, unit: true };
const ORG: ContextUse = { ...UNIT, org: true };

export const USES: Record<Place, ContextUse> = {
  home: UNIT,
  target: { ...UNIT, version: true },
  prepare: { org: true, version: true, unit: true },
  approve: UNIT,
  spend: UNIT,
  monitor: ORG,
  analyse: ORG,
  adjust: UNIT,
  forecast: ORG,
  connect: NOTHING,
  model: NOTHING,
  admin: NOTHING,
};

/** The place an address belongs to. */
export function placeAt(path: string): Place {
  const all = Object.entries(PATH_OF) as [Place, string][];
  return all.find(([, way]) => way !== "/" && (path === way || path.startsWith(`${way}/`)))?.[0] ?? "home";
}
