/** English of analysis, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { analysisZh } from "./words.zh";

export const analysisEn: Words<typeof analysisZh> = {
  name: "Analysis",
};
