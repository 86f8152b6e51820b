/** The step the reader may take on a case now: explain with evidence, decide, approve, execute, verify. One primary button. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, Input, Radio } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { money } from "./figures";
import { approve, type Case, decide, type Decision, execute, explain, type Line, type Link, linesQuery, refuse, verify } from "./requests";
import { TransferLines } from "./TransferLines";
import { useMonitored } from "./useMonitored";

export function CaseActions({ one, model }: { readonly one: Case; readonly model: string }) {
  const { t } = useTranslation();
  const can = new Set(one.can);
  if (one.can.length === 0) return one.state === "closed" ? null : <Waiting one={one} />;
  return (
    <section className="card case-act" aria-label={t("monitoring.yourStep")}>
      {can.has("explain") && <Explain key={one.id} one={one} model={model} />}
      {can.has("decide") && (one.state === "explained" || !can.has("approve")) && <Decide one={one} model={model} />}
      {can.has("approve") && <Approve one={one} />}
      {can.has("execute") && <Execute one={one} />}
      {can.has("verify") && <Verify one={one} />}
    </section>
  );
}

function Waiting({ one }: { readonly one: Case }) {
  const { t } = useTranslation();
  const inFlow = one.state === "decided" && one.transfer_id !== null;
  return <p className="card muted card-text">{t(one.state === "executed" ? "monitoring.nextLoad" : inFlow ? "monitoring.inFlow" : "monitoring.othersTurn", { who: one.holders.map((person) => person.name).join("、") })}</p>;
}

/** Does the step, shows the new state at once, and says what went wrong without losing what was typed. */
function useStep<T>(act: (input: T) => Promise<Case>) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async (done) => {
      queries.setQueryData(["case", done.id], done);
      await Promise.all(["cases", "closing", "board", "transfers", "alerts"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      message.success(t(`monitoring.did.${done.state}`));
    },
    onError: (error) => void message.error(problemText(t, asProblem(error)), 6),
  });
}

