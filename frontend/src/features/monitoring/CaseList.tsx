/** The cases by state, those that wait for me first; a row leads to the case. */
import { useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import type { MoneyUnit } from "../../lib/display";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import { dueText, holderText, isOverdue, StateTag } from "./caseParts";
import { money } from "./figures";
import { type Case, casesQuery } from "./requests";
import { readAdjust, useView } from "./search";
import { useMonitored } from "./useMonitored";

const FILTERS = ["all", "mine", "open", "explained", "decided", "executed", "closed", "overdue"] as const;
type Filter = (typeof FILTERS)[number];

export function CaseList({ model }: { readonly model: string }) {
  const { t } = useTranslation();
  const { unit, login } = useMonitored();
  const [view, change] = useView(readAdjust);
  const found = useQuery(casesQuery(model));
  if (found.error) {
    const problem = asProblem(found.error);
    return <Failed what={problem.kind === "forbidden" ? t("state.noPermissionHere") : t("problem.load", { reason: problemText(t, problem) })} retry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading />;
  const chosen: Filter = FILTERS.find((one) => one === view.state) ?? "all";
  const keep = (filter: Filter) => (one: Case): boolean => {
    if (filter === "all") return true;
    if (filter === "mine") return one.holders.some((person) => person.login === login);
    if (filter === "overdue") return isOverdue(one);
    return filter === "decided" ? one.state === "decided" || one.state === "approved" : one.state === filter;
  };
  const shown = found.data.filter(keep(chosen));
  return (
    <section className="card list-card">
      <div className="toolbar">
        <Segmented<Filter>
          size="small"
          value={chosen}
          options={FILTERS.map((filter) => ({ value: filter, label: `${t(`monitoring.filter.${filter}`)} ${found.data.filter(keep(filter)).length}` }))}
          onChange={(filter) => change({ state: filter === "all" ? undefined : filter })}
        />
      </div>
      {shown.length === 0 ? (
        <Empty>{t(found.data.length === 0 ? "monitoring.noCases" : "monitoring.noneMatch")}</Empty>
      ) : (
        <ul className="case-rows">
          {shown.map((one) => (
            <li key={one.id}>
              <button type="button" className="plain" data-testid="case-row" onClick={() => change({ case: one.id })}>
                <CaseRow one={one} unit={unit} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function CaseRow({ one, unit }: { readonly one: Case; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const over = Number(one.amount) > 0;
  return (
    <>
      <span className="what">
        <b>{Object.values(one.names).join(" · ")}</b>
        <span className="muted small">{one.title}</span>
      </span>
      <span className={over ? "unfav number" : "fav number"}>
        {over ? "▲" : "▼"} {money(one.amount.replace("-", ""), unit)}
      </span>
      <StateTag one={one} />
      <span className="who">{holderText(t, one)}</span>
      <span className={isOverdue(one) ? "error number" : "muted number"}>{dueText(t, one)}</span>
    </>
  );
}
