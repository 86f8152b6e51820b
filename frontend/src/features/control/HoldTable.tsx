/** What documents still hold: whose, for how long, until when; the long untouched ones alone on demand. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { withSearch } from "../../lib/search";
import { clockTime } from "../../lib/times";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { useNarrow } from "../../ui/useNarrow";
import { type Hold, holdsQuery } from "./deskRequests";
import { sum, yuan } from "./figures";

export function HoldTable({ policy }: { readonly policy: string }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const [stale, setStale] = useState(false);
  const found = useQuery(holdsQuery(policy, stale));
  const rows = found.data ?? [];
  return (
    <>
      <p className="small muted desk-note">
        <label>
          <Switch size="small" checked={stale} onChange={setStale} /> {t("control.desk.staleOnly")}
        </label>
        {found.data && ` · ${t("control.desk.held", { count: rows.length, amount: yuan(sum(rows.flatMap((one) => [one.reserved, one.committed]))) })}`}
      </p>
      {found.isPending && <Loading />}
      {found.error && <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} retry={() => void found.refetch()} />}
      {found.data?.length === 0 && <Empty>{t("control.desk.noHolds")}</Empty>}
      {rows.length > 0 && (narrow ? <Cards rows={rows} /> : <Table rows={rows} />)}
    </>
  );
}

const places = (hold: Hold): string => Object.values(hold.names).join(" · ");

function Number_({ hold }: { readonly hold: Hold }) {
  return (
    <Link to="/spend" search={withSearch({ tab: "mine", id: hold.id })}>
      {hold.number}
    </Link>
  );
}

function Cards({ rows }: { readonly rows: readonly Hold[] }) {
  const { t } = useTranslation();
  return (
    <ul className="doc-cards plain-cards">
      {rows.map((hold) => (
        <li key={`${hold.id} ${hold.line_no}`}>
          <span className="line">
            <Number_ hold={hold} />
            <b>{yuan(sum([hold.reserved, hold.committed]))}</b>
          </span>
          <span className="small">
            {hold.requester_name} · {places(hold)} · {hold.period} · <span className={hold.stale ? "unfav" : "muted"}>{t("control.days", { count: hold.age_days })}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Table({ rows }: { readonly rows: readonly Hold[] }) {
  const { t } = useTranslation();
  return (
    <table className="data-table wide-rows">
      <thead>
        <tr>
          <th>{t("control.list.number")}</th>
          <th>{t("control.list.about")}</th>
          <th>{t("control.desk.owner")}</th>
          <th>{t("control.list.place")}</th>
          <th>{t("control.list.period")}</th>
          <th className="number">{t("control.balance.reserved")}</th>
          <th className="number">{t("control.balance.committed")}</th>
          <th className="number">{t("control.desk.age")}</th>
          <th>{t("control.desk.until")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((hold) => (
          <tr key={`${hold.id} ${hold.line_no}`}>
            <td>
              <Number_ hold={hold} />
            </td>
            <td className="about">{hold.title}</td>
            <td>{hold.requester_name}</td>
            <td>{places(hold)}</td>
            <td>{hold.period}</td>
            <td className="number">{yuan(hold.reserved)}</td>
            <td className="number">{yuan(hold.committed)}</td>
            <td className={hold.stale ? "number unfav" : "number"}>{t("control.days", { count: hold.age_days })}</td>
            <td className="muted">{hold.expires_at ? clockTime(hold.expires_at) : t("control.desk.never")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
