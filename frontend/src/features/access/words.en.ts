/** English of access, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { accessZh } from "./words.zh";

export const accessEn: Words<typeof accessZh> = {
  name: "Access",
};
