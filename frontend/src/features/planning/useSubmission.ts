/** Submitting a unit: save, check, ask for reasons, send; a mandatory check that fails leads to its cell instead. */
import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, type Problem } from "../../api/problem";
import { session } from "../../api/session";
import { holds } from "../../lib/rights";
import { problemText } from "../../ui/problemText";
import { sorted } from "./ChecksBar";
import { type CheckCell, type Checks, type Finding, submitUnit, type Unit, unitsQuery } from "./requests";
import type { CheckState } from "./useChecks";
import type { SaveOutcome } from "./usePlanSheet";

interface Needs {
  readonly unit: Unit | undefined;
  readonly checking: CheckState;
  readonly locate: (cell: CheckCell | null) => void;
  readonly save: () => Promise<SaveOutcome["kind"] | null>;
  readonly edits: () => number;
  readonly reload: () => Promise<void>;
}

export function useSubmission({ unit, checking, locate, save, edits, reload }: Needs) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const me = useSyncExternalStore(session.subscribe, session.get);
  const may = me.kind === "in" && holds(me.info.actions, "process.submit");
  const [asking, setAsking] = useState<Checks | null>(null);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState("");

  /** Goes to the first mandatory failure; true when there is one. */
  const stopped = (findings: readonly Finding[]): boolean => {
    const first = sorted(findings)[0];
    if (first?.kind !== "mandatory") return false;
    message.error(t("form.cannotSubmit", { what: `${first.title}：${first.message}` }), 6);
    locate(first.cell);
    return true;
  };

  const runChecks = async (): Promise<void> => {
    const checks = await checking.run();
    if (!checks) return;
    const said = checks.findings.length === 0 ? t("form.checks.ranAll", { passed: checks.passed }) : t("form.checks.ran", { passed: checks.passed, count: checks.findings.length });
    message[checks.findings.length === 0 ? "success" : "warning"](said);
  };

  const start = async (): Promise<void> => {
    if (!unit) return;
    setBusy(true);
    try {
      if (edits() > 0 && (await save()) !== "saved") return;
      const checks = await checking.run();
      if (checks && !stopped(checks.findings)) {
        setRefused("");
        setAsking(checks);
      }
    } finally {
      setBusy(false);
    }
  };

  const send = async (comment: string, reasons: Record<string, string>): Promise<void> => {
    if (!unit) return;
    setBusy(true);
    try {
      await submitUnit(unit.id, unit.flow, comment, reasons);
      setAsking(null);
      await Promise.all([client.invalidateQueries({ queryKey: ["plan-units"] }), reload()]);
      const who = client.getQueryData(unitsQuery(unit.version_id).queryKey)?.find((one) => one.id === unit.id)?.holder_name;
      message.success(who ? t("form.submitted", { who }) : t("form.submittedNoOne"));
    } catch (error) {
      const problem = asProblem(error);
      const failures = failuresOf(problem);
      if (stopped(failures)) setAsking(null);
      else setRefused(t("form.submitFailed", { reason: detailOf(problem) || problemText(t, problem) }));
      await checking.run();
    } finally {
      setBusy(false);
    }
  };

  return { may, asking, busy, refused, runChecks, start, send, cancel: () => setAsking(null) };
}

function failuresOf(problem: Problem): readonly Finding[] {
  const facts = (problem.body as { facts?: { failures?: unknown } } | undefined)?.facts;
  return Array.isArray(facts?.failures) ? (facts.failures as Finding[]).filter((one) => "kind" in one) : [];
}

function detailOf(problem: Problem): string {
  const detail = (problem.body as { detail?: unknown } | undefined)?.detail;
  return typeof detail === "string" ? detail : "";
}
