/** The page head: where the forecast stands, the year in three figures, and what runs it or takes it back. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { useNarrow } from "../../ui/useNarrow";
import { Difference } from "./Difference";
import type { Figures } from "./figures";
import { type Forecast, FORECASTS, type Outlook, startRun, undoRun } from "./requests";

interface Props {
  readonly model: string;
  readonly forecast: Forecast;
  readonly outlook: Outlook | undefined;
  readonly figures: Figures | undefined;
}

export const isGoing = (forecast: Forecast | undefined): boolean => forecast?.newest?.state === "queued" || forecast?.newest?.state === "running";

export function RunBar({ model, forecast, outlook, figures }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const narrow = useNarrow();
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: [FORECASTS, model] });
  const failed = (error: Error) => message.error(problemText(t, asProblem(error)));
  const running = useMutation({
    mutationFn: () => startRun(model, forecast.code),
    onSuccess: async (run) => {
      if (run.state === "done") message.success(t("forecast.done", { period: run.switchover ?? "", series: run.series, kept: run.kept }));
      await refresh();
    },
    onError: failed,
  });
  const undoing = useMutation({
    mutationFn: (run: number) => undoRun(run),
    onSuccess: async () => {
      message.success(t("forecast.undone"));
      await refresh();
    },
    onError: failed,
  });
  const { last, newest } = forecast;
  const top = outlook?.rows[0];
  const busy = running.isPending || undoing.isPending || isGoing(forecast);
  return (
    <>
      <div className="page-head forecast-head">
        <h1>{t("forecast.title")}</h1>
        {last ? (
          <span className="tag" data-tone={forecast.stale ? "warn" : "ok"}>
            <Icon name={forecast.stale ? "warn" : "check"} />
            {t("forecast.actualTo", { period: last.switchover ?? "" })}
          </span>
        ) : (
          <span className="tag">{t("forecast.notRun")}</span>
        )}
        <span className="facts">
          {last ? t("forecast.facts", { version: forecast.version, author: last.author, at: clockTime(last.ended_at ?? last.at), unit: figures?.unitName ?? "" }) : forecast.title}
        </span>
        <span className="spring" />
        {top && figures && (
          <dl className="key-numbers">
            <div>
              <dt>{t("forecast.year")}</dt>
              <dd data-testid="year-total">{figures.of(top.year)}</dd>
            </div>
            <div>
              <dt>{t("forecast.budget", { version: outlook.budget })}</dt>
              <dd>{figures.of(top.budget) || "—"}</dd>
            </div>
            <div>
              <dt>{t("forecast.difference")}</dt>
              <dd>
                <Difference outlook={outlook} figures={figures} value={top.difference} />
              </dd>
            </div>
          </dl>
        )}
        {last && newest?.id === last.id && forecast.may_run && !narrow && (
          <Button icon={<Icon name="undo" />} disabled={busy} loading={undoing.isPending} onClick={() => undoing.mutate(last.id)}>
            {t("forecast.undo")}
          </Button>
        )}
        {forecast.may_run && <Button type="primary" disabled={busy || forecast.next_switchover === null} loading={running.isPending} onClick={() => running.mutate()} data-testid="run">
          {t("forecast.run")}
        </Button>}
      </div>
      <Strip forecast={forecast} />
    </>
  );
}

function Strip({ forecast }: { readonly forecast: Forecast }) {
  const { t } = useTranslation();
  const { newest, last } = forecast;
  if (newest?.state === "queued") return <div className="strip" data-tone="info" role="status">{t("forecast.queued")}</div>;
  if (newest?.state === "running") return <div className="strip" data-tone="info" role="status">{t("forecast.running", { step: newest.step, done: newest.done, total: newest.total })}</div>;
  if (newest?.state === "failed") return <div className="strip" data-tone="error" role="alert">{t("forecast.failed", { why: newest.problem ?? "" })}</div>;
  if (!forecast.stale) return null;
  const next = forecast.next_switchover;
  return (
    <div className="strip" role="status">
      {next !== null && next !== last?.switchover ? t("forecast.staleTo", { period: next }) : t("forecast.stale")}
    </div>
  );
}
