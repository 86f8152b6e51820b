/** What whoever approves an exception sees: which rules it goes beyond and by how much, why, and how long it would be good. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Loading } from "../../ui/states";
import type { SubjectProps } from "../process/subjects";
import { exceptionQuery } from "./deskRequests";
import { ExceptionTag } from "./ExceptionTable";
import { yuan } from "./figures";

export function ExceptionReview({ subject }: SubjectProps) {
  const { t } = useTranslation();
  const found = useQuery(exceptionQuery(subject.subject_id));
  if (found.isPending) return <Loading rows={3} />;
  const one = found.data;
  if (!one) return null;
  return (
    <section className="card-body" data-testid="exception-review">
      <p>
        {one.number} <ExceptionTag status={one.status} />
      </p>
      <p>
        {t("control.review.asked")} <b>{yuan(one.amount)}</b> · <b className="unfav">{t("control.check.over", { amount: yuan(one.gap) })}</b>
      </p>
      <p>{one.reason}</p>
      <ul className="small">
        {one.beyond.map((rule) => (
          <li key={`${rule.rule} ${rule.window}`}>
            {rule.title} · {t("control.check.window", { window: rule.window })} {rule.short !== null && <b>{t("control.check.short", { amount: yuan(rule.short) })}</b>}
          </li>
        ))}
      </ul>
      <p className="small muted">{t("control.desk.exception.until", { day: one.expires_on })}</p>
    </section>
  );
}
