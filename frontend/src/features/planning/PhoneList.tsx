/** On a phone: read only, one period at a time, a row per figure instead of a wide table. */
import { Select } from "antd";
import { useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { Sheet } from "../../grid/model/sheet";
import { type MoneyUnit, show } from "../../lib/display";

export function PhoneList({ sheet, unit }: { readonly sheet: Sheet; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  useSyncExternalStore(sheet.subscribe, sheet.revision);
  const { columns, rows } = sheet.data;
  const [picked, setPicked] = useState<string>();
  const column = columns.find((one) => one.id === picked) ?? columns.find((one) => one.total && one.parent === null) ?? columns[0];
  if (!column) return null;
  return (
    <div className="phone-list" data-testid="phone-list">
      <div className="phone-note">
        <Select
          aria-label={t("plan.column")}
          value={column.id}
          popupMatchSelectWidth={false}
          options={columns.map((one) => ({ value: one.id, label: one.fullName }))}
          onChange={setPicked}
        />{" "}
        {t("plan.phone")}
      </div>
      <ul>
        {rows.map((row) => {
          const cell = sheet.view({ row: row.id, column: column.id });
          const word = cell.state === "value" && cell.amount !== null ? show(cell.amount, row.measure, unit) : cell.state === "blank" ? "" : cell.state === "value" ? "" : t(`cell.${cell.state}`);
          return (
            <li key={row.id} style={{ paddingLeft: 16 + row.level * 14 }}>
              <div className="line">
                <span>{row.label}</span>
                <b>{word}</b>
              </div>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
