/** English of analysis, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { analysisZh } from "./words.zh";

export const analysisEn: Words<typeof analysisZh> = {
  name: "Analysis",
  title: "Variance",
  rate: "Rate",
  hint: "Difference = spent − budget. Click a row for its vouchers and documents.",
  largest: "Largest differences",
  leavesOnly: "departments × items",
  place: "Place",
};
