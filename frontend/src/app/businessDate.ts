import { useSyncExternalStore } from "react";

import { session } from "../api/session";

/** The business date: a setting of the server, not the clock. Unknown until somebody is signed in. */
export function useBusinessDate(): string | undefined {
  const state = useSyncExternalStore(session.subscribe, session.get);
  return state.kind === "in" || state.kind === "expired" ? state.info.business_date : undefined;
}
