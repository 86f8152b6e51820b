/** The summary on a phone: one organisation at a time; planned, target and the difference, an item per line. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { MoneyUnit } from "../../lib/display";
import { usePageContext } from "../../lib/usePageContext";
import { Gap, Money } from "./figures";
import { OrgPicker } from "./OrgPicker";
import type { Summary } from "./requests";
import { briefOrgs, sum } from "./tree";

export function SummaryList({ data, unit }: { readonly data: Summary; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const [context] = usePageContext();
  const [picked, setPicked] = useState<string>();
  const brief = briefOrgs(data.rows);
  const org = data.orgs.find((one) => one.code === picked) ?? data.orgs.find((one) => one.code === context.org) ?? data.orgs.find((one) => !brief.has(one.code)) ?? data.orgs[0];
  if (!org) return null;
  const rows = data.rows.filter((row) => row.org === org.code);
  const { favourable } = data.cycle;
  const line = (name: string, current: string | null, target: string | null, partial: boolean, key: string, strong = false) => (
    <li key={key}>
      <div className="line">
        <span className={strong ? "strong" : undefined}>{name}</span>
        <b>
          <Money value={current} unit={unit} partial={partial} />
        </b>
      </div>
      <div className="line muted small">
        <span>
          {t("entry.column.target")} {target === null ? "—" : <Money value={target} unit={unit} />}
        </span>
        <Gap planned={current} target={target} favourable={favourable} unit={unit} />
      </div>
    </li>
  );
  return (
    <section className="card phone-card" data-testid="summary-list">
      <header>
        <OrgPicker orgs={data.orgs} value={org.code} onChange={setPicked} />
        <span className="spring" />
        <span className="muted small">{t("entry.column.current")}</span>
      </header>
      <ul>
        {line(org.name, sum(rows.map((row) => row.current.v)), sum(rows.map((row) => row.target.v)), rows.some((row) => row.current.p), "", true)}
        {rows.map((row) => line(data.cycle.keys.find((key) => key.code === row.key)?.name ?? row.key, row.current.v, row.target.v, row.current.p, row.key))}
      </ul>
      {rows.some((row) => row.current.p) && <p className="phone-note">{t("entry.onlyVisible")}</p>}
    </section>
  );
}
