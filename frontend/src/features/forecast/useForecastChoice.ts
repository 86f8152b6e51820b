/** What the page shows: a forecast, an item, the dimension of the rows and the row looked at. In the URL; else the first. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { readContext } from "../../lib/usePageContext";
import type { ModelDetail } from "../planning/requests";
import { ORG } from "../planning/useContextChoice";
import type { Forecast } from "./requests";
import { type ForecastSearch, readForecastSearch } from "./search";

export type Chosen = { readonly [K in keyof ForecastSearch]: string | undefined };

export interface ForecastChoice {
  readonly forecast: Forecast | undefined;
  readonly item: string;
  readonly dims: readonly { readonly code: string; readonly name: string }[];
  readonly along: string;
  readonly node: string | undefined;
  readonly choose: (part: Chosen) => void;
}

export function useForecastChoice(model: ModelDetail | undefined, forecasts: readonly Forecast[] | undefined): ForecastChoice {
  const search = readForecastSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const forecast = forecasts?.find((one) => one.code === search.forecast) ?? forecasts?.[0];
  const item = forecast?.items.find((one) => one === search.item) ?? forecast?.items[0] ?? "";
  const cube = model?.cubes.find((one) => one.code === item.split("!", 1)[0]);
  const dims = (model?.dimensions ?? []).filter((one) => cube?.dims.includes(one.code)).map(({ code, name }) => ({ code, name }));
  const along = dims.find((one) => one.code === search.along) ?? dims.find((one) => one.code !== ORG) ?? dims[0];
  return {
    forecast,
    item,
    dims,
    along: along?.code ?? "",
    node: search.node,
    choose: (part) => void navigate({ to: ".", search: (old: Record<string, unknown>) => ({ ...readContext(old), ...readForecastSearch({ ...old, ...part }) }), replace: true }),
  };
}
