/** Who is signed in, as the browser knows it: one small store outside React, because the client's middleware needs it too. */
import type { components } from "./schema";

export type SessionInfo = components["schemas"]["SessionOut"];

/** "expired": somebody was signed in and the server no longer agrees; the page stays, with what was typed. */
export type SessionState =
  | { readonly kind: "unknown" }
  | { readonly kind: "out" }
  | { readonly kind: "in"; readonly info: SessionInfo }
  | { readonly kind: "expired"; readonly info: SessionInfo };

let current: SessionState = { kind: "unknown" };
const listeners = new Set<() => void>();

export const session = {
  get: (): SessionState => current,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  set(next: SessionState): void {
    current = next;
    for (const listener of listeners) listener();
  },
  /** A request came back unauthorised. */
  lost(): void {
    if (current.kind === "in") session.set({ kind: "expired", info: current.info });
    else if (current.kind === "unknown") session.set({ kind: "out" });
  },
  token: (): string | undefined => (current.kind === "in" || current.kind === "expired" ? current.info.csrf_token : undefined),
};
