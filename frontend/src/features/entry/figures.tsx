/** Amounts and differences of entry's tables: colour, arrow and word together. */
import { useTranslation } from "react-i18next";
import { amount, divide, isNegative, subtract } from "../../lib/amount";
import { type Measure, type MoneyUnit, show, showChange } from "../../lib/display";
import { MONEY } from "./EditCell";

const PERCENT: Measure = { kind: "percent", places: 1 };

export function Money({ value, unit, partial = false }: { readonly value: string | null; readonly unit: MoneyUnit; readonly partial?: boolean }) {
  if (value === null) return null;
  return (
    <>
      {show(amount(value), MONEY, unit)}
      {partial && <sup>*</sup>}
    </>
  );
}

/** How much `value` is over or under `base`, in per cent; neutral words, since a target has no good side of its own. */
export function Against({ value, base }: { readonly value: string | null; readonly base: string | null }) {
  if (value === null || base === null) return null;
  const ratio = divide(subtract(amount(value), amount(base)), amount(isNegative(amount(base)) ? base.slice(1) : base), 6);
  if (ratio === null) return <span className="na">—</span>;
  return <>{showChange(ratio, PERCENT, "yuan")}</>;
}

/** What is planned against its target: 不利 or 有利 by the measure's sense. */
export function Gap({ planned, target, favourable, unit }: { readonly planned: string | null; readonly target: string | null; readonly favourable: string; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  if (planned === null || target === null) return null;
  const gap = subtract(amount(planned), amount(target));
  if (gap === "0") return <span className="muted">{t("entry.even")}</span>;
  const up = !isNegative(gap);
  const good = favourable === "" ? undefined : (favourable === "more") === up;
  return (
    <span className="gap" data-good={good}>
      {up ? "▲" : "▼"} {t(up ? "entry.more" : "entry.less")} {show(amount(gap.replace("-", "")), MONEY, unit)}
    </span>
  );
}
