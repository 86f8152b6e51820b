/** The model the page looks at, as the top bar chose it; the organisation narrows the board when it was picked there. */
import { useSyncExternalStore } from "react";
import { session } from "../../api/session";
import { usePageContext } from "../../lib/usePageContext";
import { useContextChoice } from "../planning/useContextChoice";

export function useMonitored() {
  const choice = useContextChoice();
  const [context] = usePageContext();
  const state = useSyncExternalStore(session.subscribe, session.get);
  const info = state.kind === "in" || state.kind === "expired" ? state.info : undefined;
  return {
    ...choice,
    unit: context.unit ?? "yuan",
    pickedOrg: context.org ? choice.org?.code : undefined,
    today: info?.business_date ?? "",
    login: info?.login ?? "",
    may: (action: string): boolean => info?.actions.some((held) => held === action || held === "*") ?? false,
  } as const;
}
