/** The flow: done green line, current blue with holder and elapsed / limit, to come grey dashed, a return red dashed loop. */
import { useTranslation } from "react-i18next";
import { clockTime } from "../../lib/times";
import { Icon } from "../../ui/icons";
import type { CaseDetail, FlowNode } from "./requests";
import { duration, hoursSince } from "./spoken";
import { ActTag } from "./StatusTag";
import { useMe } from "./useBusinessDay";

const FINISHES = new Set(["plan_unit"]); // what is locked once it is approved

interface Props {
  readonly subject: CaseDetail;
}

export function FlowCards({ subject }: Props) {
  const { t } = useTranslation();
  const submitted = [...subject.actions].reverse().find((one) => one.action === "submit");
  const mended = subject.spans.filter((span) => span.node === "" && span.round === subject.round - 1).at(-1);
  const returnedAt = lastReturn(subject);
  const back = subject.status === "returned";
  return (
    <ol className="flow" data-testid="flow" data-loop={returnedAt >= 0}>
      {returnedAt >= 0 && (
        <span className="loop" style={{ gridRow: `1 / span ${returnedAt + 2}` }}>
          <em>{t("process.returns", { count: subject.returns })}</em>
        </span>
      )}
      <li className="flow-card" data-state={back ? "current" : "start"}>
        <div className="line">
          <b>{t("process.act.submit")}</b>
          <span className="muted small">{subject.requester_name}</span>
        </div>
        <div className="muted small">
          {t("process.submission", { n: subject.round })}
          {submitted && ` · ${clockTime(submitted.at)}`}
          {mended && ` · ${t("process.mending", { time: duration(t, mended.hours) })}`}
        </div>
      </li>
      {subject.nodes.map((node) => (
        <NodeCard key={node.code} node={node} over={back} />
      ))}
      {FINISHES.has(subject.subject_kind) && (
        <li className="flow-card" data-state={subject.status === "approved" ? "done" : "pending"}>
          <div className="line">
            <b>{t("process.finish")}</b>
            <span className="muted small">{t("process.automatic")}</span>
          </div>
          <div className="muted small">{t("process.finishNote")}</div>
        </li>
      )}
    </ol>
  );
}

/** The index of the node that last returned the case, -1 when none did. */
function lastReturn(subject: CaseDetail): number {
  const last = [...subject.actions].reverse().find((one) => one.action === "return");
  return last ? subject.nodes.findIndex((node) => node.title === last.node) : -1;
}

function NodeCard({ node, over }: { readonly node: FlowNode; readonly over: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  const state = over && node.state === "current" ? "done" : node.state;
  const people = node.people.map((name) => (name === me?.name && state === "current" ? t("process.you", { name }) : name)).join("、");
  return (
    <li className="flow-card" data-state={state}>
      <div className="line">
        <b>{node.title}</b>
        {state === "done" && <ActTag action={node.outcome} />}
        {state === "current" && (
          <span className="tag" data-tone="info">
            <Icon name="play" />
            {t("process.current")}
          </span>
        )}
        {state === "pending" && <span className="muted small">{t("process.expected")}</span>}
        {state === "skipped" && <span className="muted small">{t("process.skipped")}</span>}
      </div>
      {state === "current" && node.since !== null ? (
        <Elapsed node={node} people={people} />
      ) : (
        state !== "skipped" && (
          <div className="muted small">
            {people}
            {state === "done" && ` · ${t("process.stayed", { time: duration(t, node.hours) })}`}
          </div>
        )
      )}
    </li>
  );
}

function Elapsed({ node, people }: { readonly node: FlowNode; readonly people: string }) {
  const { t } = useTranslation();
  const hours = hoursSince(node.since ?? "");
  const left = node.due_at === null ? null : (new Date(node.due_at).getTime() - Date.now()) / 3_600_000;
  const late = left !== null && left < 0;
  return (
    <div className="muted small">
      <b className="mine">{people}</b> · {t("process.waited")} <b className={late ? "unfav" : "waits"}>{duration(t, hours)}</b>
      {node.need === "all" && ` · ${t("process.agreed", { n: node.agreed.length, count: node.agreed.length + node.people.length })}`}
      {node.due_days !== null && left !== null && (
        <div className="limit" data-late={late}>
          <i aria-hidden="true">
            <u style={{ width: `${Math.min(100, (hours / (hours + Math.max(0, left))) * 100)}%` }} />
          </i>
          {t(late ? "process.late" : "process.limit", { days: node.due_days, time: duration(t, Math.abs(left)) })}
        </div>
      )}
    </div>
  );
}

/** The same on a phone: a line of steps. */
export function FlowSteps({ subject }: Props) {
  const { t } = useTranslation();
  const current = subject.nodes.find((node) => node.state === "current");
  return (
    <section className="card" aria-label={t("process.flow")}>
      <header>
        <h2>{t("process.flow")}</h2>
        {current?.since && (
          <span className="muted small">
            {current.people.join("、")} {t("process.waited")} <b className="unfav">{duration(t, hoursSince(current.since))}</b>
          </span>
        )}
      </header>
      <ol className="steps">
        <li data-state="done">
          <i aria-hidden="true">
            <Icon name="check" size={11} />
          </i>
          {t("process.act.submit")}
          <span>{subject.requester_name}</span>
        </li>
        {subject.nodes
          .filter((node) => node.state !== "skipped")
          .map((node) => (
            <li key={node.code} data-state={node.state}>
              <i aria-hidden="true">{node.state === "done" && <Icon name="check" size={11} />}</i>
              {node.title}
              <span>{node.state === "done" ? duration(t, node.hours) : node.people.join("、")}</span>
            </li>
          ))}
      </ol>
    </section>
  );
}
