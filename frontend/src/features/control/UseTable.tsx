/** The documents that hold or have spent on a balance row, and what vouchers without a document took. */
import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { withSearch } from "../../lib/search";
import { compare, amount } from "../../lib/amount";
import { clockTime } from "../../lib/times";
import { useNarrow } from "../../ui/useNarrow";
import { daysSince, yuan } from "./figures";
import type { Use } from "./spendRequests";

const STALE_DAYS = 30; // held this long it is worth asking about

interface Props {
  readonly uses: readonly Use[];
  readonly direct: string | null;
  readonly compact?: boolean; // a row of two lines instead of a wide table
}

export function UseTable({ uses, direct, compact = false }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const vouchers = direct !== null && compare(amount(direct), amount("0")) !== 0;
  if (uses.length === 0 && !vouchers) return <p className="small muted">{t("control.check.noUses")}</p>;
  if (compact || narrow) return <Compact uses={uses} direct={vouchers ? direct : null} />;
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
                <Open use={use} />
              </td>
              <td>{stage(t, use)}</td>
              <td className="about">{use.title}</td>
              <td>{use.requester_name}</td>
              <td className={held(use) >= STALE_DAYS ? "unfav" : "muted"}>{since(t, use)}</td>
              <td className="number">{yuan(use.amount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Compact({ uses, direct }: { readonly uses: readonly Use[]; readonly direct: string | null }) {
  const { t } = useTranslation();
  return (
    <ul className="use-list">
      {direct !== null && (
        <li>
          <span className="line">
            <span>{t("control.check.direct")}</span>
            <b>{yuan(direct)}</b>
          </span>
          <span className="muted small">{t("control.check.executed")}</span>
        </li>
      )}
      {uses.map((use) => (
        <li key={use.id}>
          <span className="line">
            <Open use={use} />
            <b>{yuan(use.amount)}</b>
          </span>
          <span className="small">
            {[use.title, stage(t, use), use.requester_name].filter(Boolean).join(" · ")} · <span className={held(use) >= STALE_DAYS ? "unfav" : "muted"}>{since(t, use)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Open({ use }: { readonly use: Use }) {
  return (
    <Link to="/spend" search={withSearch({ tab: "mine", id: use.id })}>
      {use.number}
    </Link>
  );
}

const positive = (text: string): boolean => compare(amount(text), amount("0")) > 0;

/** Days that an amount has been held without being spent. */
const held = (use: Use): number => (positive(use.reserved) || positive(use.committed) ? daysSince(use.since) : 0);

const since = (t: TFunction, use: Use): string =>
  held(use) >= STALE_DAYS ? t("control.check.held", { count: held(use) }) : clockTime(use.since);

function stage(t: TFunction, use: Use): string {
  const names = [
    positive(use.executed) && t("control.check.executed"),
    positive(use.committed) && t("control.check.committed"),
    positive(use.reserved) && t("control.check.reserved"),
  ];
  return names.filter(Boolean).join(" ");
}
