/** The sheet of a plan slice, kept alive: loaded, tried on every edit, saved, and reloaded when others change it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { type LiveEvent, useLiveEvents } from "../../api/events";
import { asProblem, type Problem } from "../../api/problem";
import { session } from "../../api/session";
import { type Key, keyOf } from "../../grid/model/cell";
import { Sheet } from "../../grid/model/sheet";
import { type Amount, tryAmount } from "../../lib/amount";
import type { PeriodWords } from "./periods";
import { type Asked, type Beside, type CellResult, type Edit, fetchPreview, fetchShown, type ModelDetail, save, type Saved, type Shown, shownKey, type Slice } from "./requests";
import { cellsOf, Coordinates, sheetOf, withBeside } from "./slice";

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
  | { readonly kind: "saved"; readonly count: number; readonly seq: number }
  | { readonly kind: "clash"; readonly clashes: readonly Clash[]; readonly seq: number }
  | { readonly kind: "refused"; readonly count: number; readonly first: string }
  | { readonly kind: "failed"; readonly problem: Problem };

export interface PlanSheet {
  readonly sheet: Sheet | null;
  readonly slice: Slice | undefined;
  readonly beside: readonly Beside[];
  readonly at: Coordinates | null;
  readonly loading: boolean;
  readonly loadError: Problem | null;
  readonly previewError: Problem | null;
  readonly live: boolean;
  readonly othersChanged: string; // who changed something just now, "" = nobody
  readonly reload: () => Promise<void>;
  readonly save: (baseSeq?: number) => Promise<SaveOutcome>;
  /** Does something that changes the version and answers its seq, until its figures are here; its news is nobody else's. */
  readonly own: (change: () => Promise<number>) => Promise<number>;
}

export function usePlanSheet(asked: Asked, cube: string, model: ModelDetail, words: PeriodWords): PlanSheet {
  const client = useQueryClient();
  const version = asked.kind === "form" ? asked.body.version : asked.query.version;
  const shown = useQuery({ queryKey: shownKey(asked), queryFn: () => fetchShown(asked), staleTime: Infinity, gcTime: 0 });
  const [held, setHeld] = useState<{ readonly asked: Asked; readonly sheet: Sheet } | null>(null);
  const sheet = held?.asked === asked ? held.sheet : null;
  const at = useMemo(() => (shown.data ? new Coordinates(cube, shown.data.slice) : null), [cube, shown.data]);
  const by = useRef<string | null>(null);
  const heard = useRef<{ readonly saving: boolean; readonly own: number; readonly waiting: readonly Change[] }>({ saving: false, own: 0, waiting: [] });
  const [othersChanged, setOthersChanged] = useState("");

  useEffect(() => {
    if (!shown.data) return;
    const data = sheetOf(shown.data.slice, cube, model, words, shown.data.beside);
    if (sheet) sheet.reload(data, by.current);
    else setHeld({ asked, sheet: new Sheet(data) });
    by.current = null;
  }, [sheet, asked, cube, shown.data, model, words]);

  const reload = useCallback(async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: shownKey(asked), exact: true });
  }, [client, asked]);

  const othersDid = (change: Change): void => {
    by.current = change.author;
    setOthersChanged(change.author);
    void reload();
  };
  const live = useLiveEvents(["plan.changed", "comment.changed"], (event) => {
    if (event.topic === "reset") return void reload();
    if (event.topic === "comment.changed") return void client.invalidateQueries({ queryKey: ["comments"] });
    const change = changeOf(event, version);
    if (!change || change.seq <= Math.max(shown.data?.slice.seq ?? 0, heard.current.own)) return;
    if (heard.current.saving) heard.current = { ...heard.current, waiting: [...heard.current.waiting, change] };
    else othersDid(change);
  });
  useEffect(() => {
    if (othersChanged === "") return undefined;
    const timer = setTimeout(() => setOthersChanged(""), 10_000);
    return () => clearTimeout(timer);
  }, [othersChanged]);

  const previewError = usePreview(sheet, shown.data, at, words);

  /** The news of one's own change may come before its answer, or after; null = nothing was changed after all. */
  const heardAsOwn = async <T extends number | null>(change: () => Promise<T>): Promise<T> => {
    let mine = heard.current.own;
    heard.current = { saving: true, own: mine, waiting: [] };
    try {
      const seq = await change();
      if (seq !== null) mine = seq;
      return seq;
    } finally {
      const others = heard.current.waiting.filter((one) => one.seq > mine).at(-1);
      heard.current = { saving: false, own: mine, waiting: [] };
      if (others) othersDid(others);
    }
  };

  /** What one types next must start from the figures just made, or it would clash with one's own change. */
  const own = async (change: () => Promise<number>): Promise<number> => {
    const seq = await heardAsOwn(change);
    await reload();
    return seq;
  };

  const saveNow = async (baseSeq?: number): Promise<SaveOutcome> => {
    if (!sheet || !shown.data || !at) return { kind: "saved", count: 0, seq: 0 };
    const changes = sheet.changes();
    const base = baseSeq ?? shown.data.slice.seq;
    const found: { outcome: SaveOutcome } = { outcome: { kind: "saved", count: 0, seq: 0 } };
    try {
      await heardAsOwn(async () => {
        const answer = await save(version, base, at.edits(changes));
        if (answer.outcome !== "saved") {
          found.outcome = whyNot(answer, changes, sheet);
          return null;
        }
        sheet.settle(changes);
        void reload();
        found.outcome = { kind: "saved", count: answer.saved, seq: answer.seq };
        return answer.seq;
      });
    } catch (error) {
      return { kind: "failed", problem: asProblem(error) };
    }
    return found.outcome;
  };

  return {
    sheet,
    slice: shown.data?.slice,
    beside: shown.data?.beside ?? [],
    at,
    loading: shown.isPending,
    loadError: shown.error ? asProblem(shown.error) : null,
    previewError,
    live,
    othersChanged,
    reload,
    save: saveNow,
    own,
  };
}

