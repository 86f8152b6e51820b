/** The dialog of what one does at a cell or total, with what it needs to know of the sheet. */
import { useTranslation } from "react-i18next";
import type { CellRef } from "../../grid/model/cell";
import type { Sheet } from "../../grid/model/sheet";
import { tryAmount } from "../../lib/amount";
import { type MoneyUnit, show } from "../../lib/display";
import { ReallocateDialog } from "./ReallocateDialog";
import type { CellAddress, ModelDetail, Version } from "./requests";
import { isBeside } from "./slice";
import { SpreadDialog } from "./SpreadDialog";

interface Props {
  readonly acting: "spread" | "reallocate";
  readonly address: CellAddress;
  readonly active: CellRef;
  readonly sheet: Sheet;
  readonly model: ModelDetail;
  readonly versions: readonly Version[];
  readonly unit: MoneyUnit;
  readonly write: <T extends { readonly seq: number }>(change: () => Promise<T>) => Promise<T>;
  readonly done: (said: string, seq: number) => void;
  readonly onCancel: () => void;
}

export function ActDialogs({ acting, address, active, sheet, model, versions, unit, write, done, onCancel }: Props) {
  const { t } = useTranslation();
  const row = sheet.row(active.row);
  const figure = (text: string): string => {
    const amount = tryAmount(text);
    if (amount === null || !row) return text;
    return show(amount, row.measure, row.measure.kind === "money" ? "yuan" : unit); // one types in the item's own unit
  };
  const common = {
    address,
    name: `${row?.label ?? ""} · ${sheet.column(active.column)?.fullName ?? ""}`,
    measure: row?.unit ?? "",
    figure,
    seen: sheet.saved(active).amount,
    write,
    onCancel,
  };
  if (acting === "spread") return <SpreadDialog {...common} versions={versions} onDone={(told) => done(t("form.spread.done", { count: told.changed }), told.seq)} />;
  const periods = sheet.data.columns.filter((column) => !isBeside(column.id)).map((column) => ({ code: column.id, name: column.fullName }));
  return <ReallocateDialog {...common} model={model} periods={periods} onDone={(told) => done(t("form.reallocate.done", { count: told.changed }), told.seq)} />;
}
