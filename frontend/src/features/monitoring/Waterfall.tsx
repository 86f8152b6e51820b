/** 预算到实际 as a chart with a cut axis, a table twin for readers, and a sentence. */
import { useTranslation } from "react-i18next";
import type { MoneyUnit } from "../../lib/display";
import { money } from "./figures";
import type { Bar } from "./bars";

const [WIDTH, HEIGHT, FLOOR, TOP] = [468, 200, 164, 26];

/** The heights start a little below the lowest level, so that steps can be told apart; the totals show the break. */
function scaleOf(bars: readonly Bar[]): (value: number) => number {
  const levels = bars.flatMap((bar) => (bar.kind === "total" ? [bar.to] : [bar.from, bar.to]));
  const [low, high] = [Math.min(...levels), Math.max(...levels)];
  const base = low - (high - low || Math.abs(high) || 1) * 0.5;
  return (value) => FLOOR - ((value - base) / (high - base || 1)) * (FLOOR - TOP);
}

/** As much of a label as its slot holds: a Chinese character is as wide as it is high, a Latin letter about half. */
function short(label: string, slot: number): string {
  let room = slot - 4;
  let end = 0;
  for (const sign of label) {
    room -= sign.charCodeAt(0) > 0x2e80 ? 11 : 6;
    if (room < 0) break;
    end += sign.length;
  }
  return label.slice(0, end);
}

/** Whole figures, but of small sums one decimal. */
function brief(text: string, budget: string, unit: MoneyUnit): string {
  const shown = money(text.replace("-", ""), unit);
  const large = money(budget.replace("-", ""), unit).replace(/\.\d+$/, "").length > 5;
  return large ? shown.replace(/\.\d+$/, "") : shown.replace(/(\.\d)\d+$/, "$1");
}

export function Waterfall({ bars, favourable, unit }: { readonly bars: readonly Bar[]; readonly favourable: "more" | "less" | ""; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const [budget, actual] = [bars[0], bars[bars.length - 1]];
  if (!budget || !actual || bars.length < 3) return <p className="muted card-text">{t("monitoring.noDifference")}</p>;
  const y = scaleOf(bars);
  const slot = WIDTH / bars.length;
  const wide = slot * 0.6;
  const tone = (bar: Bar): string => {
    if (bar.kind === "total" || favourable === "") return "neutral";
    return bar.to > bar.from === (favourable === "more") ? "fav" : "unfav";
  };
  return (
    <>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="waterfall" role="img" aria-label={t("monitoring.waterfallText", { budget: money(budget.value, unit), actual: money(actual.value, unit) })}>
        {bars.map((bar, i) => {
          const x = i * slot + (slot - wide) / 2;
          const [high, low] = bar.kind === "total" ? [y(bar.to), FLOOR] : [Math.min(y(bar.from), y(bar.to)), Math.max(y(bar.from), y(bar.to))];
          const up = bar.to > bar.from;
          const below = bar.kind === "step" && !up;
          return (
            <g key={`${bar.label}${i}`} data-tone={tone(bar)}>
              <title>{`${bar.label} ${money(bar.value, unit)}`}</title>
              <rect x={x} y={high} width={wide} height={Math.max(1, low - high)} />
              {bar.kind === "total" && <path className="break" d={`M${x - 2} ${FLOOR - 9}l${wide / 2 + 2} -4 ${wide / 2 + 2} 4`} />}
              {i < bars.length - 1 && <path className="joint" d={`M${x + wide} ${y(bar.to)}h${slot - wide}`} />}
              <text x={x + wide / 2} y={below ? Math.min(low + 12, FLOOR - 2) : high - 5} className="value">
                {bar.kind === "step" && (up ? "▲" : "▼")}
                {brief(bar.value, budget.value, unit)}
              </text>
              <text x={x + wide / 2} y={FLOOR + 16} className="label">
                {short(bar.label, slot)}
              </text>
            </g>
          );
        })}
        <path className="joint" d={`M0 ${FLOOR + 0.5}H${WIDTH}`} />
      </svg>
      <table className="hidden-text">
        <tbody>
          {bars.map((bar, i) => (
            <tr key={`${bar.label}${i}`}>
              <th scope="row">{bar.label}</th>
              <td>{money(bar.value, unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
