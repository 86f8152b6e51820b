/** 用款申请: the form on the left, what the rules say on the right; saved as a draft or submitted. */
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Select } from "antd";
import { useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, type Problem } from "../../api/problem";
import { session } from "../../api/session";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { CheckPanel, LiveRemaining } from "./CheckPanel";
import { yuan } from "./figures";
import { FieldInputs } from "./FieldInputs";
import { SpendLines } from "./SpendLines";
import { contentOf, current, fieldsOf, filled, isMoney, type LineDraft, missing, newLine, newRequest, type RequestDraft, wireLines } from "./spendDraft";
import { type Check, fileRequest, type LineCheck, saveDraft, SPEND, type SpendForm, submitDocument, type Way } from "./spendRequests";
import { useSpendCheck } from "./useSpendCheck";

export interface Editing {
  readonly id: number;
  readonly number: string;
  readonly again: boolean; // was submitted before
  readonly request: RequestDraft;
}

interface Props {
  readonly forms: readonly SpendForm[];
  readonly editing: Editing | undefined;
  readonly onFiled: (id: number) => void;
  readonly onDraft: (id: number) => void;
}

export function SpendFormView({ forms, editing, onFiled, onDraft }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const first = forms.find((one) => one.policy === editing?.request.policy) ?? current(forms);
  const [request, setRequest] = useState<RequestDraft>(() => editing?.request ?? (first ? newRequest(first) : { policy: "", kind: "", title: "", fields: {}, lines: [] }));
  const [busy, setBusy] = useState<"saving" | "submitting" | null>(null);
  const key = useRef(crypto.randomUUID());
  const form = forms.find((one) => one.policy === request.policy) ?? first;
  const state = useSyncExternalStore(session.subscribe, session.get);
  if (!form) throw new Error("a form is shown only where there is one");
  const asked = useSpendCheck(form, request, busy === "submitting");
  const checked = useMemo(() => byLine(asked.check, asked.at), [asked.check, asked.at]);
  const lacking = missing(form, request, { period: t("control.form.period"), amount: isMoney(form) ? t("control.form.amount") : t("control.form.amountOf", { unit: form.unit }), department: t("control.department"), fields: t("control.form.fields") });
  const change = (part: Partial<RequestDraft>): void => {
    key.current = crypto.randomUUID(); // another content is another request
    setRequest((old) => ({ ...old, ...part }));
  };

  const failed = (problem: Problem, word: "notSubmitted" | "notSaved"): void => {
    message.error(t(`control.form.${word}`, { reason: problemText(t, problem) }));
    asked.again(); // a draft that could not be kept: what was asked may be old by now
  };
  const keep = async (): Promise<void> => {
    setBusy("saving");
    try {
      const { policy, kind, title } = request;
      const kept = await saveDraft({ policy, kind, title, content: contentOf(request) }, editing?.id);
      await client.invalidateQueries({ queryKey: [SPEND] });
      message.success(t("control.form.saved", { number: kept.number }));
      onDraft(kept.document_id);
    } catch (error) {
      failed(asProblem(error), "notSaved");
    } finally {
      setBusy(null);
    }
  };
  const submit = async (): Promise<void> => {
    setBusy("submitting");
    try {
      const wanted = { ...request, fields: filled(request.fields), lines: wireLines(form, request).lines };
      const filed = editing ? await submitDocument(editing.id, wanted) : await fileRequest(wanted, key.current);
      await client.invalidateQueries({ queryKey: [SPEND] });
      message.success(t("control.form.submitted", { number: filed.number, amount: yuan(asked.check?.asked ?? "0") }));
      onFiled(filed.document_id);
    } catch (error) {
      failed(asProblem(error), "notSubmitted");
    } finally {
      setBusy(null);
    }
  };
  const follow = (way: Way): void => {
    const index = asked.at[(way.line_no ?? 1) - 1];
    if (index === undefined) return;
    const part: Partial<LineDraft> = way.kind === "period" ? { period: way.period ?? "" } : { amount: way.amount };
    change({ lines: request.lines.map((one, i) => (i === index ? { ...one, ...part } : one)) });
  };

  const ready = asked.check !== null && !asked.waiting && asked.check.verdict !== "refuse" && lacking.length === 0;
  const name = state.kind === "in" || state.kind === "expired" ? state.info.name : "";
  return (
    <>
      <div className="spend-bar">
        <VerdictTag check={asked.check} lacking={lacking.length > 0} />
        <span className="facts muted small">{editing ? t("control.form.editing", { number: editing.number }) : t("control.form.notHeld")}</span>
        <span className="spring" />
        <Button loading={busy === "saving"} disabled={busy !== null} onClick={() => void keep()} data-testid="save-draft">
          {t("control.form.save")}
        </Button>
        <Button type="primary" loading={busy === "submitting"} disabled={!ready || busy !== null} onClick={() => void submit()} data-testid="submit">
          {t(editing?.again ? "control.form.submitAgain" : "control.form.submit")}
        </Button>
      </div>
      <div className="spend-body">
        <section className="card spend-form" aria-label={t("control.form.title")}>
          <header>
            <h2>{t("control.form.title")}</h2>
          </header>
          <div className="card-body">
            <div className="pair">
              <span>{t("control.form.who")}</span>
              <span>{name}</span>
            </div>
            <KindPicker forms={forms} request={request} fixed={editing !== undefined} onPick={(next) => change(next)} />
            <div className="field">
              <label htmlFor="about">{t("control.form.about")}</label>
              <Input id="about" value={request.title} placeholder={t("control.form.aboutHint")} maxLength={200} onChange={(event) => change({ title: event.target.value })} />
            </div>
            <FieldInputs id="head" fields={fieldsOf(form, request.kind, "head")} values={request.fields} onChange={(fields) => change({ fields })} />
            <SpendLines form={form} request={request} checked={checked} onChange={(lines) => change({ lines })} />
            {request.lines.length > 1 && asked.check && (
              <div className="pair total">
                <span>{t("control.form.total")}</span>
                <b>{yuan(asked.check.asked)}</b>
              </div>
            )}
            {asked.check && <LiveRemaining check={asked.check} />}
          </div>
        </section>
        <CheckPanel asked={asked} lacking={lacking} onWay={follow} />
      </div>
    </>
  );
}

