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
