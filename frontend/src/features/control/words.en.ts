/** English of control, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { controlZh } from "./words.zh";

export const controlEn: Words<typeof controlZh> = {
  name: "Control",
};
