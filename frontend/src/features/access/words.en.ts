/** English of access, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { accessZh } from "./words.zh";

export const accessEn: Words<typeof accessZh> = {
  name: "Access",
  businessDate: {
    title: "Business date",
    note: "due dates, periods and progress go by it, not by the clock",
    day: "Date",
    reason: "Reason",
    move: "Move",
    moved: "The business date is now {{day}}.",
    onlyAdmin: "Only a budget administrator can move it.",
  },
};