function Explain({ one, model }: { readonly one: Case; readonly model: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [links, setLinks] = useState<readonly Link[]>([]);
  const [number, setNumber] = useState("");
  const step = useStep(() => explain(one.id, text.trim(), [...links, ...(number.trim() ? [{ kind: "document" as const, ref: number.trim(), note: "" }] : [])]));
  return (
    <>
      <h3>{t("monitoring.explainTitle")}</h3>
      <Input.TextArea aria-label={t("monitoring.explainTitle")} data-testid="explain-text" rows={4} value={text} placeholder={t("monitoring.explainHint")} onChange={(event) => setText(event.target.value)} />
      <Vouchers one={one} model={model} chosen={links} onChange={setLinks} />
      <label className="field">
        <span>{t("monitoring.documentNumber")}</span>
        <Input value={number} onChange={(event) => setNumber(event.target.value)} />
      </label>
      <Buttons>
        <Button type="primary" size="large" data-testid="do-explain" disabled={!text.trim()} loading={step.isPending} onClick={() => step.mutate(undefined)}>
          {t("monitoring.doExplain")}
        </Button>
      </Buttons>
    </>
  );
}

/** The largest voucher lines of the place, to be ticked as evidence. */
function Vouchers({ one, model, chosen, onChange }: { readonly one: Case; readonly model: string; readonly chosen: readonly Link[]; readonly onChange: (links: readonly Link[]) => void }) {
  const { t } = useTranslation();
  const { unit } = useMonitored();
  const found = useQuery({ ...linesQuery(model, { item: one.item, members: one.members, period: one.period, span: "to_date" }, 0), retry: false });
  const text = (line: Record<string, unknown>, name: string): string => (typeof line[name] === "string" ? line[name] : "");
  const lines = [...(found.data?.lines ?? [])].sort((a, b) => Math.abs(Number(text(b, "amount"))) - Math.abs(Number(text(a, "amount")))).slice(0, 6);
  if (lines.length === 0) return null;
  return (
    <fieldset className="evidence-pick">
      <legend>{t("monitoring.pickEvidence")}</legend>
      {lines.map((line, i) => {
        const ref = text(line, "src_voucher");
        const note = `${text(line, "memo")} ${money(text(line, "amount"), unit, 2)}`.trim();
        return (
          <Checkbox
            key={`${ref}${i}`}
            checked={chosen.some((link) => link.ref === ref && link.note === note)}
            onChange={(event) => onChange(event.target.checked ? [...chosen, { kind: "voucher", ref, note }] : chosen.filter((link) => link.ref !== ref || link.note !== note))}
          >
            {ref} <span className="muted">{note}</span>
          </Checkbox>
        );
      })}
    </fieldset>
  );
}

const DECISIONS: readonly Decision[] = ["transfer", "accept", "forecast", "task"];

function Decide({ one, model }: { readonly one: Case; readonly model: string }) {
  const { t } = useTranslation();
  const [decision, setDecision] = useState<Decision>("transfer");
  const [text, setText] = useState("");
  const [asked, setAsked] = useState<{ readonly lines: Line[]; readonly flow: string; readonly fits: boolean } | null>(null);
  const step = useStep(() => decide(one.id, decision, text.trim(), decision === "transfer" ? (asked?.lines ?? []) : [], decision === "transfer" ? one.flow || (asked?.flow ?? "") : ""));
  const ready = decision === "transfer" ? asked !== null && asked.fits : text.trim() !== "";
  return (
    <>
      <h3>{t("monitoring.decideTitle")}</h3>
      <Radio.Group value={decision} onChange={(event) => setDecision(DECISIONS.find((known) => known === event.target.value) ?? "transfer")} className="decisions">
        {DECISIONS.map((known) => (
          <Radio key={known} value={known} data-testid={`decision-${known}`}>
            {t(`monitoring.decision.${known}`)}
            <span className="muted small"> {t(`monitoring.decisionNote.${known}`)}</span>
          </Radio>
        ))}
      </Radio.Group>
      {decision === "transfer" && <TransferLines model={model} item={one.item} target={one.members} period={one.period} amount={one.amount} onChange={setAsked} />}
      <Input.TextArea aria-label={t("monitoring.decideWhy")} data-testid="decide-text" rows={2} value={text} placeholder={t("monitoring.decideWhy")} onChange={(event) => setText(event.target.value)} />
      <Buttons>
        <Button type="primary" size="large" data-testid="do-decide" disabled={!ready} loading={step.isPending} onClick={() => step.mutate(undefined)}>
          {t(decision === "transfer" ? "monitoring.askTransfer" : "monitoring.doDecide")}
        </Button>
      </Buttons>
    </>
  );
}

function Approve({ one }: { readonly one: Case }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const agree = useStep(() => approve(one.id, text.trim()));
  const back = useStep(() => refuse(one.id, text.trim()));
  return (
    <>
      <h3>{t("monitoring.approveTitle", { decision: t(`monitoring.decision.${one.decision ?? "accept"}`) })}</h3>
      <Input.TextArea aria-label={t("monitoring.comment")} rows={2} value={text} placeholder={t("monitoring.approveHint")} onChange={(event) => setText(event.target.value)} />
      <Buttons>
        <Button size="large" danger disabled={!text.trim()} loading={back.isPending} onClick={() => back.mutate(undefined)}>
          {t("monitoring.doRefuse")}
        </Button>
        <Button type="primary" size="large" data-testid="do-approve" loading={agree.isPending} onClick={() => agree.mutate(undefined)}>
          {t("monitoring.doApprove")}
        </Button>
      </Buttons>
    </>
  );
}

function Execute({ one }: { readonly one: Case }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const step = useStep(() => execute(one.id, text.trim()));
  return (
    <>
      <h3>{t("monitoring.executeTitle")}</h3>
      <Input.TextArea aria-label={t("monitoring.executeTitle")} rows={3} value={text} placeholder={t("monitoring.executeHint")} onChange={(event) => setText(event.target.value)} />
      <Buttons>
        <Button type="primary" size="large" disabled={!text.trim()} loading={step.isPending} onClick={() => step.mutate(undefined)}>
          {t("monitoring.doExecute")}
        </Button>
      </Buttons>
    </>
  );
}

function Verify({ one }: { readonly one: Case }) {
  const { t } = useTranslation();
  const step = useStep(() => verify(one.id));
  return (
    <>
      <h3>{t("monitoring.verifyTitle")}</h3>
      <p className="muted">{t("monitoring.verifyHint")}</p>
      <Buttons>
        <Button size="large" loading={step.isPending} onClick={() => step.mutate(undefined)}>
          {t("monitoring.doVerify")}
        </Button>
      </Buttons>
    </>
  );
}

function Buttons({ children }: { readonly children: React.ReactNode }) {
  return <div className="act-buttons">{children}</div>;
}
