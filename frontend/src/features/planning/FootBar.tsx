/** The bottom bar: what the checks say, what is unsaved, whether the figures are calculated, and the actions. */
import { type ReactNode, useCallback, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { Sheet } from "../../grid/model/sheet";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import type { Checks } from "./requests";
import type { CheckState } from "./useChecks";
import type { PlanSheet } from "./usePlanSheet";

interface Props {
  readonly sheet: Sheet | null;
  readonly plan: PlanSheet;
  readonly lastSaved: string;
  readonly checking: CheckState;
  readonly children: ReactNode;
}

export function FootBar({ sheet, plan, lastSaved, checking, children }: Props) {
  const { t } = useTranslation();
  const subscribe = useCallback((listener: () => void) => sheet?.subscribe(listener) ?? (() => undefined), [sheet]);
  useSyncExternalStore(subscribe, () => sheet?.revision() ?? 0);
  const edits = sheet?.editCount ?? 0;
  const calculating = edits === 0 ? "" : sheet?.waiting ? t("plan.computing") : plan.previewError ? "" : t("plan.computed");
  return (
    <div className="foot-bar">
      <Verdict checking={checking} />
      <span className="spring" />
      <span className="muted small">{calculating}</span>
      <span className="small" role="status" aria-live="polite" data-testid="edit-state">
        {edits > 0 ? <b>{t("plan.unsaved", { count: edits })}</b> : <span className="muted">{t("plan.allSaved")}</span>}
      </span>
      {lastSaved && <span className="muted small">{t("plan.lastSaved", { time: lastSaved })}</span>}
      {children}
    </div>
  );
}

function Verdict({ checking }: { readonly checking: CheckState }) {
  const { t } = useTranslation();
  const { checks, running, problem } = checking;
  if (running) return <span className="muted small">{t("form.checks.running")}</span>;
  if (problem) return <span className="muted small">{t("form.checks.notRun", { reason: problemText(t, problem) })}</span>;
  if (!checks || checks.count === 0) return null;
  const failed = failing(checks, "mandatory");
  const verify = checks.findings.filter((one) => one.kind === "verify").length;
  const passed = <span className="muted small">{t("form.checks.passed", { count: checks.passed })}</span>;
  if (failed > 0)
    return (
      <span className="verdict" data-tone="error" data-testid="verdict">
        <Icon name="close" />
        <span>
          <b>{t("form.checks.failed", { count: failed })}</b>
          {t("form.checks.failedTail")}
        </span>
        {passed}
      </span>
    );
  return (
    <span className="verdict" data-tone={verify > 0 ? "warn" : "ok"} data-testid="verdict">
      <Icon name={verify > 0 ? "warn" : "check"} />
      {verify > 0 && <span>{t("form.checks.toExplain", { count: verify })}</span>}
      {passed}
    </span>
  );
}

/** How many checks of a kind do not hold; one that fails at several places counts once. */
export function failing(checks: Checks, kind: "mandatory" | "verify" | "hint"): number {
  return new Set(checks.findings.filter((one) => one.kind === kind).map((one) => one.check)).size;
}
