/** What people have changed in the row looked at, each beside its baseline, to be put back. */
import { useMutation } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { problemText } from "../../ui/problemText";
import type { Figures } from "./figures";
import { type Outlook, type Place, restoreBaseline, type Row } from "./requests";

interface Props {
  readonly outlook: Outlook;
  readonly place: Place;
  readonly row: Row;
  readonly figures: Figures;
  readonly onRestored: () => void;
}

export function EditList({ outlook, place, row, figures, onRestored }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const putting = useMutation({
    mutationFn: (period: string) => restoreBaseline(place, [period]),
    onSuccess: (done) => {
      message.success(t("forecast.restored", { count: done.restored }));
      onRestored();
    },
    onError: (error) => message.error(problemText(t, asProblem(error))),
  });
  const edited = row.months.flatMap((month, index) => (month.edit ? [{ month, edit: month.edit, period: outlook.periods[index]?.code ?? "" }] : []));
  return (
    <section data-testid="edits">
      <h3>{t("forecast.edits")}</h3>
      {edited.length === 0 && <p className="muted">{t("forecast.noEdits")}</p>}
      {edited.map(({ month, edit, period }) => (
        <div key={period} className="how">
          <p>
            {edit.count === 1
              ? t("forecast.editLine", { period, author: edit.author ?? "", value: figures.of(month.value) })
              : `${period} ${t("forecast.editedMany", { count: edit.count, baseline: figures.of(month.baseline) })}`}
          </p>
          <p className="muted small">
            {t("forecast.wasBaseline", { baseline: figures.of(month.baseline) })}
            {edit.at ? ` · ${clockTime(edit.at)}` : ""}
            {edit.reason ? ` · ${t("forecast.reason", { reason: edit.reason })}` : ""}
          </p>
          <Button size="small" loading={putting.isPending && putting.variables === period} onClick={() => putting.mutate(period)}>
            {t("forecast.restore")}
          </Button>
        </div>
      ))}
    </section>
  );
}
