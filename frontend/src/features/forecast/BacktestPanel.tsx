/** How the methods did on months that are known, against last year's month; and how the row looked at is forecast. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { percent } from "./figures";
import { type Backtest, backtestQuery, type Place, type Row } from "./requests";

const KNOWN = ["seasonal_naive", "seasonal_growth", "pooled_season", "smoothing", "theta", "combination", "half_and_half", "recent_mean"] as const;
type MethodName = (typeof KNOWN)[number] | "none";
export const methodKey = (method: string): MethodName => KNOWN.find((one) => one === method) ?? "none";

const KINDS = ["regular", "lumpy", "short", "silent"] as const;
const BASES = ["pool", "all", "kind", "said"] as const;

export function BacktestPanel({ place }: { readonly place: Place }) {
  const { t } = useTranslation();
  const found = useQuery(backtestQuery(place));
  return (
    <section aria-label={t("forecast.tested")} data-testid="backtest" className="tested">
      <h3>{t("forecast.tested")}</h3>
      {found.error ? (
        <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} retry={() => void found.refetch()} />
      ) : found.data ? (
        <Tested found={found.data} />
      ) : (
        <Loading rows={6} />
      )}
    </section>
  );
}

/** By which methods the series of a row are forecast, and what decided. */
export function MethodList({ row }: { readonly row: Row }) {
  const { t } = useTranslation();
  return (
    <section>
      <h3>{t("forecast.methodOf", { name: row.name })}</h3>
      {row.methods.map((used) => (
        <div key={`${used.method} ${used.kind} ${used.basis}`} className="how">
          <div className="pair">
            <b className="strong">{t(`forecast.methods.${methodKey(used.method)}`)}</b>
            <span>{t("forecast.series", { count: used.series })}</span>
          </div>
          <p className="muted small">
            {used.kind === "silent"
              ? t("forecast.kindOf.silent")
              : t("forecast.because", {
                  kind: t(`forecast.kindOf.${KINDS.find((one) => one === used.kind) ?? "regular"}`),
                  basis: t(`forecast.basisOf.${BASES.find((one) => one === used.basis) ?? "kind"}`),
                })}
          </p>
        </div>
      ))}
    </section>
  );
}

function Tested({ found }: { readonly found: Backtest }) {
  const { t } = useTranslation();
  const { chosen, naive } = found;
  if (!found.origins || chosen.wape === null || naive.wape === null) return <p className="muted">{t("forecast.notTested")}</p>;
  const better = chosen.wape < naive.wape;
  const said = { chosen: percent(chosen.wape), naive: percent(naive.wape), gain: percent(naive.wape > 0 ? 1 - chosen.wape / naive.wape : 0) };
  const widest = Math.max(chosen.wape, naive.wape) || 1;
  const methods = found.methods.filter((method) => method.scores.points > 0 && (method.used > 0 || method.method === "seasonal_naive" || method.method === "combination"));
  return (
    <>
      <p className="key-line">{t(better ? "forecast.better" : "forecast.notBetter", said)}</p>
      <p className="muted small">{t("forecast.testedLead", { origins: found.origins, horizon: found.horizon })}</p>
      <div className="errors" aria-hidden="true">
        <span>{t("forecast.chosen")}</span>
        <i><b className="mine" style={{ width: `${(chosen.wape / widest) * 100}%` }} /></i>
        <span className="number">{percent(chosen.wape)}</span>
        <span>{t("forecast.methods.seasonal_naive")}</span>
        <i><b style={{ width: `${(naive.wape / widest) * 100}%` }} /></i>
        <span className="number">{percent(naive.wape)}</span>
      </div>
      <table className="plain-table scores">
        <thead>
          <tr>
            <th scope="col">{t("forecast.method")}</th>
            <th scope="col" className="number" title={t("forecast.wapeHint")}>{t("forecast.wape")}</th>
            <th scope="col" className="number" title={t("forecast.maseHint")}>{t("forecast.mase")}</th>
            <th scope="col" className="number">{t("forecast.smape")}</th>
            <th scope="col" className="number">{t("forecast.used")}</th>
          </tr>
        </thead>
        <tbody>
          {methods.map((method) => (
            <tr key={method.method}>
              <th scope="row">{t(`forecast.methods.${methodKey(method.method)}`)}</th>
              <td className="number">{percent(method.scores.wape)}</td>
              <td className="number">{method.scores.mase === null ? "—" : method.scores.mase.toFixed(2)}</td>
              <td className="number">{percent(method.scores.smape)}</td>
              <td className="number">{method.used || ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
