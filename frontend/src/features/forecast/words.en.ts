/** English of forecast, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { forecastZh } from "./words.zh";

export const forecastEn: Words<typeof forecastZh> = {
  name: "Forecast",
};
