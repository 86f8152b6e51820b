/** The unit's checks on what the page shows: on what is saved, and tried again shortly after the edits change. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from "react";
import { asProblem, type Problem } from "../../api/problem";
import type { Sheet } from "../../grid/model/sheet";
import { type Checks, tryChecks, type Unit } from "./requests";
import type { Coordinates } from "./slice";

const DEBOUNCE_MS = 900;

export interface CheckState {
  readonly checks: Checks | undefined;
  readonly running: boolean;
  readonly problem: Problem | null;
  /** Runs them now, with the edits as they are; null when that failed. */
  readonly run: () => Promise<Checks | null>;
}

export function useChecks(unit: Unit | undefined, sheet: Sheet | null, at: Coordinates | null, seq: number | undefined): CheckState {
  const saved = useQuery({
    queryKey: ["checks", unit?.id, seq],
    queryFn: () => tryChecks(unit?.id ?? 0, []),
    enabled: unit !== undefined && seq !== undefined,
  });
  const [tried, setTried] = useState<{ readonly checks: Checks; readonly sheet: Sheet | null; readonly seq: number | undefined } | null>(null);
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const asked = useRef(0);
  const nothing = useCallback(() => () => undefined, []);
  const count = useSyncExternalStore(sheet?.subscribe ?? nothing, () => (sheet ? sheet.changes().map((one) => `${one.row}\u0000${one.column}\u0000${one.after ?? ""}`).join("\n") : ""));

  const run = async (): Promise<Checks | null> => {
    if (!unit || !sheet || !at) return null;
    const mine = (asked.current += 1);
    setRunning(true);
    try {
      const checks = await tryChecks(unit.id, at.edits(sheet.changes()));
      if (mine === asked.current) {
        setTried({ checks, sheet, seq });
        setProblem(null);
      }
      return checks;
    } catch (error) {
      if (mine === asked.current) setProblem(asProblem(error));
      return null;
    } finally {
      if (mine === asked.current) setRunning(false);
    }
  };
  const again = useEffectEvent(() => void run());
  useEffect(() => {
    if (count === "") {
      asked.current += 1; // an answer still under way is about edits that are gone
      setTried(null);
      setRunning(false);
      return undefined;
    }
    const timer = setTimeout(() => again(), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [count, seq]);

  const current = tried && tried.sheet === sheet ? tried.checks : saved.data;
  return { checks: unit ? current : undefined, running, problem: problem ?? (saved.error ? asProblem(saved.error) : null), run };
}
