/** What a draft would have done: how many documents and how much, what it changes, and each document with rule and formula. */
import { Link } from "@tanstack/react-router";
import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import { withSearch } from "../../lib/search";
import { clockTime } from "../../lib/times";
import { Empty } from "../../ui/states";
import type { PolicyChange, Simulated, Simulation } from "./deskRequests";
import { yuan } from "./figures";

const COLORS: Readonly<Record<Simulated["answer"], string>> = { unplaced: "error", refuse: "error", exception: "error", confirm: "warning", notify: "processing", none: "default" };

export function SimulationResult({ found }: { readonly found: Simulation }) {
  const { t } = useTranslation();
  return (
    <div data-testid="simulation">
      <h3 className={found.blocked.documents > 0 ? "unfav" : ""}>{t("control.simulate.blocked", { count: found.blocked.documents, amount: yuan(found.blocked.amount) })}</h3>
      <p className="small muted">
        {t("control.simulate.judged", { count: found.documents, amount: yuan(found.amount) })}
        {found.excepted.documents > 0 && ` ${t("control.simulate.excepted", { count: found.excepted.documents })}`}
      </p>
      {found.answers.length > 0 && (
        <p className="simulate-answers">
          {found.answers.map((one) => (
            <span key={one.answer}>
              <Tag color={COLORS[one.answer]}>{t(`control.simulate.answer.${one.answer}`)}</Tag>
              {t("control.simulate.count", { count: one.documents, amount: yuan(one.amount) })}
            </span>
          ))}
        </p>
      )}
      <Changes found={found} />
      {found.documents === 0 && <Empty>{t("control.simulate.none")}</Empty>}
      {found.documents > 0 && found.listed.length === 0 && <Empty>{t("control.simulate.all")}</Empty>}
      <ul className="doc-cards plain-cards">
        {found.listed.map((one) => (
          <Row key={one.id} one={one} />
        ))}
      </ul>
      {found.left_out > 0 && <p className="more muted">{t("control.simulate.leftOut", { count: found.left_out })}</p>}
    </div>
  );
}

function Changes({ found }: { readonly found: Simulation }) {
  const { t } = useTranslation();
  if (found.changes.length === 0) return <p className="small muted">{t("control.simulate.noChange")}</p>;
  return (
    <details className="simulate-changes" open={found.changes.length <= 6}>
      <summary>{t("control.simulate.changes", { count: found.changes.length })}</summary>
      <ChangeList changes={found.changes} />
    </details>
  );
}

/** What one text of a policy says otherwise than another, part by part. */
export function ChangeList({ changes }: { readonly changes: readonly PolicyChange[] }) {
  const { t } = useTranslation();
  return (
    <ul className="small">
      {changes.map((one) => (
        <li key={`${one.of} ${one.code} ${one.part}`}>
          <b>{[one.code, one.part].filter(Boolean).join(" · ")}</b> <span className="muted">{one.was || t("control.simulate.nothing")}</span> → {one.now || t("control.simulate.nothing")}
        </li>
      ))}
    </ul>
  );
}

function Row({ one }: { readonly one: Simulated }) {
  const { t } = useTranslation();
  return (
    <li>
      <span className="line">
        <span>
          <Link to="/spend" search={withSearch({ tab: "mine", id: one.id })}>
            {one.number}
          </Link>{" "}
          <Tag color={COLORS[one.answer]}>{t(`control.simulate.answer.${one.answer}`)}</Tag>
          {one.excepted && <Tag>{t("control.simulate.byException")}</Tag>}
        </span>
        <b className={one.blocked ? "unfav" : ""}>{yuan(one.amount)}</b>
      </span>
      <span className="small">
        {[one.requester_name, one.title, clockTime(one.at)].filter(Boolean).join(" · ")}
      </span>
      {one.fault && <span className="small">{one.fault}</span>}
      {one.rules.map((rule) => (
        <span key={`${rule.rule} ${rule.key} ${rule.window}`} className="small">
          <b>{rule.title}</b>{" "}
          {rule.formula ? (
            <>
              {rule.formula}
              {t("control.simulate.asked", { amount: yuan(rule.asked) })}
              {rule.verdict === "refuse" && <b className="unfav"> {t("control.check.short", { amount: yuan(rule.short) })}</b>}
            </>
          ) : (
            <span className="muted">{t("control.check.hidden")}</span>
          )}
        </span>
      ))}
    </li>
  );
}
