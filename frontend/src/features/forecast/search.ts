/** The page's own part of the URL: forecast, item, dimension of the rows, row looked at. */
export interface ForecastSearch {
  readonly forecast?: string;
  readonly item?: string;
  readonly along?: string;
  readonly node?: string;
}

const KEYS = ["forecast", "item", "along", "node"] as const;

export function readForecastSearch(search: Record<string, unknown>): ForecastSearch {
  return Object.fromEntries(KEYS.flatMap((key) => (typeof search[key] === "string" && search[key] ? [[key, search[key]]] : [])));
}
