/** The alerts that hold, gravest first, in one line; each leads to its case or its place. */
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import type { AlertRow } from "./requests";

interface Props {
  readonly alerts: readonly AlertRow[];
  readonly onCase: (id: number) => void;
  readonly onPlace: (alert: AlertRow) => void;
}

export function AlertStrip({ alerts, onCase, onPlace }: Props) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const shown = all ? alerts : alerts.slice(0, 3);
  return (
    <div className="alert-strip" data-all={all} data-testid="alerts">
      <Icon name="warn" />
      <b>{t("monitoring.alerts", { count: alerts.length })}</b>
      <ul>
        {shown.map((alert) => (
          <li key={alert.id} data-severity={alert.severity}>
            <button type="button" className="plain" onClick={() => (alert.case_id === null ? onPlace(alert) : onCase(alert.case_id))} title={alert.title}>
              {alert.title}
            </button>
          </li>
        ))}
      </ul>
      {alerts.length > 3 && (
        <Button type="link" size="small" onClick={() => setAll(!all)}>
          {t(all ? "monitoring.fewer" : "monitoring.allAlerts", { count: alerts.length })}
        </Button>
      )}
    </div>
  );
}
