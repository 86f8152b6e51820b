/** The differences: as a table that draws the rows in sight, on a phone as a list. */
import { useTranslation } from "react-i18next";
import { type Measure, type MoneyUnit, show, showChange } from "../../../lib/display";
import { amount, tryAmount } from "../../../lib/amount";
import type { ModelDetail, Version } from "../requests";
import { itemMeasure } from "../slice";
import type { Compared } from "./requests";
import { useWindow } from "./useWindow";

const ROW = 30;
const MOST_ON_A_PHONE = 100;
const SHARE: Measure = { kind: "percent", places: 1 };

interface Props {
  readonly rows: readonly Compared[];
  readonly versions: readonly Version[];
  readonly model: ModelDetail;
  readonly cube: string;
  readonly unit: MoneyUnit;
  readonly picked: Compared | undefined;
  readonly onPick: (row: Compared) => void;
}

function useFigures({ model, cube, unit }: Pick<Props, "model" | "cube" | "unit">) {
  const { t } = useTranslation();
  const measure = (row: Compared, text: string | null): Measure => itemMeasure(model, cube, row.item, text === null ? null : tryAmount(text)).measure;
  return {
    value: (row: Compared, text: string | null): string => (text === null ? t("cell.blank") : show(amount(text), measure(row, text), unit)),
    delta: (row: Compared, text: string): string => showChange(amount(text), measure(row, text), unit),
    percent: (text: string | null | undefined): string => (text === null || text === undefined ? t("branches.compared.noBase") : showChange(amount(text), SHARE, unit)),
    label: (row: Compared): string => {
      const item = model.cubes.find((one) => one.code === cube)?.items.find((one) => one.code === row.item);
      const name = item?.name ?? row.item;
      return name === row.name ? name : `${row.name} · ${name}`;
    },
  };
}

export function CompareTable(props: Props) {
  const { rows, versions, picked, onPick } = props;
  const { t } = useTranslation();
  const figures = useFigures(props);
  const { shown, host, onScroll } = useWindow(rows.length, ROW);
  return (
    <div className="table-host" ref={host} onScroll={onScroll} tabIndex={0} role="region" aria-label={t("branches.compared.host")}>
      <table className="plain-table compare-table" data-testid="compared" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th>{t("branches.compared.cell")}</th>
            <th>{t("branches.compared.period")}</th>
            {versions.map((version, i) => [
              <th key={version.id} className="number">
                {version.name}
                {i === 0 && ` (${t("branches.compared.baseTag")})`}
              </th>,
              ...(i === 0 ? [] : [<th key="d" className="number">{t("branches.compared.delta")}</th>, <th key="p" className="number">{t("branches.compared.percent")}</th>]),
            ])}
          </tr>
        </thead>
        <tbody>
          <tr style={{ height: shown.above }} aria-hidden="true" />
          {rows.slice(shown.from, shown.to).map((row, i) => (
            <tr key={`${row.key} ${row.period}`} aria-rowindex={shown.from + i + 2} data-picked={picked === row} style={{ height: ROW }}>
              <td>
                <button type="button" className="plain link" onClick={() => onPick(row)}>
                  {figures.label(row)}
                </button>
              </td>
              <td>{row.period}</td>
              {versions.map((version, at) => [
                <td key={version.id} className={typeof row.values[at] === "string" ? "number" : "number muted"}>
                  {figures.value(row, row.values[at] ?? null)}
                </td>,
                ...(at === 0
                  ? []
                  : [
                      <td key="d" className="number">
                        {figures.delta(row, row.delta[at - 1] ?? "0")}
                      </td>,
                      <td key="p" className="number muted">
                        {figures.percent(row.percent[at - 1])}
                      </td>,
                    ]),
              ])}
            </tr>
          ))}
          <tr style={{ height: shown.below }} aria-hidden="true" />
        </tbody>
      </table>
    </div>
  );
}

export function CompareList(props: Props) {
  const { rows, versions, picked, onPick } = props;
  const figures = useFigures(props);
  return (
    <ul className="compare-list" data-testid="compared">
      {rows.slice(0, MOST_ON_A_PHONE).map((row) => (
        <li key={`${row.key} ${row.period}`}>
          <button type="button" className="plain" aria-pressed={picked === row} onClick={() => onPick(row)}>
            <b>{figures.label(row)}</b> <span className="muted small">{row.period}</span>
            {versions.map((version, at) => (
              <span key={version.id} className="compare-line">
                <span className="muted">{version.name}</span>
                <span>{figures.value(row, row.values[at] ?? null)}</span>
                <span>{at === 0 ? "" : `${figures.delta(row, row.delta[at - 1] ?? "0")} · ${figures.percent(row.percent[at - 1])}`}</span>
              </span>
            ))}
          </button>
        </li>
      ))}
    </ul>
  );
}
