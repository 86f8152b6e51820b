/** One row's year: actual months as full bars, forecast ones light, the budget as a tick, last year as a line; or the figures. */
import type { TFunction } from "i18next";
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { amount } from "../../lib/amount";
import { absolute, type Figures, rateText, senseOf } from "./figures";
import type { Month, Outlook, Row } from "./requests";

const HEIGHT = 208;
const EDGE = { top: 14, right: 8, bottom: 22 };
const DIGIT = 6.6; // width of a figure at 11 px

interface Props {
  readonly outlook: Outlook;
  readonly row: Row;
  readonly figures: Figures;
}

export function YearChart({ outlook, row, figures }: Props) {
  const { t } = useTranslation();
  const [asTable, setAsTable] = useState(false);
  return (
    <section className="card forecast-chart" aria-label={t("forecast.chartTitle", { name: row.name, year: outlook.year })}>
      <header>
        <h2>{t("forecast.chartTitle", { name: row.name, year: outlook.year })}</h2>
        <span className="spring" />
        <span className="legend" aria-hidden="true">
          <span><i className="sign actual" />{t("forecast.legendActual")}</span>
          <span><i className="sign ahead" />{t("forecast.legendForecast")}</span>
          <span><i className="sign budget" />{t("forecast.legendBudget")}</span>
          <span><i className="sign old" />{t("forecast.legendLastYear")}</span>
        </span>
        <Button size="small" onClick={() => setAsTable((on) => !on)} aria-pressed={asTable}>
          {t(asTable ? "forecast.asChart" : "forecast.asTable")}
        </Button>
      </header>
      <p className="sentence" data-testid="sentence">
        {sentence(t, outlook, row, figures)}
      </p>
      {asTable ? <Twin outlook={outlook} row={row} figures={figures} /> : <Bars outlook={outlook} row={row} figures={figures} />}
    </section>
  );
}

type Translate = TFunction;

/** The chart in words. */
function sentence(t: Translate, outlook: Outlook, row: Row, figures: Figures): string {
  const zero = (value: string | null): string => figures.of(value ?? "0");
  const said = [t("forecast.sentence", { last: outlook.switchover, done: zero(row.to_date), rest: zero(row.rest), total: zero(row.year), unit: figures.unitName })];
  if (row.budget !== null && row.difference !== null) {
    const { word } = senseOf(outlook, row.difference);
    said.push(
      t("forecast.sentenceBudget", {
        budget: figures.of(row.budget),
        word: t(`forecast.${word}`),
        difference: figures.of(absolute(amount(row.difference))),
        rate: rateText(row.rate),
      }),
    );
  }
  if (row.band !== null) said.push(t("forecast.sentenceBand", { level: Math.round(outlook.band_level * 100), band: figures.of(row.band) }));
  return said.join(t("forecast.between"));
}

const plain = (value: string | null): number | null => (value === null ? null : Number(value));

/** The least round number not below. */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10) * power;
}

function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const box = ref.current;
    if (!box) return undefined;
    const watch = new ResizeObserver(() => setWidth(Math.floor(box.clientWidth)));
    watch.observe(box);
    return () => watch.disconnect();
  }, []);
  return [ref, width];
}

function Bars({ outlook, row, figures }: Props) {
  const { t } = useTranslation();
  const [ref, width] = useWidth();
  const figuresOf = (month: Month): number[] => [month.value, month.budget, month.last_year].map(plain).filter((value) => value !== null);
  const all = row.months.flatMap(figuresOf);
  const top = roundUp(Math.max(0, ...all));
  const low = Math.min(0, ...all) < 0 ? -roundUp(-Math.min(...all)) : 0;
  const left = 10 + DIGIT * Math.max(...[low, (low + top) / 2, top].map((value) => figures.of(String(value)).length));
  const inner = { width: Math.max(0, width - left - EDGE.right), height: HEIGHT - EDGE.top - EDGE.bottom };
  const step = inner.width / row.months.length;
  const y = (value: number): number => EDGE.top + ((top - value) / (top - low)) * inner.height;
  const bar = Math.min(28, step * 0.56);
  const centre = (index: number): number => left + step * (index + 0.5);
  const old = row.months.map((month, index) => ({ at: centre(index), value: plain(month.last_year) })).filter((point) => point.value !== null);
  return (
    <div ref={ref} className="bars-host">
      {width > 0 && (
        <svg width={width} height={HEIGHT} role="img" aria-label={sentence(t, outlook, row, figures)}>
          {[low, (low + top) / 2, top].map((value) => (
            <g key={value}>
              <line x1={left} x2={width - EDGE.right} y1={y(value)} y2={y(value)} className={value === 0 ? "axis" : "guide"} />
              <text x={left - 6} y={y(value) + 4} textAnchor="end">
                {figures.of(String(value))}
              </text>
            </g>
          ))}
          {row.months.map((month, index) => {
            const period = outlook.periods[index];
            const value = plain(month.value);
            const planned = plain(month.budget);
            const x = centre(index);
            return (
              <g key={period?.code ?? index}>
                <title>{`${period?.code ?? ""}  ${t(period?.actual ? "forecast.legendActual" : "forecast.legendForecast")} ${figures.of(month.value)}  ${t("forecast.legendBudget")} ${figures.of(month.budget)}  ${t("forecast.legendLastYear")} ${figures.of(month.last_year)}`}</title>
                {value !== null && (
                  <rect x={x - bar / 2} width={bar} y={Math.min(y(value), y(0))} height={Math.max(1, Math.abs(y(value) - y(0)))} className={period?.actual ? "actual" : month.edit ? "ahead edited" : "ahead"} />
                )}
                {planned !== null && <line x1={x - bar / 2 - 4} x2={x + bar / 2 + 4} y1={y(planned)} y2={y(planned)} className="budget" />}
                <text x={x} y={HEIGHT - 6} textAnchor="middle">
                  {t("forecast.month", { n: index + 1 })}
                </text>
              </g>
            );
          })}
          <polyline className="old" points={old.map((point) => `${point.at},${y(point.value ?? 0)}`).join(" ")} />
          {old.map((point) => (
            <circle key={point.at} cx={point.at} cy={y(point.value ?? 0)} r={2} className="old-dot" />
          ))}
        </svg>
      )}
    </div>
  );
}

function Twin({ outlook, row, figures }: Props) {
  const { t } = useTranslation();
  return (
    <div className="twin" style={{ minHeight: HEIGHT }}>
      <table className="plain-table">
        <caption className="hidden-text">{t("forecast.tableCaption", { name: row.name })}</caption>
        <thead>
          <tr>
            <th />
            {outlook.periods.map((period, index) => (
              <th key={period.code} className="number" scope="col" data-ahead={!period.actual}>
                {t("forecast.month", { n: index + 1 })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(["value", "baseline", "budget", "last_year"] as const).map((what) => (
            <tr key={what}>
              <th scope="row">{t(what === "value" ? "forecast.value" : what === "baseline" ? "forecast.baseline" : what === "budget" ? "forecast.budgetShort" : "forecast.lastYear")}</th>
              {row.months.map((month, index) => (
                <td key={outlook.periods[index]?.code ?? index} className="number">
                  {figures.of(month[what])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
