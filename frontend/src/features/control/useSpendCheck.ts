/** What the request would be answered now: asked shortly after the last keystroke; a newer question cancels the older. */
import { useEffect, useEffectEvent, useState } from "react";
import { useLiveEvents } from "../../api/events";
import { asProblem, type Problem } from "../../api/problem";
import { filled, type RequestDraft, wireLines } from "./spendDraft";
import { type Check, fetchCheck, type SpendForm } from "./spendRequests";

const DEBOUNCE_MS = 150;

export interface SpendCheck {
  readonly check: Check | null;
  readonly at: readonly number[]; // the form's line of each checked line
  readonly waiting: boolean; // what is shown is of before
  readonly problem: Problem | null;
  readonly again: () => void;
}

interface Told {
  readonly check: Check | null;
  readonly at: readonly number[];
  readonly question: string;
}

/** `submitting`: nothing is asked meanwhile, or one's own reservation, just made, would be answered as somebody else's. */
export function useSpendCheck(form: SpendForm, request: RequestDraft, submitting: boolean): SpendCheck {
  const { lines, at } = wireLines(form, request);
  const fields = filled(request.fields);
  const question = JSON.stringify([request.policy, request.kind, fields, lines]);
  const [told, setTold] = useState<Told>({ check: null, at: [], question: "" });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);

  const ask = useEffectEvent(async (signal: AbortSignal): Promise<void> => {
    try {
      const check = await fetchCheck(request.policy, request.kind, fields, lines, signal);
      setTold({ check, at, question });
      setProblem(null);
    } catch (error) {
      const found = asProblem(error);
      if (signal.aborted || found.kind === "cancelled") return;
      setProblem(found.kind === "signed-out" ? null : found);
    }
  });
  const nothing = lines.length === 0;
  useEffect(() => {
    if (nothing || submitting) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => void ask(stop.signal), DEBOUNCE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [nothing, submitting, question, turn]);

  const again = (): void => setTurn((old) => old + 1);
  useLiveEvents(["control.changed"], (event) => {
    if (event.topic === "reset" || event.data["policy"] === request.policy) again();
  });
  return { check: nothing ? null : told.check, at: told.at, waiting: !nothing && told.question !== question, problem: nothing ? null : problem, again };
}
