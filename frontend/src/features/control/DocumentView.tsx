/** One request: where it stands and who holds it, its lines, what approvers said and what the ledger booked, in order. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { Icon } from "../../ui/icons";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { DocumentActions } from "./DocumentActions";
import { DocumentLines } from "./DocumentLines";
import { DocumentRules } from "./DocumentRules";
import { DocumentTag } from "./DocumentTag";
import { spoken } from "./figures";
import { documentQuery, type Standing } from "./spendRequests";
import { Timeline } from "./Timeline";
import type { SpendPlace } from "./useSpendPlace";

interface Props {
  readonly id: number;
  readonly go: (part: Partial<SpendPlace>) => void;
}

export function DocumentView({ id, go }: Props) {
  const { t } = useTranslation();
  const found = useQuery(documentQuery(id));
  const back = (
    <Button type="text" size="small" icon={<Icon name="undo" />} onClick={() => go({ id: undefined })}>
      {t("control.doc.back")}
    </Button>
  );
  if (found.isPending) return <Loading />;
  if (found.error) {
    const problem = asProblem(found.error);
    return (
      <>
        <div className="toolbar">{back}</div>
        <Failed what={problemText(t, problem)} reference={problem.reference} retry={problem.kind === "not-found" ? undefined : () => void found.refetch()} />
      </>
    );
  }
  const document = found.data;
  return (
    <>
      <div className="toolbar">
        {back}
        <b data-testid="document-number">{document.number}</b>
        <DocumentTag state={document.state} />
        <span className="muted small who-when">{[document.kind, document.requester_name, clockTime(document.created_at)].join(" · ")}</span>
      </div>
      <div className="scroll doc-body">
        <section className="card">
          <header>
            <h2>{document.title || document.number}</h2>
          </header>
          {document.lines.length > 0 ? <DocumentLines document={document} /> : <Empty>{t("control.doc.draftOnly")}</Empty>}
        </section>
        <section className="card" aria-label={t("control.doc.flow")}>
          <header>
            <h2>{t("control.doc.flow")}</h2>
            {document.case && document.case.round > 1 && <span className="muted small">{t("control.doc.round", { n: document.case.round })}</span>}
          </header>
          {document.case ? <Steps standing={document.case} /> : <p className="card-body muted">{t(document.state === "draft" ? "control.doc.draftOnly" : "control.doc.noFlow")}</p>}
        </section>
        <DocumentRules key={id} id={id} />
        <section className="card" aria-label={t("control.doc.timeline")}>
          <header>
            <h2>{t("control.doc.timeline")}</h2>
          </header>
          <Timeline document={document} />
        </section>
      </div>
      <DocumentActions document={document} go={go} />
    </>
  );
}

function Steps({ standing }: { readonly standing: Standing }) {
  const { t } = useTranslation();
  const done = standing.status === "approved";
  const running = standing.status === "running";
  return (
    <ol className="doc-steps">
      {standing.nodes.map((node, index) => {
        const state = done || index < standing.at ? "done" : index === standing.at ? (running ? "current" : "stopped") : "pending";
        return (
          <li key={`${index} ${node}`} data-state={state}>
            <i aria-hidden="true">{state === "done" && <Icon name="check" size={11} />}</i>
            <span className="node">{node}</span>
            {state === "current" && <Holding standing={standing} t={t} />}
          </li>
        );
      })}
    </ol>
  );
}

function Holding({ standing, t }: { readonly standing: Standing; readonly t: TFunction }) {
  return (
    <span className="muted small" data-testid="holding">
      {standing.holders.join(t("control.comma"))} · {t("control.doc.waited", { time: spoken(t, standing.hours ?? 0) })}
      {standing.due_at && ` · ${t("control.doc.due", { time: clockTime(standing.due_at) })}`}
    </span>
  );
}

