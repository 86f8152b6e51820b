/** Under the grid: what is selected, and its count, average, maximum and sum. */
import { useTranslation } from "react-i18next";
import type { Amount } from "../lib/amount";
import { type MoneyUnit, show } from "../lib/display";
import type { CellRef, CellView } from "./model/cell";
import { statistics } from "./model/selection";
import type { Sheet } from "./model/sheet";

interface Props {
  readonly sheet: Sheet;
  readonly unit: MoneyUnit;
  readonly refs: readonly CellRef[];
  readonly cells: readonly CellView[];
}

export function StatusBar({ sheet, unit, refs, cells }: Props) {
  const { t } = useTranslation();
  return (
    <div className="status-bar" data-testid="status-bar">
      <span>
        {t("grid.selected")} <b>{rowName(sheet, refs)}</b> {columnName(sheet, refs)}
      </span>
      <span className="spring" />
      <Figures sheet={sheet} unit={unit} refs={refs} cells={cells} />
    </div>
  );
}

function Figures({ sheet, unit, refs, cells }: Props) {
  const { t } = useTranslation();
  const found = statistics(cells);
  if (!found || cells.length < 2) return null;
  const rows = refs.flatMap((ref) => sheet.row(ref.row) ?? []);
  const [first] = rows;
  if (!first || rows.some((row) => row.unit !== first.unit)) return <span className="muted">{t("grid.mixedUnits")}</span>;
  const figure = (value: Amount): string => show(value, first.measure, unit);
  const shownUnit = first.measure.kind === "money" ? t(`top.${unit}`) : first.unit;
  return (
    <>
      <span>
        {t("grid.count")} <b>{found.count}</b>
      </span>
      <span>
        {t("grid.average")} <b>{figure(found.average)}</b>
      </span>
      <span>
        {t("grid.max")} <b>{figure(found.max)}</b>
      </span>
      <span>
        {t("grid.sum")} <b>{figure(found.sum)}</b> {shownUnit}
      </span>
    </>
  );
}

function rowName(sheet: Sheet, refs: readonly CellRef[]): string {
  const names = [...new Set(refs.map((ref) => ref.row))];
  const first = sheet.row(names[0] ?? "")?.label ?? "";
  return names.length > 1 ? `${first} … ${sheet.row(names.at(-1) ?? "")?.label ?? ""}` : first;
}

function columnName(sheet: Sheet, refs: readonly CellRef[]): string {
  const names = [...new Set(refs.map((ref) => ref.column))];
  const first = sheet.column(names[0] ?? "")?.fullName ?? "";
  return names.length > 1 ? `${first}–${sheet.column(names.at(-1) ?? "")?.fullName ?? ""}` : first;
}
