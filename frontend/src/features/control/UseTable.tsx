/** The documents that hold or have spent on a balance row, and what vouchers without a document took. */
import type { TFunction } from "i18next";
import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { withSearch } from "../../lib/search";
import { compare, amount } from "../../lib/amount";
import { clockTime } from "../../lib/times";
import { daysSince, yuan } from "./figures";
import type { Use } from "./spendRequests";

const STALE_DAYS = 30; // held this long it is worth asking about

export function UseTable({ uses, direct }: { readonly uses: readonly Use[]; readonly direct: string | null }) {
  const { t } = useTranslation();
  const vouchers = direct !== null && compare(amount(direct), amount("0")) !== 0;
  if (uses.length === 0 && !vouchers) return <p className="small muted">{t("control.check.noUses")}</p>;
  return (
    <div className="table-box">
      <table className="data-table">
        <thead>
          <tr>
            <th>{t("control.check.document")}</th>
            <th>{t("control.check.stage")}</th>
            <th>{t("control.check.about")}</th>
            <th>{t("control.check.by")}</th>
            <th>{t("control.check.time")}</th>
            <th className="number">{t("control.check.amount")}</th>
          </tr>
        </thead>
        <tbody>
          {vouchers && (
            <tr>
              <td>{t("control.check.direct")}</td>
              <td>{t("control.check.executed")}</td>
              <td />
              <td />
              <td />
              <td className="number">{yuan(direct)}</td>
            </tr>
          )}
          {uses.map((use) => (
            <tr key={use.id}>
              <td>
                <Link to="/spend" search={withSearch({ tab: "mine", id: use.id })}>
                  {use.number}
                </Link>
              </td>
              <td>{stage(t, use)}</td>
              <td className="about">{use.title}</td>
              <td>{use.requester_name}</td>
              <td className={held(use) >= STALE_DAYS ? "unfav" : "muted"}>{held(use) >= STALE_DAYS ? t("control.check.held", { count: held(use) }) : clockTime(use.since)}</td>
              <td className="number">{yuan(use.amount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const positive = (text: string): boolean => compare(amount(text), amount("0")) > 0;

/** Days that an amount has been held without being spent. */
const held = (use: Use): number => (positive(use.reserved) || positive(use.committed) ? daysSince(use.since) : 0);

function stage(t: TFunction, use: Use): string {
  const names = [
    positive(use.executed) && t("control.check.executed"),
    positive(use.committed) && t("control.check.committed"),
    positive(use.reserved) && t("control.check.reserved"),
  ];
  return names.filter(Boolean).join(" ");
}
