/** The year by period: the year before, the submission before, this one. Bars start at zero; the table twin is for ears. */
import { useTranslation } from "react-i18next";
import { amount, compare, subtract } from "../../lib/amount";
import { type MoneyUnit, show } from "../../lib/display";
import { useNarrow } from "../../ui/useNarrow";
import type { Changes, Figure } from "./review";
import { measureOf, orZero, periodWord, senseOf, size } from "./sense";

interface Props {
  readonly figure: Figure;
  readonly changes: Changes;
  readonly unit: MoneyUnit;
}

type Series = "last_year" | "before" | "after";
type Period = Figure["periods"][number];

export function MonthBars({ figure, changes, unit }: Props) {
  const { t, i18n } = useTranslation();
  const narrow = useNarrow();
  if (narrow || figure.periods.length < 2) return null;
  const series: readonly Series[] = [...(changes.last_year !== null && figure.last_year !== null ? (["last_year"] as const) : []), ...(changes.before !== null ? (["before"] as const) : []), "after"];
  const word = (one: Series): string =>
    one === "after" ? t("process.review.after") : one === "before" ? t("process.review.before") : t(`process.review.${changes.last_year_kind}`, { year: changes.last_year ?? "" });
  const top = Math.max(...figure.periods.flatMap((period) => series.map((one) => Math.abs(Number(period[one] ?? 0)))), 1);
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
      <div className="months" aria-hidden="true">
        {figure.periods.map((period) => (
          <div key={period.period}>
            <Moved period={period} figure={figure} known={changes.before !== null} unit={unit} />
            <span className="bars-of">
              {series.map((one) => (
                <i key={one} data-series={one} style={{ height: `${(Math.abs(Number(period[one] ?? 0)) / top) * 100}%` }} />
              ))}
            </span>
            <small>{periodWord(period.period, i18n.language)}</small>
          </div>
        ))}
      </div>
      <table className="hidden-text">
        <thead>
          <tr>
            <th scope="col">{t("process.review.month")}</th>
            {series.map((one) => (
              <th key={one} scope="col">
                {word(one)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {figure.periods.map((period) => (
            <tr key={period.period}>
              <th scope="row">{periodWord(period.period, i18n.language)}</th>
              {series.map((one) => (
                <td key={one}>{period[one] === null ? "" : show(amount(period[one]), measure, unit)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** How much a period moved since the submission before; nothing where it did not. */
function Moved({ period, figure, known, unit }: { readonly period: Period; readonly figure: Figure; readonly known: boolean; readonly unit: MoneyUnit }) {
  const change = subtract(orZero(period.after), orZero(period.before));
  if (!known || compare(change, amount("0")) === 0) return <em />;
  const sense = senseOf(change, figure.item.favourable);
  return (
    <em data-tone={sense.tone}>
      {sense.arrow}
      {show(size(change), measureOf(figure.item), unit)}
    </em>
  );
}
