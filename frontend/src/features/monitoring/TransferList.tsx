/** 调剂: what was moved or waits to be, with status and whose turn it is; the one picked opens beside the list. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import { money } from "./figures";
import { type Transfer, transfersQuery } from "./requests";
import { readAdjust, useView } from "./search";
import { TransferCard, TransferTag, turnOf } from "./TransferCard";
import { useMonitored } from "./useMonitored";

/** What a transfer gives in all. */
function moved(one: Transfer): string {
  const gives = one.lines.map((line) => Number(line["amount"])).filter((value) => value < 0);
  return Math.abs(gives.reduce((sum, value) => sum + value, 0)).toFixed(2);
}

export function TransferList({ model, picked }: { readonly model: string; readonly picked: number | undefined }) {
  const { t } = useTranslation();
  const { unit } = useMonitored();
  const [, change] = useView(readAdjust);
  const found = useQuery(transfersQuery());
  if (found.error) {
    const problem = asProblem(found.error);
    return <Failed what={problem.kind === "forbidden" ? t("state.noPermissionHere") : problemText(t, problem)} retry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading />;
  const ours = found.data.filter((one) => one.model === model);
  return (
    <div className="case-columns">
      <section className="card list-card">
        {ours.length === 0 ? (
          <Empty>{t("monitoring.noTransfers")}</Empty>
        ) : (
          <ul className="case-rows">
            {ours.map((one) => (
              <li key={one.id} data-picked={one.id === picked}>
                <button type="button" className="plain" data-testid="transfer-row" onClick={() => change({ transfer: one.id })}>
                  <span className="what">
                    <b>{one.reason}</b>
                    <span className="muted small">{turnOf(t, one)}</span>
                  </span>
                  <span className="number">{money(moved(one), unit, 2)}</span>
                  <TransferTag one={one} />
                  <span className="who">{one.requester}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </section>
      <div className="case-work">{picked !== undefined && <TransferCard id={picked} />}</div>
    </div>
  );
}
