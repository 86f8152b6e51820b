/** True on a phone's width. */
import { useSyncExternalStore } from "react";

const query = matchMedia("(max-width: 760px)");
const subscribe = (listener: () => void): (() => void) => {
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
};

export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => query.matches);
}
