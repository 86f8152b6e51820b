/** What an approver sees of a spend request: figure, lines, and what each rule still has beside what this one holds. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { DocumentLines } from "./DocumentLines";
import { sum, yuan } from "./figures";
import { documentQuery } from "./spendRequests";
import "../../styles/spend.css";

export function DocumentReview({ subject }: { readonly subject: { readonly subject_id: number } }) {
  const { t } = useTranslation();
  const found = useQuery(documentQuery(subject.subject_id));
  if (found.isPending) return <Loading rows={4} />;
  if (found.error) return asProblem(found.error).kind === "not-found" ? null : <Failed what={problemText(t, asProblem(found.error))} retry={() => void found.refetch()} />;
  const document = found.data;
  return (
    <section className="card" data-testid="document-review">
      <header>
        <h2>{document.title || document.number}</h2>
        <span className="muted small">{[document.kind, document.number, document.requester_name].join(" · ")}</span>
      </header>
      <div className="card-body review-figures">
        <div>
          <span className="muted small">{t("control.review.budget")}</span>
          <b>{yuan(sum(document.lines.map((one) => one.amount)))}</b>
        </div>
        <div>
          <span className="muted small">{t("control.form.totalGross")}</span>
          <b>{yuan(sum(document.lines.map((one) => one.gross)))}</b>
        </div>
      </div>
      <DocumentLines document={document} />
    </section>
  );
}
