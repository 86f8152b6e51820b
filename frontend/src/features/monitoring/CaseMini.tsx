/** 偏差闭环 beside the board: how far the cases have come, and those that wait longest. */
import { useTranslation } from "react-i18next";
import type { MoneyUnit } from "../../lib/display";
import { dueText, holderText, isOverdue, StateTag } from "./caseParts";
import { money } from "./figures";
import type { Case, Closing } from "./requests";

const ORDER: readonly Case["state"][] = ["open", "explained", "decided", "approved", "executed", "closed"];

/** How many have passed each stage: found, explained, decided, executed, verified. */
export function reached(cases: readonly Case[]): number[] {
  const at = (from: Case["state"]): number => cases.filter((one) => ORDER.indexOf(one.state) >= ORDER.indexOf(from)).length;
  return [cases.length, at("explained"), at("decided"), at("executed"), at("closed")];
}

interface Props {
  readonly cases: readonly Case[];
  readonly closing: Closing | undefined;
  readonly unit: MoneyUnit;
  readonly onCase: (id: number) => void;
  readonly onAll: () => void;
}

export function CaseMini({ cases, closing, unit, onCase, onAll }: Props) {
  const { t } = useTranslation();
  const words = ["found", "explained", "decided", "executed", "verified"] as const;
  const waiting = [...cases].sort((a, b) => Number(a.state === "closed") - Number(b.state === "closed") || a.due_at.localeCompare(b.due_at));
  return (
    <section className="card cases" aria-label={t("monitoring.loop")}>
      <header>
        <h2>{t("monitoring.loop")}</h2>
        {closing && <span className="muted small">{t("monitoring.closingLine", { due: closing.due, closed: closing.closed })}</span>}
        <span className="spring" />
        <button type="button" className="plain link" onClick={onAll}>
          {t("monitoring.allCases", { count: cases.length })}
        </button>
      </header>
      {cases.length === 0 ? (
        <p className="muted card-text">{t("monitoring.noCases")}</p>
      ) : (
        <>
          <ol className="funnel">
            {reached(cases).map((count, i) => (
              <li key={words[i]}>
                <b>{count}</b>
                <span>{t(`monitoring.funnel.${words[i] ?? "found"}`)}</span>
              </li>
            ))}
          </ol>
          <ul className="case-lines">
            {waiting.slice(0, 8).map((one) => (
              <li key={one.id}>
                <button type="button" className="plain" onClick={() => onCase(one.id)} data-testid="case-line">
                  <span className="what">{Object.values(one.names).join(" · ")}</span>
                  <span className={Number(one.amount) > 0 ? "unfav number" : "fav number"}>
                    {Number(one.amount) > 0 ? "▲" : "▼"} {money(one.amount.replace("-", ""), unit)}
                  </span>
                  <StateTag one={one} />
                  <span className="who">{holderText(t, one)}</span>
                  <span className={isOverdue(one) ? "error number" : "muted number"}>{dueText(t, one)}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
