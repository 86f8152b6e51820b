/** What happened to a balance row, newest first, each step with what was left after it. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { clockTime } from "../../lib/times";
import { timelineQuery } from "./deskRequests";
import { negative, yuan } from "./figures";

const KINDS = [
  "reserve", "hold", "return", "reject", "withdraw", "give_back", "commit", "execute", "direct", "opening", "draw", "undraw", "amend", "close", "cancel",
  "reverse", "expire", "release", "transfer", "supplement", "carry", "borrow", "repay", "override", "force", "relief", "rebuild",
  "withhold", "issue", "link",
] as const;

export function BucketTimeline({ bucket }: { readonly bucket: number }) {
  const { t } = useTranslation();
  const found = useQuery(timelineQuery(bucket));
  if (!found.data || found.data.length === 0) return null;
  return (
    <section>
      <h3>{t("control.desk.timeline")}</h3>
      <ol className="timeline" data-testid="bucket-timeline">
        {found.data.map((step) => (
          <li key={step.id}>
            <time className="muted small" dateTime={step.at}>
              {clockTime(step.at)}
            </time>
            <span>
              <b>{t(`control.entry.${KINDS.find((kind) => kind === step.kind) ?? "other"}`)}</b> {step.who}
              <span className="muted small"> · {[step.document, step.voucher, t("control.desk.leftAfter", { amount: yuan(step.left_after) })].filter(Boolean).join(" · ")}</span>
            </span>
            <b className={negative(step.amount) ? "number muted" : "number"}>{yuan(step.amount)}</b>
          </li>
        ))}
      </ol>
    </section>
  );
}
