/** Moments as people read them: month, day and minute in the reader's own time zone. */
export function clockTime(iso: string, language: string): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  const form = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false });
  return form.format(moment).replace("/", "-").replace(",", "");
}

export function minuteOf(moment: Date): string {
  return `${String(moment.getHours()).padStart(2, "0")}:${String(moment.getMinutes()).padStart(2, "0")}`;
}