interface Change {
  readonly seq: number;
  readonly author: string;
}

function changeOf({ data }: LiveEvent, version: number): Change | null {
  const { seq, author } = data;
  if (data["version"] !== version || typeof seq !== "number") return null;
  return { seq, author: typeof author === "string" ? author : "" };
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
function usePreview(sheet: Sheet | null, shown: Shown | undefined, at: Coordinates | null, words: PeriodWords): Problem | null {
  const [problem, setProblem] = useState<Problem | null>(null);
  const signedIn = useSyncExternalStore(session.subscribe, () => session.get().kind === "in");
  const nothing = useCallback(() => () => undefined, []);
  const edits = useSyncExternalStore(sheet?.subscribe ?? nothing, () => editsKey(sheet));
  const ask = useEffectEvent(async (signal: AbortSignal): Promise<void> => {
    if (!sheet || !at || !shown) return;
    const changes = sheet.changes();
    const wire: Edit[] = at.edits(changes);
    try {
      const answer = await fetchPreview(shown.query, wire, signal);
      const refused = answer.cells.filter((result) => result.status === "refused");
      sheet.tried(withBeside(cellsOf(answer.slice), answer.slice, shown.beside, words.beside ?? ""), new Map(refused.flatMap((result) => refusal(changes[result.index], result))));
      setProblem(null);
    } catch (error) {
      const found = asProblem(error);
      if (signal.aborted || found.kind === "cancelled") return;
      sheet.tried(null);
      setProblem(found.kind === "signed-out" ? null : found); // the dialog asks; the question is asked again afterwards
    }
  });
  useEffect(() => {
    if (!sheet || edits === "" || !signedIn) {
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
  }, [sheet, edits, shown?.slice.seq, signedIn]);
  return problem;
}

/** Changes when, and only when, the edits do. */
function editsKey(sheet: Sheet | null): string {
  return sheet ? sheet.changes().map((change) => `${keyOf(change)}=${change.after ?? ""}/${change.before ?? ""}`).join("\n") : "";
}
