/** The business date, by which days are counted. */
import { useSyncExternalStore } from "react";
import { session } from "../../api/session";

export function useBusinessDay(): string | undefined {
  const state = useSyncExternalStore(session.subscribe, session.get);
  return state.kind === "in" || state.kind === "expired" ? state.info.business_date : undefined;
}

export function useMe(): { readonly login: string; readonly name: string } | undefined {
  const state = useSyncExternalStore(session.subscribe, session.get);
  return state.kind === "in" || state.kind === "expired" ? state.info : undefined;
}

/** Whether the person holds an action somewhere; the server decides again, with the place. */
export function useHolds(action: string): boolean {
  const state = useSyncExternalStore(session.subscribe, session.get);
  if (state.kind !== "in" && state.kind !== "expired") return false;
  return state.info.actions.some((held) => held === "*" || held === action || (held.endsWith(".*") && action.startsWith(held.slice(0, -1))) || (held.startsWith("*.") && action.endsWith(held.slice(1))));
}
