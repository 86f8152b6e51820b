/** How times, limits and refusals are said. */
import type { TFunction } from "i18next";
import type { Problem } from "../../api/problem";
import { minuteOf } from "../../lib/times";
import { problemText } from "../../ui/problemText";

const HOUR = 3_600_000;

/** `1 天 4 小时`, `20 小时`, `35 分钟`: at most two units. */
export function duration(t: TFunction, hours: number): string {
  const minutes = Math.round(hours * 60);
  if (minutes < 1) return t("process.justNow");
  if (minutes < 60) return t("process.minutes", { n: minutes });
  const whole = Math.round(hours);
  if (whole < 24) return t("process.hours", { n: whole });
  const [d, h] = [Math.floor(whole / 24), whole % 24];
  return h === 0 || d >= 10 ? t("process.days", { n: d }) : t("process.daysHours", { d, h });
}

export const hoursSince = (iso: string, now: number = Date.now()): number => Math.max(0, (now - new Date(iso).getTime()) / HOUR);

/** A day without a time is meant to its end. */
const isDay = (due: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(due);
const endOf = (due: string): number => (isDay(due) ? new Date(`${due}T23:59:59`).getTime() : new Date(due).getTime());
const monthDay = (due: string): string => {
  const at = new Date(endOf(due));
  return `${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`;
};

export interface DueTold {
  readonly tone: "error" | "warn" | "idle";
  readonly text: string;
}

const SOON_HOURS = 7 * 24;

export interface Due {
  readonly due: string | null;
  readonly overdue: boolean;
  readonly dueToday: boolean;
  readonly short: boolean; // where there is little room
  readonly today: string | undefined; // the business date, by which days count; moments go by the clock
}

/** A due date as a tag says it. */
export function dueTold(t: TFunction, { due, overdue, dueToday, short, today }: Due): DueTold {
  if (due === null) return { tone: "idle", text: t("process.dueNone") };
  const now = isDay(due) && today ? new Date(`${today}T12:00:00`).getTime() : Date.now();
  const left = (endOf(due) - now) / HOUR;
  const time = isDay(due) ? t("process.days", { n: Math.max(1, Math.floor(Math.abs(left) / 24)) }) : duration(t, Math.abs(left));
  if (overdue) return { tone: "error", text: t("process.dueOver", { time }) };
  if (dueToday) return { tone: "error", text: isDay(due) ? t("process.dueTodayDay") : t("process.dueToday", { at: minuteOf(new Date(due)) }) };
  if (left < SOON_HOURS) return { tone: "warn", text: short ? t("process.dueShort", { time }) : t("process.dueLeft", { at: monthDay(due), time }) };
  return { tone: "idle", text: t("process.dueAt", { at: monthDay(due) }) };
}

/** Why something was refused: in Chinese the server's own sentence about this very case, where it gives one. */
export function refusal(t: TFunction, problem: Problem, language: string): string {
  const body = problem.body as { detail?: unknown } | undefined;
  const detail = typeof body?.detail === "string" ? body.detail : "";
  return language === "zh" && /[\u4e00-\u9fff]/.test(detail) ? detail : problemText(t, problem);
}

export const subjectWord = (t: TFunction, kind: string): string =>
  kind === "plan_unit" || kind === "document" || kind === "transfer" ? t(`process.subject.${kind}`) : t("process.subject.other");
