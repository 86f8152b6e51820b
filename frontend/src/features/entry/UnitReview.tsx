/** What a reviewer sees of a plan unit: the figure and its differences, what changed, by month. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import type { CaseDetail } from "../process/requests";
import { problemText } from "../../ui/problemText";
import { Failed, Loading } from "../../ui/states";
import { withSearch } from "../../lib/search";
import { usePageContext } from "../../lib/usePageContext";
import "../../styles/review.css";
import { ChangeTable } from "./ChangeTable";
import { FigureStrip } from "./FigureStrip";
import { MonthBars } from "./MonthBars";
import { ReopenButton } from "./ReopenButton";
import { ReviewChecks } from "./ReviewChecks";
import { type Against, changesQuery, unitQuery } from "./review";

export function UnitReview({ subject }: { readonly subject: CaseDetail }) {
  const { t } = useTranslation();
  const [context] = usePageContext();
  const [against, setAgainst] = useState<Against>("round");
  const [chosen, setChosen] = useState(0);
  const { data, error, refetch } = useQuery(changesQuery(subject.subject_id, against));
  const unit = useQuery(unitQuery(subject.subject_id));
  if (error) {
    const problem = asProblem(error);
    const text = problem.kind === "forbidden" ? t("process.review.forbidden") : t("process.load", { reason: problemText(t, problem) });
    return <Failed what={text} reference={problem.reference} retry={() => void refetch()} />;
  }
  if (!data) return <Loading rows={10} />;
  const money = context.unit ?? "yuan";
  const figures = data.figures;
  const figure = figures[chosen] ?? figures[0];
  const first = data.before === null && against === "round";
  return (
    <div className="review" data-testid="review">
      {figures.length > 1 && (
        <Segmented size="small" aria-label={t("process.review.figure")} value={chosen} options={figures.map((one, i) => ({ value: i, label: one.item.name === "金额" ? one.item.cube_title : one.item.name }))} onChange={setChosen} />
      )}
      {figure && <FigureStrip figure={figure} changes={data} unit={money} />}
      <section className="card" aria-label={t("process.review.changes")}>
        <header>
          <h2>{t("process.review.changes")}</h2>
          <span className="muted small">{first ? "" : t("process.review.count", { count: data.rows.length })}</span>
          <span className="spring" />
          <Link to="/prepare" search={withSearch({ model: subject.model, org: subject.org })} className="whole">
            {t("process.whole")}
          </Link>
          {unit.data?.status === "approved" && <ReopenButton unit={subject.subject_id} />}
          <Segmented<Against>
            size="small"
            aria-label={t("process.review.against")}
            value={against}
            options={[
              { value: "round", label: t("process.review.lastRound") },
              { value: "last_year", label: data.last_year === null ? t("process.review.lastYear") : t(`process.review.${data.last_year_kind}`, { year: data.last_year }), disabled: data.last_year === null },
            ]}
            onChange={setAgainst}
          />
        </header>
        {first ? <p className="said muted">{t("process.review.first")}</p> : <ChangeTable changes={data} figure={figure} against={against} unit={money} />}
      </section>
      {figure && <MonthBars figure={figure} changes={data} unit={money} />}
      <ReviewChecks unit={subject.subject_id} />
    </div>
  );
}
