/** English of process, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { processZh } from "./words.zh";

export const processEn: Words<typeof processZh> = {
  name: "Approval",
};
