/** 规则试算: a policy's text, what it changes, what it would have said to the documents there were, and the day it comes into force. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, type Problem } from "../../api/problem";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { policyTextQuery, simulate } from "./deskRequests";
import { EditionHistory } from "./EditionHistory";
import { EditionPlan } from "./EditionPlan";
import { SimulationResult } from "./SimulationResult";

export function SimulateView({ policy }: { readonly policy: string }) {
  const { t } = useTranslation();
  const found = useQuery(policyTextQuery(policy));
  if (found.isPending) return <Loading />;
  if (found.error) {
    const problem = asProblem(found.error);
    if (problem.kind === "forbidden") return <Empty>{t("control.simulate.noRight")}</Empty>;
    return <Failed what={t("problem.load", { reason: problemText(t, problem) })} retry={() => void found.refetch()} />;
  }
  return (
    <>
      <Draft policy={policy} inForce={found.data.text} released={found.data.released} />
      <EditionHistory policy={policy} />
    </>
  );
}

interface DraftProps {
  readonly policy: string;
  readonly inForce: string;
  readonly released: boolean;
}

function Draft({ policy, inForce, released }: DraftProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(inForce);
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [tried, setTried] = useState<string>();
  const trial = useMutation({
    mutationFn: () => simulate({ policy, text, since: since || null, until: until || null }),
    onMutate: () => setTried(text),
  });
  return (
    <div className="simulate">
      <section className="simulate-text">
        <p className="small muted">{t("control.simulate.about")}</p>
        <Input.TextArea
          aria-label={t("control.simulate.text")}
          className="code"
          spellCheck={false}
          autoSize={{ minRows: 10, maxRows: 26 }}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="simulate-bar">
          <label>
            {t("control.simulate.since")} <Input size="small" type="date" value={since} max={until || undefined} onChange={(event) => setSince(event.target.value)} />
          </label>
          <label>
            {t("control.simulate.until")} <Input size="small" type="date" value={until} min={since || undefined} onChange={(event) => setUntil(event.target.value)} />
          </label>
          <Button size="small" type="primary" loading={trial.isPending} disabled={text.trim() === ""} onClick={() => trial.mutate()}>
            {t("control.simulate.run")}
          </Button>
          <Button size="small" disabled={text === inForce} onClick={() => setText(inForce)}>
            {t("control.simulate.reset")}
          </Button>
        </div>
        {released && text.trim() !== "" && text !== inForce && <EditionPlan policy={policy} text={text} tried={tried === text ? trial.data : undefined} />}
      </section>
      <section className="simulate-result" aria-live="polite">
        {trial.isPending && <Loading rows={6} />}
        {!trial.isPending && trial.error && <Faults problem={asProblem(trial.error)} />}
        {!trial.isPending && trial.data && <SimulationResult found={trial.data} />}
        {trial.isIdle && <Empty>{t("control.simulate.notYet")}</Empty>}
      </section>
    </div>
  );
}

interface Fault {
  readonly line: number;
  readonly column: number;
  readonly found: string;
  readonly expected: string;
  readonly message: string;
}

/** What is wrong in the text, by line; or why nothing was answered at all. */
function Faults({ problem }: { readonly problem: Problem }) {
  const { t } = useTranslation();
  const body = problem.body as { facts?: { problems?: readonly Fault[] } } | undefined;
  const faults = body?.facts?.problems ?? [];
  if (problem.kind === "forbidden") return <Empty>{t("control.simulate.noRight")}</Empty>;
  if (faults.length === 0) return <Failed what={t("control.simulate.failed", { reason: problemText(t, problem) })} />;
  return (
    <div className="notice simulate-faults" data-tone="error" role="alert" data-testid="faults">
      <b>{t("control.simulate.faults", { count: faults.length })}</b>
      <ul>
        {faults.map((one, index) => (
          <li key={index}>
            {one.line > 0 && <b>{t("control.simulate.line", { line: one.line })} </b>}
            {one.message || t("control.simulate.fault", { found: one.found, expected: one.expected })}
          </li>
        ))}
      </ul>
    </div>
  );
}
