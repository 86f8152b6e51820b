/** English of integration, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { integrationZh } from "./words.zh";

export const integrationEn: Words<typeof integrationZh> = {
  name: "Integration",
};
