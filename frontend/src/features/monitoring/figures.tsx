/** Figures of the board: amounts in the page's unit, rates, how far ahead of time; and the stacked bar. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Amount, amount, compare, isNegative } from "../../lib/amount";
import { type Measure, type MoneyUnit, show, showChange } from "../../lib/display";
import type { BoardRow } from "./requests";

export const MONEY: Measure = { kind: "money", places: 0 };
export const RATE: Measure = { kind: "percent", places: 1 };

export const asAmount = (text: string | null): Amount | null => (text === null ? null : amount(text));

/** Blank stays blank. */
export function money(text: string | null, unit: MoneyUnit, places = 0): string {
  return text === null ? "" : show(amount(text), { kind: "money", places }, unit);
}

export function rate(text: string | null): string {
  return text === null ? "—" : show(amount(text), RATE, "yuan");
}

/** How much more or less, with its sign. */
export const rateChange = (text: string): string => showChange(amount(text), RATE, "yuan");

/** A share as percentage points without a sign: 0.13 = 13.0. */
export function points(text: string): string {
  return show(amount(text.replace("-", "")), RATE, "yuan").replace("%", "");
}

const NEAR = amount("0.02"); // within two points of the time passed nobody need look

/** 快 / 慢 / 持平: colour, arrow and word; only faster than time is unfavourable for what one spends. */
export function Ahead({ row, favourable }: { readonly row: BoardRow; readonly favourable: "more" | "less" | "" }) {
  const { t } = useTranslation();
  if (row.ahead === null) return <span className="muted">—</span>;
  const ahead = amount(row.ahead);
  const size = amount(row.ahead.replace("-", ""));
  if (compare(size, NEAR) <= 0) return <span className="muted">{t("monitoring.even")}</span>;
  const slow = isNegative(ahead);
  const bad = favourable === "more" ? slow : !slow;
  const tone = bad ? "unfav" : favourable === "more" && !slow ? "fav" : "muted";
  return (
    <span className={tone}>
      {slow ? "▽ " : "▲ "}
      {t(slow ? "monitoring.slow" : "monitoring.fast", { points: points(row.ahead) })}
    </span>
  );
}

/** A difference against the budget by the item's sense: ▲ 多花 / ▼ 少花. */
export function Difference({ text, favourable, unit }: { readonly text: string; readonly favourable: "more" | "less" | ""; readonly unit: MoneyUnit }): ReactNode {
  const more = !text.startsWith("-");
  const good = favourable === "" ? null : more === (favourable === "more");
  return (
    <span className={good === null ? "" : good ? "fav" : "unfav"}>
      {more ? "▲" : "▼"} {money(text.replace("-", ""), unit)}
    </span>
  );
}

export interface Share {
  readonly spent: number;
  readonly committed: number;
  readonly reserved: number;
  readonly over: number;
}

const num = (text: string | null): number => (text === null ? 0 : Number(text));

/** The parts of a bar in percent of its width; a place beyond its budget ends the budget at 100/110 and hatches the rest. */
export function sharesOf(row: BoardRow): Share | null {
  const budget = num(row.budget);
  if (budget <= 0) return null;
  const part = (text: string | null): number => Math.max(0, (num(text) / budget) * 100);
  const [spent, committed, reserved] = [part(row.executed), part(row.committed), part(row.reserved)];
  return { spent, committed, reserved, over: Math.max(0, spent + committed + reserved - 100) };
}

/** How much of a bar's width the budget takes; in a column of bars it is the same for all of them. */
export const roomOf = (shares: Share, wide: boolean): number => (wide && shares.over === 0 ? 100 : 100 / 1.1);

/** Spent, committed, reserved of the budget; the tick is how much of the time has passed. */
export function StackedBar({ row, progress, wide = false }: { readonly row: BoardRow; readonly progress: string; readonly wide?: boolean }) {
  const { t } = useTranslation();
  const shares = sharesOf(row);
  if (!shares) return <span className="muted small">{t("monitoring.noBudget")}</span>;
  const room = roomOf(shares, wide); // a part is kept for what goes beyond
  const scale = (value: number): number => Math.min(100, (value * room) / 100);
  const parts: [string, number][] = [
    ["spent", shares.spent],
    ["committed", shares.committed],
    ["reserved", shares.reserved],
  ];
  const placed = parts.map(([kind, value], i) => {
    const from = scale(parts.slice(0, i).reduce((sum, [, before]) => sum + before, 0));
    return { kind, from, width: Math.max(0, Math.min(from + scale(value), room) - from) };
  });
  return (
    <span className="stacked" data-wide={wide} role="img" aria-label={t("monitoring.barText", { spent: rate(row.execution_rate), time: rate(progress) })}>
      <i className="free" style={{ width: `${room}%` }} />
      {placed.map(({ kind, from, width }) => (
        <i key={kind} className={kind} style={{ left: `${from}%`, width: `${width}%` }} />
      ))}
      {shares.over > 0 && <i className="over" style={{ left: `${room}%`, width: `${Math.min(100 - room, scale(shares.over))}%` }} />}
      {num(progress) < 1 && <u style={{ left: `${scale(num(progress) * 100)}%` }} />}
    </span>
  );
}
