/** A difference to the budget: colour, arrow and word together. */
import { useTranslation } from "react-i18next";
import { amount } from "../../lib/amount";
import { absolute, type Figures, senseOf } from "./figures";
import type { Outlook } from "./requests";

interface Props {
  readonly outlook: Outlook;
  readonly figures: Figures;
  readonly value: string | null;
}

export function Difference({ outlook, figures, value }: Props) {
  const { t } = useTranslation();
  if (value === null) return <span className="muted">—</span>;
  const { tone, word, up } = senseOf(outlook, value);
  if (word === "same") return <span className="muted">{t("forecast.same")}</span>;
  return (
    <span className="difference" data-tone={tone}>
      <small>
        {up ? "▲" : "▼"} {t(`forecast.${word}`)}
      </small>
      {figures.of(absolute(amount(value)))}
    </span>
  );
}
