/** What happened to a request, approvals and ledger entries in one order. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { clockTime } from "../../lib/times";
import { negative, sum, yuan } from "./figures";
import type { Document } from "./spendRequests";

const ACTS = ["submit", "approve", "return", "reject", "reassign", "withdraw"] as const;
const KINDS = ["reserve", "hold", "return", "reject", "withdraw", "give_back", "commit", "execute", "direct", "opening"] as const;

interface Happening {
  readonly at: string;
  readonly order: number;
  readonly who: string;
  readonly what: string;
  readonly note: string;
  readonly amount: string | null;
}

export function Timeline({ document }: { readonly document: Document }) {
  const { t } = useTranslation();
  const all = [...said(document, t), ...booked(document, t)].sort((a, b) => second(a.at) - second(b.at) || a.order - b.order);
  if (all.length === 0) return <p className="card-body muted">{t("control.doc.draftOnly")}</p>;
  return (
    <ol className="timeline" data-testid="timeline">
      {all.map((one, index) => (
        <li key={index}>
          <time className="muted small" dateTime={one.at}>
            {clockTime(one.at)}
          </time>
          <span>
            <b>{one.what}</b> {one.who}
            {one.note && <span className="muted"> · {one.note}</span>}
          </span>
          {one.amount !== null && <b className={negative(one.amount) ? "number muted" : "number"}>{yuan(one.amount)}</b>}
        </li>
      ))}
    </ol>
  );
}

/** What one transaction did reads as said first, then booked. */
const second = (iso: string): number => Math.floor(new Date(iso).getTime() / 1000);

type Words = TFunction;

function said(document: Document, t: Words): Happening[] {
  return document.approvals.map((one) => {
    const known = ACTS.find((act) => act === one.action) ?? "other";
    return { at: one.at, order: 0, who: one.who, what: [one.node, t(`control.act.${known}`)].filter(Boolean).join(" "), note: one.comment, amount: null };
  });
}

/** Entries of one step (same moment, kind and voucher) read as one line; a liquidation beside what replaced it is not told twice. */
function booked(document: Document, t: Words): Happening[] {
  const groups = new Map<string, Document["entries"]>();
  for (const entry of document.entries) {
    if (entry.stage === "forced") continue;
    const key = [entry.at, entry.kind, entry.voucher ?? ""].join("|");
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].flatMap((entries): Happening[] => {
    const [first] = entries;
    if (!first) return [];
    const known = KINDS.find((kind) => kind === first.kind) ?? "other";
    const told = entries.some((one) => !negative(one.amount)) ? entries.filter((one) => !negative(one.amount)) : entries;
    const note = [first.voucher && t("control.doc.voucher", { voucher: first.voucher }), first.reason].filter(Boolean).join(" · ");
    return [{ at: first.at, order: 1, who: first.who, what: t(`control.entry.${known}`), note, amount: sum(told.map((one) => one.amount)) }];
  });
}
