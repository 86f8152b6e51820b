/** 谁用了多久: every person's hours at every node, the longest first. */
import { useTranslation } from "react-i18next";
import type { CaseDetail } from "./requests";
import { duration } from "./spoken";

interface Held {
  readonly key: string;
  readonly label: string;
  readonly hours: number;
  readonly now: boolean;
}

export function heldBy(subject: CaseDetail, submitter: string): Held[] {
  const sums = new Map<string, Held>();
  for (const span of subject.spans) {
    const key = `${span.person}@${span.node}`;
    const before = sums.get(key);
    sums.set(key, { key, label: `${span.name} ${span.node || submitter}`, hours: (before?.hours ?? 0) + span.hours, now: (before?.now ?? false) || span.until === null });
  }
  return [...sums.values()].sort((a, b) => b.hours - a.hours);
}

export function HeldBars({ subject }: { readonly subject: CaseDetail }) {
  const { t } = useTranslation();
  const held = heldBy(subject, t("process.submitter"));
  if (held.length === 0) return null;
  const longest = held[0]?.hours || 1;
  return (
    <section className="held" data-testid="held">
      <h3>{t("process.whoTook")}</h3>
      {held.map((one) => (
        <div key={one.key}>
          <span title={one.label}>{one.label}</span>
          <u aria-hidden="true">
            <i data-now={one.now} style={{ width: `${Math.max(2, (one.hours / longest) * 100)}%` }} />
          </u>
          <b>{duration(t, one.hours)}</b>
        </div>
      ))}
    </section>
  );
}
