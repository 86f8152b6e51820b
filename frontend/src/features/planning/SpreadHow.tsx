/** What a way of sharing still needs to know: a rate, two weights, a pattern, or the slice to follow. */
import { Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Version } from "./requests";
import { OWN, PATTERNS, type Typed } from "./spreadChoice";

const YEARS = ["sameYear", "lastYear", "yearBefore"] as const; // 0, 1, 2 years earlier

interface Props {
  readonly typed: Typed;
  readonly good: boolean;
  readonly versions: readonly Version[];
  readonly set: (change: Partial<Typed>) => void;
}

export function SpreadHow({ typed, good, versions, set }: Props) {
  const { t } = useTranslation();
  const status = good ? "" : "error";
  switch (typed.method) {
    case "growth":
      return (
        <label className="line">
          {t("form.spread.rate")}
          <Input style={{ width: 120 }} suffix="%" value={typed.percent} status={status} aria-invalid={!good} onChange={(event) => set({ percent: event.target.value })} data-testid="spread-rate" />
        </label>
      );
    case "line":
      return (
        <>
          <label className="line">
            {t("form.spread.first")}
            <Input style={{ width: 120 }} value={typed.first} status={status} aria-invalid={!good} onChange={(event) => set({ first: event.target.value })} data-testid="spread-first" />
          </label>
          <label className="line">
            {t("form.spread.last")}
            <Input style={{ width: 120 }} value={typed.last} status={status} aria-invalid={!good} onChange={(event) => set({ last: event.target.value })} data-testid="spread-last" />
          </label>
        </>
      );
    case "pattern":
      return (
        <>
          <label className="line">
            {t("form.spread.pattern")}
            <Select
              style={{ width: 180 }}
              value={typed.pattern}
              aria-label={t("form.spread.pattern")}
              options={[...PATTERNS.map((one) => ({ value: one, label: one })), { value: OWN, label: t("form.spread.ownPattern") }]}
              onChange={(pattern) => set({ pattern })}
            />
          </label>
          {typed.pattern === OWN && (
            <label className="line">
              {t("form.spread.weights")}
              <Input style={{ width: 180 }} value={typed.own} status={status} aria-invalid={!good} onChange={(event) => set({ own: event.target.value })} data-testid="spread-own" />
            </label>
          )}
        </>
      );
    case "like":
    case "seasonal":
      return (
        <>
          <label className="line">
            {t("form.spread.version")}
            <Select
              style={{ width: 240 }}
              value={typed.version}
              aria-label={t("form.spread.version")}
              options={versions.map((one) => ({ value: one.id, label: one.name }))}
              onChange={(version) => set({ version })}
            />
          </label>
          <label className="line">
            {t("form.spread.when")}
            <Select
              style={{ width: 240 }}
              value={typed.years}
              aria-label={t("form.spread.when")}
              options={YEARS.map((one, years) => ({ value: years, label: t(`form.spread.${one}`) }))}
              onChange={(years) => set({ years })}
            />
          </label>
        </>
      );
    case "proportional":
    case "equal":
    case "filled":
    case "repeat":
      return null;
  }
}
