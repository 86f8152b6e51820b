/** Where on the page of spending one is: tab, document, filters. In the address, so that it can be sent and gone back from. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { withSearch } from "../../lib/search";

export interface SpendPlace {
  readonly tab: "mine" | "balances" | "desk" | undefined; // undefined: the form
  readonly id: number | undefined; // the document shown
  readonly edit: number | undefined; // the document in the form
  readonly whose: "all" | undefined;
  readonly state: string | undefined;
  readonly policy: string | undefined;
  readonly rule: string | undefined;
  readonly period: string | undefined;
  readonly bucket: number | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : typeof value === "string" && /^\d+$/.test(value) ? Number(value) : undefined);

export function useSpendPlace(): [SpendPlace, (part: Partial<SpendPlace>) => void] {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const navigate = useNavigate();
  const { tab, whose } = search;
  const place: SpendPlace = {
    tab: tab === "mine" || tab === "balances" || tab === "desk" ? tab : undefined,
    id: number(search["id"]),
    edit: number(search["edit"]),
    whose: whose === "all" ? whose : undefined,
    state: text(search["state"]),
    policy: text(search["policy"]),
    rule: text(search["rule"]),
    period: text(search["period"]),
    bucket: number(search["bucket"]),
  };
  const go = useCallback(
    (part: Partial<SpendPlace>) => {
      void navigate({ to: ".", search: withSearch(part) });
    },
    [navigate],
  );
  return [place, go];
}
