/** English of collaboration, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { collaborationZh } from "./words.zh";

export const collaborationEn: Words<typeof collaborationZh> = {
  name: "Collaboration",
};
