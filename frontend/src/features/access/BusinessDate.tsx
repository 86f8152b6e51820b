/** The business date: where the business stands; the administrator moves it and says why. */
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Input } from "antd";
import { useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { session } from "../../api/session";
import { DateField } from "../../ui/DateField";
import { problemText } from "../../ui/problemText";
import { setBusinessDate } from "./requests";

export function BusinessDate() {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const state = useSyncExternalStore(session.subscribe, session.get);
  const info = state.kind === "in" || state.kind === "expired" ? state.info : undefined;
  const [day, setDay] = useState<string>();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const may = info?.actions.some((pattern) => pattern === "*" || pattern === "setting.*" || pattern === "setting.business_date") ?? false;
  const chosen = day ?? info?.business_date ?? "";
  const act = async (): Promise<void> => {
    setBusy(true);
    try {
      await setBusinessDate(chosen, reason);
      message.success(t("access.businessDate.moved", { day: chosen }));
      setDay(undefined);
      setReason("");
      await client.invalidateQueries();
    } catch (error) {
      message.error(problemText(t, asProblem(error)));
    }
    setBusy(false);
  };
  return (
    <section className="card" aria-label={t("access.businessDate.title")} data-testid="business-date">
      <header>
        <h2>{t("access.businessDate.title")}</h2>
        <span className="muted small">{t("access.businessDate.note")}</span>
      </header>
      <div className="inside">
        {may ? (
          <div className="business-date">
            <label>
              {t("access.businessDate.day")}
              <DateField label={t("access.businessDate.day")} value={chosen} onChange={setDay} />
            </label>
            <label className="reason">
              {t("access.businessDate.reason")}
              <Input value={reason} onChange={(event) => setReason(event.target.value)} />
            </label>
            <Button type="primary" loading={busy} disabled={chosen === "" || chosen === info?.business_date} onClick={() => void act()}>
              {t("access.businessDate.move")}
            </Button>
          </div>
        ) : (
          <p>
            <b>{info?.business_date}</b> <span className="muted">{t("access.businessDate.onlyAdmin")}</span>
          </p>
        )}
      </div>
    </section>
  );
}
