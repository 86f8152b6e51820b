/** 讨论: the thread on what the case is about. */
import { useTranslation } from "react-i18next";
import { Thread } from "../collaboration/Thread";
import type { SubjectRef } from "../collaboration/requests";
import type { CaseDetail } from "./requests";

const TALKED: Readonly<Record<string, SubjectRef["kind"]>> = { plan_unit: "plan_unit", document: "document" };

export function CaseTalk({ subject }: { readonly subject: CaseDetail }) {
  const { t } = useTranslation();
  const kind = TALKED[subject.subject_kind];
  if (kind === undefined) return null;
  return (
    <section className="card talk" aria-label={t("process.talk")}>
      <header>
        <h2>{t("process.talk")}</h2>
      </header>
      <Thread about={{ kind, subject: String(subject.subject_id) }} heading={false} />
    </section>
  );
}
