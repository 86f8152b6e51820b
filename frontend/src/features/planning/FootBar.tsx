/** The bottom bar: what is unsaved, whether the figures are calculated, and the actions. */
import { type ReactNode, useCallback, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { Sheet } from "../../grid/model/sheet";
import type { PlanSheet } from "./usePlanSheet";

interface Props {
  readonly sheet: Sheet | null;
  readonly plan: PlanSheet;
  readonly lastSaved: string;
  readonly children: ReactNode;
}

export function FootBar({ sheet, plan, lastSaved, children }: Props) {
  const { t } = useTranslation();
  const subscribe = useCallback((listener: () => void) => sheet?.subscribe(listener) ?? (() => undefined), [sheet]);
  useSyncExternalStore(subscribe, () => sheet?.revision() ?? 0);
  const edits = sheet?.editCount ?? 0;
  const calculating = edits === 0 ? "" : sheet?.waiting ? t("plan.computing") : plan.previewError ? "" : t("plan.computed");
  return (
    <div className="foot-bar">
      <span role="status" aria-live="polite" data-testid="edit-state">
        {edits > 0 ? <b>{t("plan.unsaved", { count: edits })}</b> : <span className="muted">{t("plan.allSaved")}</span>}
      </span>
      <span className="muted small">{calculating}</span>
      <span className="spring" />
      {lastSaved && <span className="muted small">{t("plan.lastSaved", { time: lastSaved })}</span>}
      {children}
    </div>
  );
}
