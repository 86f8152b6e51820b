/** The head's numbers, live as one types: the target and what is left of it, this form's total, the change from last year. */
import { useQuery } from "@tanstack/react-query";
import { Popover } from "antd";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { Row } from "../../grid/model/cell";
import type { Sheet } from "../../grid/model/sheet";
import { type Amount, add, isNegative, negated, subtract, tryAmount } from "../../lib/amount";
import { type Measure, type MoneyUnit, show, showChange } from "../../lib/display";
import { Icon } from "../../ui/icons";
import { targetsQuery, type Unit, type UnitTarget } from "./requests";

interface Props {
  readonly sheet: Sheet;
  readonly unit: Unit | undefined;
  readonly money: MoneyUnit;
}

interface KeyFigure {
  readonly name: string;
  readonly target: Amount;
  readonly current: Amount | null;
}

const CHANGE: Measure = { kind: "percent", places: 1 };

export function HeadFigures({ sheet, unit, money }: Props) {
  const { t } = useTranslation();
  useSyncExternalStore(sheet.subscribe, sheet.revision);
  const targets = useQuery({ ...targetsQuery(unit?.id ?? 0), enabled: unit?.state !== undefined }); // a unit without a cycle has none
  const top = topRow(sheet);
  const year = sheet.data.columns.find((column) => column.total && column.parent === null);
  if (!top || !year) return null;
  const figure = (amount: Amount): string => show(amount, top.measure, money);
  const total = sheet.view({ row: top.id, column: year.id }).amount;
  const changes = sheet.data.columns.find((column) => column.change);
  const change = changes ? sheet.view({ row: top.id, column: changes.id }).amount : null;
  const compared = sheet.data.columns.filter((column) => column.beside === "before").at(-1);
  const keys = keyFigures(sheet, targets.data ?? [], year.id);
  return (
    <div className="head-figures" aria-live="polite">
      <Target keys={keys} figure={figure} />
      {total !== null && (
        <span>
          <small>{t("form.thisForm")}</small>
          <b data-testid="form-total">{figure(total)}</b>
        </span>
      )}
      <Room keys={keys} figure={figure} />
      {change !== null && compared && (
        <span className="against">
          <small>{t("form.against", { what: compared.label })}</small>
          <b>{showChange(change, CHANGE, money)}</b>
        </span>
      )}
    </div>
  );
}

/** Targets of key items that stand on this form, with what is planned of them now, unsaved edits included. */
function keyFigures(sheet: Sheet, targets: readonly UnitTarget[], year: string): KeyFigure[] {
  const rows = new Map(sheet.data.rows.map((row) => [row.id.split("|").at(-1) ?? row.id, row]));
  return targets.flatMap((one): KeyFigure[] => {
    const target = one.target === null ? null : tryAmount(one.target);
    const row = rows.get(one.key);
    if (target === null || !row) return [];
    return [{ name: one.name, target, current: sheet.view({ row: row.id, column: year }).amount }];
  });
}

const sum = (amounts: readonly Amount[]): Amount => amounts.reduce(add, "0" as Amount);
const planned = (keys: readonly KeyFigure[]): Amount => sum(keys.flatMap((key) => key.current ?? []));

function Target({ keys, figure }: { readonly keys: readonly KeyFigure[]; readonly figure: (amount: Amount) => string }) {
  const { t } = useTranslation();
  if (keys.length === 0) return null;
  const list = (
    <table className="key-items">
      <thead>
        <tr>
          <th>{t("form.keyItem")}</th>
          <th className="number">{t("form.target")}</th>
          <th className="number">{t("form.current")}</th>
          <th className="number">{t("form.left")}</th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => {
          const left = subtract(key.target, key.current ?? ("0" as Amount));
          return (
            <tr key={key.name}>
              <td>{key.name}</td>
              <td className="number">{figure(key.target)}</td>
              <td className="number">{key.current === null ? "" : figure(key.current)}</td>
              <td className="number" style={isNegative(left) ? { color: "var(--unfav)" } : {}}>
                {figure(left)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
  return (
    <Popover content={list} trigger={["hover", "focus"]} placement="bottomRight">
      <button type="button" className="plain figure" data-testid="form-target">
        <small>{keys.length > 1 ? t("form.targets", { count: keys.length }) : t("form.target")}</small>
        <b>{figure(sum(keys.map((key) => key.target)))}</b>
      </button>
    </Popover>
  );
}

function Room({ keys, figure }: { readonly keys: readonly KeyFigure[]; readonly figure: (amount: Amount) => string }) {
  const { t } = useTranslation();
  if (keys.length === 0) return null;
  const left = subtract(sum(keys.map((key) => key.target)), planned(keys));
  return isNegative(left) ? (
    <span className="tag" data-tone="over" data-testid="form-room">
      <Icon name="up" />
      {t("form.over", { amount: figure(negated(left)) })}
    </span>
  ) : (
    <span className="tag" data-testid="form-room">
      {t("form.room", { amount: figure(left) })}
    </span>
  );
}

/** The row whose year stands for the form: the first on top that is money, a computed one if there is one. */
function topRow(sheet: Sheet): Row | undefined {
  const tops = sheet.data.rows.filter((row) => row.level === 0 && row.measure.kind === "money");
  return tops.find((row) => row.computed) ?? tops[0];
}
