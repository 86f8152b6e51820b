/** The page of 预测: run a forecast, see how the year will end beside the budget, how sure that is, and type over it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { useLiveEvents } from "../../api/events";
import { asProblem } from "../../api/problem";
import { usePageContext } from "../../lib/usePageContext";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { useNarrow } from "../../ui/useNarrow";
import type { ModelDetail } from "../planning/requests";
import { ORG, useContextChoice } from "../planning/useContextChoice";
import "../../styles/forecast.css";
import { BacktestPanel, MethodList } from "./BacktestPanel";
import { EditList } from "./EditList";
import { figuresOf } from "./figures";
import { OutlookTable } from "./OutlookTable";
import { PhoneOutlook } from "./PhoneOutlook";
import { type Forecast, FORECASTS, forecastsQuery, outlookQuery } from "./requests";
import { isGoing, RunBar } from "./RunBar";
import { useForecastChoice } from "./useForecastChoice";
import { YearChart } from "./YearChart";

const WATCH_MS = 1000;

export function ForecastPage() {
  const { t } = useTranslation();
  const context = useContextChoice();
  const { model } = context;
  const forecasts = useQuery({
    ...forecastsQuery(model?.code ?? ""),
    enabled: model !== undefined,
    refetchInterval: (query) => (query.state.data?.some(isGoing) ? WATCH_MS : false),
  });
  const error = context.error ?? forecasts.error;
  if (error) {
    const problem = asProblem(error);
    const text = problem.kind === "forbidden" ? t("state.noPermissionHere") : t("problem.load", { reason: problemText(t, problem) });
    const retry = (): void => {
      if (context.error) context.retry();
      else void forecasts.refetch();
    };
    return <Failed what={text} reference={problem.reference} retry={retry} />;
  }
  if (context.models?.length === 0) return <Empty>{t("plan.noModels")}</Empty>;
  if (!model || !forecasts.data) return <Loading />;
  if (forecasts.data.length === 0) return <Empty>{t("forecast.none")}</Empty>;
  return <Forecasts model={model} forecasts={forecasts.data} org={context.org?.code} />;
}

interface Props {
  readonly model: ModelDetail;
  readonly forecasts: readonly Forecast[];
  readonly org: string | undefined;
}

function Forecasts({ model, forecasts, org }: Props) {
  const { t } = useTranslation();
  const [context] = usePageContext();
  const narrow = useNarrow();
  const client = useQueryClient();
  const { forecast, item, dims, along, node, choose } = useForecastChoice(model, forecasts);
  const members = org !== undefined && dims.some((dim) => dim.code === ORG) ? { [ORG]: org } : {};
  const place = { model: model.code, code: forecast?.code ?? "", item, members };
  // ran decides whether there is anything to read; its id makes a new run a new question
  const ran = forecast?.last?.id;
  const found = useQuery({ ...outlookQuery(place, along), enabled: ran !== undefined && along !== "", placeholderData: (old) => old });
  const refresh = () => void client.invalidateQueries({ queryKey: [FORECASTS, model.code] });
  useLiveEvents(["forecast.done", "plan.changed"], (event) => event.model === model.code && refresh());
  if (!forecast) return <Loading />;
  const outlook = ran === undefined || found.data?.item !== item || found.data.along !== along ? undefined : found.data;
  const figures = outlook && figuresOf(t, outlook, model.currency, context.unit ?? "yuan");
  const row = outlook?.rows.find((one) => one.node === node) ?? outlook?.rows[0];
  const here = row ? { ...place, members: { ...members, [along]: row.node } } : place;
  return (
    <div className="page forecast-page">
      <RunBar model={model.code} forecast={forecast} outlook={outlook} figures={figures} />
      <div className="toolbar">
        {forecasts.length > 1 && (
          <Pick label={t("forecast.pick")} value={forecast.code} options={forecasts.map((one) => ({ value: one.code, label: one.title }))} onPick={(code) => choose({ forecast: code, item: undefined, along: undefined, node: undefined })} />
        )}
        <Pick label={t("forecast.item")} value={item} options={forecast.items.map((code, index) => ({ value: code, label: forecast.item_names[index] ?? code }))} onPick={(code) => choose({ item: code, along: undefined, node: undefined })} />
        <Pick label={t("forecast.along")} value={along} options={dims.map((dim) => ({ value: dim.code, label: dim.name }))} onPick={(code) => choose({ along: code, node: undefined })} />
        <span className="spring" />
        <span className="legend">
          <span><i style={{ background: "var(--cell-locked)" }} />{t("forecast.legendActual")}</span>
          <span><i style={{ background: "#fff" }} />{t("forecast.legendForecast")}</span>
          <span><i className="edited-sign" />{t("forecast.legendEdited")}</span>
        </span>
      </div>
      {ran === undefined ? (
        <Empty>{forecast.next_switchover === null ? t("forecast.neverRunWhy", { title: forecast.title, why: forecast.why_not }) : t("forecast.neverRun", { title: forecast.title, period: forecast.next_switchover })}</Empty>
      ) : found.error ? (
        <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} reference={asProblem(found.error).reference} retry={() => void found.refetch()} />
      ) : outlook && figures && row ? (
        <div className="forecast-body" data-stale={found.isPlaceholderData}>
          <YearChart outlook={outlook} row={row} figures={figures} />
          <aside className="forecast-side" aria-label={t("forecast.tested")}>
            <BacktestPanel place={here} />
            <div className="forecast-notes">
              <EditList outlook={outlook} place={here} row={row} figures={figures} onRestored={refresh} />
              <MethodList row={row} />
            </div>
          </aside>
          {narrow ? (
            <PhoneOutlook outlook={outlook} figures={figures} selected={row.node} onSelect={(code) => choose({ node: code })} />
          ) : (
            <OutlookTable outlook={outlook} figures={figures} selected={row.node} onSelect={(code) => choose({ node: code })} onSaved={refresh} />
          )}
        </div>
      ) : outlook ? (
        <Empty>{t("state.nothingHere", { defaultValue: t("forecast.noEdits") })}</Empty>
      ) : (
        <Loading />
      )}
    </div>
  );
}

interface PickProps {
  readonly label: string;
  readonly value: string;
  readonly options: { value: string; label: string }[];
  readonly onPick: (value: string) => void;
}

function Pick({ label, value, options, onPick }: PickProps) {
  return (
    <span className="pick">
      <small>{label}</small>
      <Select size="small" variant="borderless" aria-label={label} popupMatchSelectWidth={false} value={value} options={options} onChange={onPick} />
    </span>
  );
}
