/** English of modelling, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { modellingZh } from "./words.zh";

export const modellingEn: Words<typeof modellingZh> = {
  name: "Models",
};
