/** One case: figures and changes of its subject, the flow with who had it how long, what was said, and the decision. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { problemText } from "../../ui/problemText";
import { Icon } from "../../ui/icons";
import { Failed, Loading } from "../../ui/states";
import { useNarrow } from "../../ui/useNarrow";
import { CaseTalk } from "./CaseTalk";
import { DecisionBar } from "./DecisionBar";
import { FlowCards, FlowSteps } from "./FlowCards";
import { HeldBars } from "./HeldBars";
import { type CaseDetail, caseQuery } from "./requests";
import { duration, hoursSince } from "./spoken";
import { StatusTag } from "./StatusTag";
import { SUBJECT_VIEWS } from "./subjects";
import { Trail } from "./Trail";

export interface Position {
  readonly n: number;
  readonly count: number;
  readonly previous: (() => void) | undefined;
  readonly next: (() => void) | undefined;
}

interface Props {
  readonly id: number;
  readonly position: Position | undefined;
  readonly onBack: () => void;
  readonly onDecided: () => void;
}

export function CaseView({ id, position, onBack, onDecided }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const { data, error, refetch } = useQuery(caseQuery(id));
  if (error) {
    const problem = asProblem(error);
    return <Failed what={t("process.load", { reason: problemText(t, problem) })} reference={problem.reference} retry={() => void refetch()} />;
  }
  if (!data) return <Loading />;
  return (
    <>
      {narrow ? <PhoneHead position={position} onBack={onBack} /> : <Head subject={data} position={position} />}
      <div className="case" data-testid="case">
        <div className="case-main">
          {narrow && <PhoneTitle subject={data} />}
          <Subject subject={data} />
          {narrow && <FlowSteps subject={data} />}
          <Trail subject={data} />
          <CaseTalk subject={data} />
        </div>
        {!narrow && (
          <aside className="card case-flow" aria-label={t("process.flow")}>
            <header>
              <h2>{t("process.flow")}</h2>
              <span className="muted small">{walked(t, data)}</span>
            </header>
            <div className="scroll">
              <FlowCards subject={data} />
              <HeldBars subject={data} />
            </div>
            <IfAgree subject={data} />
          </aside>
        )}
      </div>
      <DecisionBar subject={data} onDecided={onDecided} />
    </>
  );
}

/** The kind's own block; the slot of a kind without one stays empty. */
function Subject({ subject }: { readonly subject: CaseDetail }) {
  const View = SUBJECT_VIEWS[subject.subject_kind];
  if (!View) return null;
  return (
    <Suspense fallback={<Loading rows={8} />}>
      <View subject={subject} />
    </Suspense>
  );
}

function walked(t: Parameters<typeof duration>[0], subject: CaseDetail): string {
  if (subject.ended_at === null) return t("process.walked", { time: duration(t, hoursSince(subject.started_at)) });
  const hours = (new Date(subject.ended_at).getTime() - new Date(subject.started_at).getTime()) / 3_600_000;
  return t("process.took", { time: duration(t, hours) });
}

function facts(t: Parameters<typeof duration>[0], subject: CaseDetail): string {
  const submitted = [...subject.actions].reverse().find((one) => one.action === "submit");
  return [t("process.submission", { n: subject.round }), submitted ? `${submitted.name} ${clockTime(submitted.at)}` : subject.requester_name].join(" · ");
}

function Head({ subject, position }: { readonly subject: CaseDetail; readonly position: Position | undefined }) {
  const { t } = useTranslation();
  return (
    <div className="page-head">
      <h1 title={subject.title}>{subject.title}</h1>
      <StatusTag status={subject.status} />
      <span className="facts">{facts(t, subject)}</span>
      <span className="spring" />
      {position && (
        <>
          <span className="muted small">{t("process.position", { n: position.n, count: position.count })}</span>
          <Button size="small" disabled={!position.previous} onClick={position.previous}>
            {t("process.previous")}
          </Button>
          <Button size="small" disabled={!position.next} onClick={position.next}>
            {t("process.next")}
          </Button>
        </>
      )}
    </div>
  );
}

function PhoneHead({ position, onBack }: { readonly position: Position | undefined; readonly onBack: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="phone-head">
      <button type="button" className="plain" aria-label={t("process.back")} onClick={onBack} data-testid="back">
        <Icon name="right" size={20} />
      </button>
      <b>{t("nav.approve")}</b>
      <span className="spring" />
      {position && (
        <span className="muted small">
          {position.n} / {position.count}
        </span>
      )}
    </div>
  );
}

function PhoneTitle({ subject }: { readonly subject: CaseDetail }) {
  const { t } = useTranslation();
  return (
    <div className="phone-title">
      <h1>{subject.title}</h1>
      <StatusTag status={subject.status} /> <span className="muted small">{facts(t, subject)}</span>
    </div>
  );
}

/** What approving would do. */
function IfAgree({ subject }: { readonly subject: CaseDetail }) {
  const { t } = useTranslation();
  if (subject.my_task === null) return null;
  const current = subject.nodes.find((node) => node.state === "current");
  const others = current?.need === "all" ? subject.holders.filter((h) => h.task !== subject.my_task).map((h) => h.name) : [];
  const next = subject.nodes.find((node) => node.state === "pending");
  return (
    <footer className="small">
      {others.length > 0
        ? t("process.ifAgreeOthers", { who: others.join("、") })
        : next
          ? t("process.ifAgree", { who: next.people.join("、") || next.title })
          : t("process.ifAgreeLast")}
    </footer>
  );
}
