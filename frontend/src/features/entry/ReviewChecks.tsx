/** 检查, as a reviewer reads them: what holds, what does not, and what the submitter said to it. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { KindTag, sorted } from "../planning/ChecksBar";
import { checksQuery } from "./review";

export function ReviewChecks({ unit }: { readonly unit: number }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(checksQuery(unit));
  if (data && data.count === 0) return null;
  const said = new Map(data?.reasons.map((one) => [one.finding, one]));
  const findings = data ? sorted(data.findings) : [];
  return (
    <section className="card checks" aria-label={t("process.review.checks")} data-testid="review-checks">
      <header>
        <h2>{t("process.review.checks")}</h2>
        {data && <span className="muted small">{t("process.review.checkCount", { count: data.count })}</span>}
      </header>
      {error && <p className="said muted">{t("process.load", { reason: problemText(t, asProblem(error)) })}</p>}
      {data && (
        <ul>
          {data.passed > 0 && (
            <li>
              <span className="tag" data-tone="ok">
                <Icon name="check" />
                {t("process.review.passed", { count: data.passed })}
              </span>
            </li>
          )}
          {findings.map((finding) => {
            const reason = said.get(finding.key);
            return (
              <li key={finding.key}>
                <div className="line">
                  <KindTag kind={finding.kind} />
                  <span>{finding.message || finding.title}</span>
                  {finding.kind === "verify" && <span className="muted small end">{t(reason ? "process.review.explained" : "process.review.unexplained")}</span>}
                </div>
                {reason && (
                  <blockquote>
                    {reason.author}：{reason.reason}
                  </blockquote>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
