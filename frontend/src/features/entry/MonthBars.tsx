/** The year by period: the year before, the submission before, this one. Bars start at zero; the table twin is for ears. */
import { useTranslation } from "react-i18next";
import { amount, compare, subtract } from "../../lib/amount";
import { type MoneyUnit, show } from "../../lib/display";
import { useNarrow } from "../../ui/useNarrow";
import type { Changes, Figure } from "./review";
import { measureOf, orZero, senseOf, size } from "./sense";

const WIDTH = 960;
const BASE = 66;
const HIGH = 56;

interface Props {
  readonly figure: Figure;
  readonly changes: Changes;
  readonly unit: MoneyUnit;
}

type Series = "last_year" | "before" | "after";

export function MonthBars({ figure, changes, unit }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  if (narrow || figure.periods.length < 2) return null;
  const series: readonly Series[] = [...(changes.last_year !== null && figure.last_year !== null ? (["last_year"] as const) : []), ...(changes.before !== null ? (["before"] as const) : []), "after"];
  const word = (one: Series): string =>
    one === "after" ? t("process.review.after") : one === "before" ? t("process.review.before") : t(`process.review.${changes.last_year_kind}`, { year: changes.last_year ?? "" });
  const top = Math.max(...figure.periods.flatMap((period) => series.map((one) => Math.abs(Number(period[one] ?? 0)))), 1);
  const step = WIDTH / figure.periods.length;
  const bar = Math.min(13, (step - 12) / series.length);
  const measure = measureOf(figure.item);
  return (
    <section className="card" aria-label={t("process.review.months")}>
      <header className="low">
        <h2>{t("process.review.months")}</h2>
        <span className="spring" />
        {series.map((one) => (
          <span key={one} className="muted small">
            <i className="dot" data-series={one} /> {word(one)}
          </span>
        ))}
      </header>
      <svg className="months" viewBox={`0 -14 ${WIDTH} 96`} role="img" aria-label={t("process.review.months")} preserveAspectRatio="none">
        {figure.periods.map((period, i) => {
          const middle = step * (i + 0.5);
          const left = middle - ((bar + 2) * series.length) / 2;
          const change = subtract(orZero(period.after), orZero(period.before));
          const moved = changes.before !== null && compare(change, amount("0")) !== 0;
          const sense = senseOf(change, figure.item.favourable);
          return (
            <g key={period.period}>
              {series.map((one, k) => {
                const height = (Math.abs(Number(period[one] ?? 0)) / top) * HIGH;
                return <rect key={one} data-series={one} x={left + k * (bar + 2)} y={BASE - height} width={bar} height={height} />;
              })}
              <text x={middle} y={BASE + 14} textAnchor="middle">
                {/^\d{4}-\d{2}$/.test(period.period) ? t("process.review.monthOf", { n: Number(period.period.slice(5)) }) : period.period}
              </text>
              {moved && (
                <text x={middle} y={BASE - HIGH - 6} textAnchor="middle" data-tone={sense.tone}>
                  {sense.arrow}
                  {show(size(change), measure, unit)}
                </text>
              )}
            </g>
          );
        })}
        <path d={`M0 ${BASE + 0.5}H${WIDTH}`} />
      </svg>
      <table className="hidden-text">
        <tbody>
          {figure.periods.map((period) => (
            <tr key={period.period}>
              <th scope="row">{period.period}</th>
              {series.map((one) => (
                <td key={one}>{period[one] === null ? "" : show(amount(period[one] ?? "0"), measure, unit)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
