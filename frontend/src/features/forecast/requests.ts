/** Every request of forecasts: its key and its call. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type Forecast = Schemas["ForecastOut"];
export type Run = Schemas["ForecastRunOut"];
export type Outlook = Schemas["OutlookOut"];
export type Row = Outlook["rows"][number];
export type Month = Row["months"][number];
export type Backtest = Schemas["BacktestOut"];
export type Scores = Backtest["chosen"];

/** What is looked at: an item of a forecast at a node of every dimension, its rows along one of them. */
export interface Place {
  readonly model: string;
  readonly code: string;
  readonly item: string;
  readonly members: Readonly<Record<string, string>>;
}

export const FORECASTS = "forecasts";

export const forecastsQuery = (model: string) =>
  queryOptions({ queryKey: [FORECASTS, model], queryFn: () => answer(api.GET("/api/v1/forecasts", { params: { query: { model } } })) });

export const outlookQuery = (place: Place, along: string) =>
  queryOptions({
    queryKey: [FORECASTS, place.model, "outlook", place, along],
    queryFn: () => {
      const { code, ...body } = place;
      return answer(api.POST("/api/v1/forecasts/{code}/outlook", { params: { path: { code } }, body: { ...body, members: { ...body.members }, along } }));
    },
  });

export const backtestQuery = (place: Place) =>
  queryOptions({
    queryKey: [FORECASTS, place.model, "backtest", place],
    queryFn: () => {
      const { code, ...body } = place;
      return answer(api.POST("/api/v1/forecasts/{code}/backtest", { params: { path: { code } }, body: { ...body, members: { ...body.members } } }));
    },
  });

export const startRun = (model: string, code: string): Promise<Run> =>
  answer(api.POST("/api/v1/forecasts/{code}/runs", { params: { path: { code } }, body: { model } }));

export const undoRun = (run: number): Promise<Run> =>
  answer(api.POST("/api/v1/forecasts/runs/{run_id}/undo", { params: { path: { run_id: run } }, body: { reason: "" } }));

export const restoreBaseline = (place: Place, periods: string[]) => {
  const { code, ...body } = place;
  return answer(api.POST("/api/v1/forecasts/{code}/baseline", { params: { path: { code } }, body: { ...body, members: { ...body.members }, periods } }));
};
