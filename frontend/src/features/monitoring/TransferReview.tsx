/** What an approver sees of a transfer: what moves where, and why. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { Failed, Loading } from "../../ui/states";
import "../../styles/monitoring.css";
import { transferQuery } from "./requests";
import { TransferMoves, TransferTag } from "./TransferCard";

export function TransferReview({ subject }: { readonly subject: { readonly subject_id: number } }) {
  const { t } = useTranslation();
  const found = useQuery({ ...transferQuery(subject.subject_id), retry: false });
  if (found.error) {
    const problem = asProblem(found.error);
    return problem.kind === "not-found" ? <p className="card muted card-text">{t("monitoring.transferHidden")}</p> : <Failed what={problemText(t, problem)} retry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading rows={4} />;
  return (
    <section className="card transfer-card" data-testid="transfer-review" aria-label={t("monitoring.transferNo", { id: found.data.id })}>
      <header>
        <h2>{t("monitoring.transferNo", { id: found.data.id })}</h2>
        <TransferTag one={found.data} />
      </header>
      <p className="card-text">{found.data.reason}</p>
      <TransferMoves one={found.data} />
    </section>
  );
}
