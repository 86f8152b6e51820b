/** One case: what deviates, how far it has come, who said and did what, and the step the reader may take now. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { problemText } from "../../ui/problemText";
import { Failed, Loading } from "../../ui/states";
import { CaseActions } from "./CaseActions";
import { dueText, holderText, isOverdue, StateTag, Steps } from "./caseParts";
import { money } from "./figures";
import { type Case, type CaseEvent, caseQuery } from "./requests";
import { readAdjust, useView } from "./search";
import { TransferCard } from "./TransferCard";
import { useMonitored } from "./useMonitored";

export function CasePage({ id, model }: { readonly id: number; readonly model: string }) {
  const { t } = useTranslation();
  const { unit } = useMonitored();
  const [, change] = useView(readAdjust);
  const found = useQuery(caseQuery(id));
  if (found.error) return <Failed what={problemText(t, asProblem(found.error))} retry={() => void found.refetch()} />;
  if (!found.data) return <Loading />;
  const one = found.data;
  const over = Number(one.amount) > 0;
  return (
    <div className="case-page" data-testid="case">
      <section className="card case-head">
        <button type="button" className="plain link" onClick={() => change({ case: undefined })}>
          ‹ {t("monitoring.backToCases")}
        </button>
        <h2>{one.title}</h2>
        <div className="case-facts">
          <StateTag one={one} />
          <span>{Object.values(one.names).join(" · ")}</span>
          <span>{one.period}</span>
          <span className={over ? "unfav strong" : "fav strong"}>
            {over ? "▲" : "▼"} {money(one.amount.replace("-", ""), unit, 2)}
          </span>
          <span className={isOverdue(one) ? "error" : "muted"}>{dueText(t, one)}</span>
          <span className="muted">{t("monitoring.ownerIs", { name: one.owner?.name ?? t("monitoring.nobody") })}</span>
        </div>
        <Steps one={one} />
        {one.state !== "closed" && one.held_since && (
          <p className="muted small">{t("monitoring.waitsSince", { who: holderText(t, one), since: clockTime(one.held_since) })}</p>
        )}
      </section>
      <div className="case-columns">
        <section className="card case-story" aria-label={t("monitoring.story")}>
          <header>
            <h2>{t("monitoring.story")}</h2>
          </header>
          <ol className="story">
            {one.events.map((event) => (
              <Told key={event.seq} event={event} one={one} />
            ))}
          </ol>
        </section>
        <div className="case-work">
          {one.transfer_id !== null && <TransferCard id={one.transfer_id} />}
          <CaseActions one={one} model={model} />
        </div>
      </div>
    </div>
  );
}

const said = (detail: Record<string, unknown>, name: string): string => (typeof detail[name] === "string" ? detail[name] : "");

/** One event of the story, with its evidence. */
function Told({ event, one }: { readonly event: CaseEvent; readonly one: Case }) {
  const { t } = useTranslation();
  const { unit } = useMonitored();
  const { detail } = event;
  const links = Array.isArray(detail["links"]) ? (detail["links"] as { kind: string; ref: string; note: string }[]) : [];
  const decision = said(detail, "decision");
  const figure = said(detail, "deviation") || said(detail, "difference") || said(detail, "forced") || (event.event === "opened" ? one.amount : "");
  return (
    <li data-event={event.event}>
      <div className="line">
        <b>{t(`monitoring.event.${event.event}`, { defaultValue: event.event })}</b>
        {decision && <span className="tag">{t(`monitoring.decision.${decision}`, { defaultValue: decision })}</span>}
        <span className="spring" />
        <span className="muted small">
          {event.name || t("monitoring.system")} · {clockTime(event.at)}
        </span>
      </div>
      {said(detail, "text") && <p>{said(detail, "text")}</p>}
      {said(detail, "evidence") && event.event === "executed" && said(detail, "evidence") !== "accepted" && !detail["transfer"] && <p>{said(detail, "evidence")}</p>}
      {figure && <p className="muted small">{t("monitoring.deviationNow", { amount: money(figure, unit, 2) })}</p>}
      {links.length > 0 && (
        <ul className="evidence">
          {links.map((link) => (
            <li key={`${link.kind}${link.ref}`}>
              <span className="tag">{t(`monitoring.link.${link.kind}`, { defaultValue: link.kind })}</span> {link.ref}
              {link.note && <span className="muted"> {link.note}</span>}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
