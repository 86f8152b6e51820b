/** English of monitoring, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { monitoringZh } from "./words.zh";

export const monitoringEn: Words<typeof monitoringZh> = {
  name: "Monitoring",
};
