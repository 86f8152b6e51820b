/** What the signed-in person may do here, by the patterns of their actions; the server decides again. */
import { useSyncExternalStore } from "react";
import { session } from "../../api/session";

const matches = (pattern: string, action: string): boolean => pattern === "*" || pattern === action || (pattern.endsWith("*") && action.startsWith(pattern.slice(0, -1)));

export function useMay(action: string): boolean {
  const state = useSyncExternalStore(session.subscribe, session.get);
  return (state.kind === "in" || state.kind === "expired") && state.info.actions.some((pattern) => matches(pattern, action));
}
