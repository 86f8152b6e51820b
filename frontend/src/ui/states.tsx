/** The four states of every block: loading, empty, failed, not allowed. */
import { Button } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "./icons";

/** Nothing for 300 ms, then grey bars that keep the final layout's size. */
export function Loading({ rows = 12 }: { readonly rows?: number }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label={t("state.loading")} data-testid="loading" className="bars">
      {shown && Array.from({ length: rows }, (_, i) => <i key={i} style={{ width: i === 0 ? "100%" : `${94 - ((i * 17) % 30)}%` }} />)}
    </div>
  );
}

export function Empty({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className="notice" data-testid="empty">
      <span>{children}</span>
      {action}
    </div>
  );
}

interface FailedProps {
  readonly what: string;
  readonly reference?: string | undefined;
  readonly retry?: (() => void) | undefined;
}

export function Failed({ what, reference, retry }: FailedProps) {
  const { t } = useTranslation();
  return (
    <div className="notice" data-tone="error" role="alert" data-testid="failed">
      <Icon name="warn" />
      <span>{what}</span>
      {reference && <span className="muted small">{t("state.reference", { id: reference })}</span>}
      {retry && <Button onClick={retry}>{t("state.retry")}</Button>}
    </div>
  );
}
