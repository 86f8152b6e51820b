/** The sheet of a plan slice, kept alive: loaded, tried on every edit, saved, and reloaded when others change it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useLiveEvents } from "../../api/events";
import { asProblem, type Problem } from "../../api/problem";
import { type Key, keyOf } from "../../grid/model/cell";
import { Sheet, type SheetData } from "../../grid/model/sheet";
import { type Amount, tryAmount } from "../../lib/amount";
import type { PeriodWords } from "./periods";
import { type CellResult, type Edit, fetchPreview, fetchSlice, type Query, save, type Saved, type Slice, sliceKey } from "./requests";
import { cellsOf, Coordinates, sheetOf } from "./slice";

const DEBOUNCE_MS = 150;

/** A cell that somebody else changed too. */
export interface Clash {
  readonly row: string;
  readonly column: string;
  readonly base: Amount | null;
  readonly mine: Amount | null;
  readonly theirs: Amount | null;
  readonly who: string;
  readonly at: string;
}

export type SaveOutcome =
  | { readonly kind: "saved"; readonly count: number }
  | { readonly kind: "clash"; readonly clashes: readonly Clash[]; readonly seq: number }
  | { readonly kind: "refused"; readonly count: number; readonly first: string }
  | { readonly kind: "failed"; readonly problem: Problem };

export interface PlanSheet {
  readonly sheet: Sheet | null;
  readonly slice: Slice | undefined;
  readonly at: Coordinates | null;
  readonly loading: boolean;
  readonly loadError: Problem | null;
  readonly previewError: Problem | null;
  readonly live: boolean;
  readonly othersChanged: { readonly who: string; readonly at: number } | null;
  readonly reload: () => Promise<void>;
  readonly save: (baseSeq?: number) => Promise<SaveOutcome>;
}

const EMPTY: SheetData = { rows: [], columns: [], cells: new Map() };

export function usePlanSheet(query: Query | null, currency: string, words: PeriodWords): PlanSheet {
  const client = useQueryClient();
  const key = query && JSON.stringify(query);
  const slice = useQuery({
    queryKey: query ? sliceKey(query) : ["slice", "none"],
    queryFn: () => (query ? fetchSlice(query) : Promise.reject(new Error("nothing to ask"))),
    enabled: query !== null,
    staleTime: Infinity,
    gcTime: 0,
  });
  const sheet = useMemo(() => (key === null ? null : new Sheet(EMPTY)), [key]);
  const at = useMemo(() => (query && slice.data ? new Coordinates(query.cube, slice.data) : null), [query, slice.data]);
  const by = useRef<string | null>(null);
  const ownSeq = useRef(0);
  const [othersChanged, setOthersChanged] = useState<{ who: string; at: number } | null>(null);

  useEffect(() => {
    if (!sheet || !slice.data) return;
    sheet.reload(sheetOf(slice.data, currency, words), by.current);
    by.current = null;
  }, [sheet, slice.data, currency, words]);

  const reload = useCallback(async (): Promise<void> => {
    if (query) await client.invalidateQueries({ queryKey: sliceKey(query), exact: true });
  }, [client, query]);

  const live = useLiveEvents(["plan.changed"], (event) => {
    const { version, seq, author } = event.data;
    if (event.topic === "reset") void reload();
    else if (query && version === query.version && typeof seq === "number" && seq > Math.max(ownSeq.current, slice.data?.seq ?? 0)) {
      by.current = typeof author === "string" ? author : "";
      setOthersChanged({ who: by.current, at: Date.now() });
      void reload();
    }
  });

  const previewError = usePreview(sheet, query, at, slice.data?.seq);

  const saveNow = async (baseSeq?: number): Promise<SaveOutcome> => {
    if (!sheet || !query || !slice.data || !at) return { kind: "saved", count: 0 };
    const changes = sheet.changes();
    try {
      const answer = await save(query.version, baseSeq ?? slice.data.seq, at.edits(changes));
      if (answer.outcome !== "saved") return whyNot(answer, changes, sheet);
      ownSeq.current = answer.seq;
      sheet.settle(changes);
      void reload();
      return { kind: "saved", count: answer.saved };
    } catch (error) {
      return { kind: "failed", problem: asProblem(error) };
    }
  };

  return {
    sheet: slice.data ? sheet : null,
    slice: slice.data,
    at,
    loading: slice.isPending && query !== null,
    loadError: slice.error ? asProblem(slice.error) : null,
    previewError,
    live,
    othersChanged,
    reload,
    save: saveNow,
  };
}

/** Clashes go to the dialog; cells refused for another reason are framed in the sheet. */
function whyNot(answer: Saved, changes: ReturnType<Sheet["changes"]>, sheet: Sheet): SaveOutcome {
  const of = (result: CellResult) => changes[result.index];
  const refused = answer.cells.filter((result) => result.status === "refused");
  if (refused.length > 0) {
    sheet.refuse(new Map(refused.flatMap((result) => refusal(of(result), result))));
    return { kind: "refused", count: refused.length, first: refused[0]?.message ?? "" };
  }
  const clashes = answer.cells.flatMap((result): Clash[] => {
    const change = of(result);
    if (result.status !== "conflict" || !change) return [];
    const { theirs } = result;
    const value = theirs?.value ? tryAmount(theirs.value) : null;
    return [{ row: change.row, column: change.column, base: change.before, mine: change.after, theirs: value, who: theirs?.author ?? "", at: theirs?.at ?? "" }];
  });
  return { kind: "clash", clashes, seq: answer.seq };
}

function refusal(change: { row: string; column: string } | undefined, result: CellResult): [Key, string][] {
  return change ? [[keyOf(change), result.message ?? result.code ?? ""]] : [];
}

/** Asks for a trial calculation shortly after the last edit; a newer edit cancels the older question. */
function usePreview(sheet: Sheet | null, query: Query | null, at: Coordinates | null, seq: number | undefined): Problem | null {
  const [problem, setProblem] = useState<Problem | null>(null);
  const nothing = useCallback(() => () => undefined, []);
  const edits = useSyncExternalStore(sheet?.subscribe ?? nothing, () => editsKey(sheet));
  const ask = useEffectEvent(async (signal: AbortSignal): Promise<void> => {
    if (!sheet || !query || !at) return;
    const changes = sheet.changes();
    const wire: Edit[] = at.edits(changes);
    try {
      const answer = await fetchPreview(query, wire, signal);
      const refused = answer.cells.filter((result) => result.status === "refused");
      sheet.tried(cellsOf(answer.slice), new Map(refused.flatMap((result) => refusal(changes[result.index], result))));
      setProblem(null);
    } catch (error) {
      const found = asProblem(error);
      if (signal.aborted || found.kind === "cancelled") return;
      sheet.tried(null);
      setProblem(found);
    }
  });
  useEffect(() => {
    if (!sheet || edits === "") {
      setProblem(null);
      return undefined;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      sheet.wait();
      void ask(stop.signal);
    }, DEBOUNCE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [sheet, edits, seq]);
  return problem;
}

/** Changes when, and only when, the edits do. */
function editsKey(sheet: Sheet | null): string {
  return sheet ? sheet.changes().map((change) => `${keyOf(change)}=${change.after ?? ""}/${change.before ?? ""}`).join("\n") : "";
}
