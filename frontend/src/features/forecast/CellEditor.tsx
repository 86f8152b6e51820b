/** Typing over one forecast cell: Enter saves it as a person's edit, Esc leaves it. */
import { useMutation } from "@tanstack/react-query";
import { App } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { type Amount, amount } from "../../lib/amount";
import { editText, fitScale, readTyped } from "../../lib/display";
import { problemText } from "../../ui/problemText";
import { save } from "../planning/requests";
import type { Figures } from "./figures";
import type { Month, Outlook, Row } from "./requests";

interface Props {
  readonly outlook: Outlook;
  readonly row: Row;
  readonly month: Month;
  readonly period: string;
  readonly figures: Figures;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function CellEditor({ outlook, row, month, period, figures, onClose, onSaved }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [text, setText] = useState(month.value === null ? "" : editText(amount(month.value), figures.measure, figures.unit));
  const saving = useMutation({
    mutationFn: (after: Amount | null) => {
      const split = outlook.item.indexOf("!");
      const [cube, item] = [outlook.item.slice(0, split), outlook.item.slice(split + 1)];
      const members = Object.fromEntries(outlook.dims.map((dim) => [dim.code, dim.code === outlook.along ? row.node : dim.member]));
      return save(outlook.version, outlook.seq, [{ cube, item, members, period, before: month.value, after }]);
    },
    onSuccess: (saved) => {
      if (saved.outcome === "nothing") {
        message.error(t("forecast.conflict", { why: saved.cells[0]?.message ?? "" }));
      } else {
        message.success(t("forecast.saved"));
        onClose();
      }
      onSaved();
    },
    onError: (error) => message.error(t("forecast.conflict", { why: problemText(t, asProblem(error)) })),
  });
  const commit = (): void => {
    const typed = readTyped(text, figures.measure, figures.unit);
    if (typed.kind === "bad") {
      message.error(t("forecast.badNumber", { text: typed.text }));
      return;
    }
    const after = typed.kind === "blank" ? null : fitScale(typed.amount, outlook.decimals);
    if ((after ?? "") === (month.value === null ? "" : amount(month.value))) onClose();
    else saving.mutate(after);
  };
  return (
    <input
      className="over-input"
      autoFocus
      value={text}
      disabled={saving.isPending}
      aria-label={t("forecast.editCell", { name: row.name, period, value: figures.of(month.value) })}
      title={t("forecast.editHint")}
      data-testid="over-input"
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => !saving.isPending && onClose()}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter") commit();
        if (event.key === "Escape") onClose();
      }}
    />
  );
}
