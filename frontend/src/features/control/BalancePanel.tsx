/** One balance row explained: the formula in numbers, month by month, the documents that hold or spent it. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { amount, compare } from "../../lib/amount";
import type { MoneyUnit } from "../../lib/display";
import { Icon } from "../../ui/icons";
import { Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { BucketTimeline } from "./BucketTimeline";
import { objectOf } from "./CheckPanel";
import { inUnit, negative, yuan } from "./figures";
import { ruleWords } from "./FormulaLine";
import { bucketQuery } from "./spendRequests";
import { UseTable } from "./UseTable";

interface Props {
  readonly id: number;
  readonly unit: MoneyUnit;
  readonly onClose: () => void;
}

export function BalancePanel({ id, unit, onClose }: Props) {
  const { t } = useTranslation();
  const found = useQuery(bucketQuery(id));
  const close = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === "Escape") onClose();
  });
  useEffect(() => {
    const heard = (event: KeyboardEvent): void => close(event);
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, []);
  const row = found.data;
  return (
    <aside className="side balance-side" aria-label={t("control.balance.formula")} data-testid="balance-panel">
      <header>
        <h2>{row ? objectOf(row) : t("control.balance.formula")}</h2>
        <button type="button" className="plain close" aria-label={t("control.balance.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {found.isPending && <Loading rows={6} />}
      {found.error && <Failed what={problemText(t, asProblem(found.error))} retry={() => void found.refetch()} />}
      {row && (
        <>
          <section>
            <h3>{t("control.balance.available")}</h3>
            <div className="key-figure">
              <b className={negative(row.available) ? "unfav" : ""}>{yuan(row.available)}</b>
            </div>
            <p className="small muted">{ruleWords(t, row)}</p>
          </section>
          <section>
            <h3>{t("control.balance.formula")}</h3>
            <Term name={t("control.balance.original")} value={row.original} sign="" />
            <Term name={t("control.balance.adjusted")} value={row.adjusted} sign="+" />
            <Term name={t("control.balance.executed")} value={row.executed} sign="−" />
            <Term name={t("control.balance.committed")} value={row.committed} sign="−" />
            <Term name={t("control.balance.reserved")} value={row.reserved} sign="−" />
            {row.linked && <p className="small muted">{row.linked}</p>}
            {row.coming.map((part) => (
              <p key={part.period} className="small muted">
                {t("control.balance.coming", { period: part.period, amount: yuan(part.amount) })}
              </p>
            ))}
            {row.forced !== null && compare(amount(row.forced), amount("0")) > 0 && <p className="small unfav">{t("control.balance.forced", { amount: yuan(row.forced) })}</p>}
            {row.seen === "amounts" && <p className="small muted">{t("control.balance.disclosed")}</p>}
          </section>
          {row.seen === "all" && <BucketTimeline bucket={row.bucket} />}
          {row.periods.length > 0 && (
            <section>
              <h3>{t("control.balance.months")}</h3>
              <table className="data-table small">
                <thead>
                  <tr>
                    <th>{t("control.balance.period")}</th>
                    <th className="number">{t("control.balance.budget")}</th>
                    <th className="number">{t("control.balance.executed")}</th>
                    <th className="number">{t("control.balance.direct")}</th>
                    <th className="number">{t("control.balance.reserved")}</th>
                  </tr>
                </thead>
                <tbody>
                  {row.periods.map((month) => (
                    <tr key={month.period}>
                      <td>{month.period}</td>
                      <td className="number">{inUnit(month.budget, unit)}</td>
                      <td className="number">{inUnit(month.executed, unit)}</td>
                      <td className="number">{inUnit(month.direct, unit)}</td>
                      <td className="number">{inUnit(month.reserved, unit)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
          <section>
            <h3>{t("control.balance.documents")}</h3>
            {row.documents.length > 0 ? <UseTable uses={row.documents} direct={null} compact /> : <p className="small muted">{t("control.balance.noDocuments")}</p>}
          </section>
        </>
      )}
    </aside>
  );
}

function Term({ name, value, sign }: { readonly name: string; readonly value: string | null; readonly sign: string }) {
  return (
    <div className="pair">
      <span>
        {sign} {name}
      </span>
      <b>{yuan(value)}</b>
    </div>
  );
}
