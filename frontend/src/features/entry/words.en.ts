/** English of entry, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { entryZh } from "./words.zh";

export const entryEn: Words<typeof entryZh> = {
  name: "Plan units",
};
