/** Items × months: actual to the switchover, forecast after it, the year beside budget and difference; forecast leaves can be typed over. */
import { Tooltip } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import { CellEditor } from "./CellEditor";
import { Difference } from "./Difference";
import { type Figures, rateText } from "./figures";
import type { Month, Outlook, Row } from "./requests";
import { useTree } from "./useTree";

interface Props {
  readonly outlook: Outlook;
  readonly figures: Figures;
  readonly selected: string;
  readonly onSelect: (node: string) => void;
  readonly onSaved: () => void;
}

export function OutlookTable({ outlook, figures, selected, onSelect, onSaved }: Props) {
  const { t } = useTranslation();
  const tree = useTree(outlook.rows);
  const [editing, setEditing] = useState<string | null>(null);
  return (
    <div className="outlook-scroll">
      <table className="plain-table outlook-table" data-testid="outlook">
        <caption className="hidden-text">{t("forecast.tree")}</caption>
        <thead>
          <tr>
            <th scope="col" className="name-cell">
              {outlook.dims.find((dim) => dim.code === outlook.along)?.name}
            </th>
            {outlook.periods.map((period, index) => (
              <th key={period.code} scope="col" className="number" data-ahead={!period.actual} title={period.code}>
                {t("forecast.month", { n: index + 1 })}
                <small>{t(period.actual ? "forecast.legendActual" : "forecast.legendForecast")}</small>
              </th>
            ))}
            <th scope="col" className="number year">{t("forecast.year")}</th>
            <th scope="col" className="number">{t("forecast.budget", { version: outlook.budget })}</th>
            <th scope="col" className="number">{t("forecast.difference")}</th>
            <th scope="col" className="number">{t("forecast.rate")}</th>
          </tr>
        </thead>
        <tbody>
          {tree.visible.map((row) => (
            <tr key={row.node} data-level={row.level} data-selected={row.node === selected} data-testid={`row-${row.node}`}>
              <th scope="row" className="name-cell">
                <span style={{ paddingLeft: row.level * 14 }}>
                  {tree.hasChildren(row) ? (
                    <button type="button" className="plain twist" aria-expanded={tree.isOpen(row)} aria-label={t(tree.isOpen(row) ? "forecast.close" : "forecast.open")} onClick={() => tree.toggle(row)}>
                      <Icon name={tree.isOpen(row) ? "down" : "right"} size={12} />
                    </button>
                  ) : (
                    <i className="twist" />
                  )}
                  <button type="button" className="plain row-name" onClick={() => onSelect(row.node)} aria-pressed={row.node === selected}>
                    {row.name}
                    {row.partial && "*"}
                  </button>
                </span>
              </th>
              {row.months.map((month, index) => {
                const period = outlook.periods[index];
                if (!period) return null;
                const key = `${row.node} ${period.code}`;
                return (
                  <td key={period.code} className="number" data-actual={period.actual} data-edited={month.edit !== null}>
                    {editing === key ? (
                      <CellEditor outlook={outlook} row={row} month={month} period={period.code} figures={figures} onClose={() => setEditing(null)} onSaved={onSaved} />
                    ) : (
                      <MonthCell row={row} month={month} period={period} figures={figures} onEdit={() => setEditing(key)} />
                    )}
                  </td>
                );
              })}
              <td className="number year">{figures.of(row.year)}</td>
              <td className="number">{figures.of(row.budget)}</td>
              <td className="number">
                <Difference outlook={outlook} figures={figures} value={row.difference} />
              </td>
              <td className="number">{rateText(row.rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {outlook.rows.some((row) => row.partial) && <p className="muted small table-note">* {t("forecast.part")}</p>}
    </div>
  );
}

interface CellProps {
  readonly row: Row;
  readonly month: Month;
  readonly period: Outlook["periods"][number];
  readonly figures: Figures;
  readonly onEdit: () => void;
}

function MonthCell({ row, month, period, figures, onEdit }: CellProps) {
  const { t } = useTranslation();
  const value = figures.of(month.value);
  const shown =
    !period.actual && row.editable ? (
      <button type="button" className="plain type-over" onClick={onEdit} aria-label={t("forecast.editCell", { name: row.name, period: period.code, value })}>
        {value || "\u00a0"}
      </button>
    ) : (
      <span>{value}</span>
    );
  if (month.edit === null) return shown;
  const said =
    month.edit.count === 1
      ? t("forecast.edited", { author: month.edit.author ?? "", baseline: figures.of(month.baseline) })
      : t("forecast.editedMany", { count: month.edit.count, baseline: figures.of(month.baseline) });
  return <Tooltip title={said}>{shown}</Tooltip>;
}
