/** 我发起的: where each case stands, who has it, how long. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { withSearch } from "../../lib/search";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import { type Started, startedQuery } from "./requests";
import { duration, subjectWord } from "./spoken";
import { StatusTag } from "./StatusTag";

export function StartedCard({ limit, bare = false }: { readonly limit: number; readonly bare?: boolean }) {
  const { t } = useTranslation();
  const started = useQuery(startedQuery());
  const rows = started.error ? (
    <Failed what={t("process.load", { reason: problemText(t, asProblem(started.error)) })} retry={() => void started.refetch()} />
  ) : !started.data ? (
    <Loading rows={3} />
  ) : started.data.length === 0 ? (
    <Empty>{t("process.none.started")}</Empty>
  ) : (
    <StartedRows cases={started.data.slice(0, limit)} />
  );
  if (bare) return rows;
  return (
    <section className="card" aria-label={t("process.tab.started")}>
      <header>
        <h2>{t("process.tab.started")}</h2>
        <span className="spring" />
        {started.data && started.data.length > limit && (
          <Link to="/" search={withSearch({ tab: "started" })}>
            {t("process.all")}
          </Link>
        )}
      </header>
      {rows}
    </section>
  );
}

function StartedRows({ cases }: { readonly cases: readonly Started[] }) {
  const { t } = useTranslation();
  return (
    <ul className="started" data-testid="started">
      {cases.map((one) => (
        <li key={one.id}>
          <Link to="/approve" search={withSearch({ case: one.id, list: "started" })} className="what">
            <span className="muted">{subjectWord(t, one.subject_kind)}</span> {one.title}
          </Link>
          <StatusTag status={one.status} />
          <span className="who">{one.status === "running" ? `${one.holders.join("、")} · ${one.node}` : ""}</span>
          <span className="number">{one.ended_at === null ? duration(t, one.hours) : t("process.took", { time: duration(t, one.hours) })}</span>
        </li>
      ))}
    </ul>
  );
}