function byLine(check: Check | null, at: readonly number[]): ReadonlyMap<number, LineCheck> {
  return new Map((check?.lines ?? []).flatMap((line) => (at[line.line_no - 1] === undefined ? [] : [[at[line.line_no - 1] as number, line] as const])));
}

function VerdictTag({ check, lacking }: { readonly check: Check | null; readonly lacking: boolean }) {
  const { t } = useTranslation();
  if (!check || (lacking && check.verdict === "ok")) return null;
  const faulty = check.lines.some((one) => one.message ?? one.standards.some((standard) => standard.verdict === "refuse"));
  const tone = check.verdict === "ok" ? "ok" : check.verdict === "warn" ? "warn" : "error";
  return (
    <span className="tag" data-tone={tone} data-testid="verdict-tag">
      <Icon name={tone === "ok" ? "check" : tone === "warn" ? "warn" : "close"} />
      {t(check.verdict === "refuse" && faulty ? "control.check.wrong" : `control.check.${check.verdict}`)}
    </span>
  );
}

interface KindProps {
  readonly forms: readonly SpendForm[];
  readonly request: RequestDraft;
  readonly fixed: boolean;
  readonly onPick: (next: RequestDraft) => void;
}

/** The kind of document, of any policy; not asked where there is only one. */
function KindPicker({ forms, request, fixed, onPick }: KindProps) {
  const { t } = useTranslation();
  const kinds = forms.flatMap((form) => form.kinds.map((kind) => ({ form, kind })));
  if (kinds.length < 2) return null;
  return (
    <div className="field">
      <label htmlFor="kind">{t("control.form.kind")}</label>
      <Select
        id="kind"
        disabled={fixed}
        value={`${request.policy}\t${request.kind}`}
        options={kinds.map(({ form, kind }) => ({ value: `${form.policy}\t${kind.code}`, label: `${kind.title}（${form.title}）` }))}
        onChange={(picked) => {
          const found = kinds.find(({ form, kind }) => `${form.policy}\t${kind.code}` === picked);
          if (found) onPick({ policy: found.form.policy, kind: found.kind.code, title: request.title, fields: {}, lines: [newLine(found.form, found.kind.code, undefined, 1)] });
        }}
      />
    </div>
  );
}
