/** 字段对应: what another system's fields become, way by way; a trial that holds nothing. */
import { useMutation } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import { type LineMapped, tryMapping } from "./deskRequests";
import { FieldInputs } from "./FieldInputs";
import { MappingTable } from "./MappingTable";
import { filled, type Texts } from "./spendDraft";
import type { FormKind, Policy } from "./spendRequests";

export function MappingView({ policy }: { readonly policy: Policy }) {
  const { t } = useTranslation();
  const kinds = policy.kinds.filter((one) => one.mapped.length > 0);
  const [code, setCode] = useState(kinds[0]?.code ?? "");
  const kind = kinds.find((one) => one.code === code);
  if (!kind) return <Empty>{t("control.mapping.none")}</Empty>;
  return <Trial key={code} policy={policy.code} kind={kind} kinds={kinds} onKind={setCode} />;
}

interface Props {
  readonly policy: string;
  readonly kind: FormKind;
  readonly kinds: readonly FormKind[];
  readonly onKind: (code: string) => void;
}

function Trial({ policy, kind, kinds, onKind }: Props) {
  const { t } = useTranslation();
  const [head, setHead] = useState<Texts>({});
  const [line, setLine] = useState<Texts>({});
  const [number, setNumber] = useState("");
  const trial = useMutation({ mutationFn: tryMapping });
  const typed = { policy, kind: kind.code, head: filled(head), lines: [filled(line)], number: "", text: "" };
  const kept = { policy, kind: kind.code, head: {}, lines: [], number: number.trim(), text: "" };
  return (
    <div className="mapping">
      <form
        className="mapping-fields"
        onSubmit={(event) => {
          event.preventDefault();
          trial.mutate(typed);
        }}
      >
        <p className="small muted">{t("control.mapping.about")}</p>
        {kinds.length > 1 && (
          <div className="field">
            <label htmlFor="mapping-kind">{t("control.mapping.kind")}</label>
            <Select id="mapping-kind" value={kind.code} options={kinds.map((one) => ({ value: one.code, label: one.title }))} onChange={onKind} />
          </div>
        )}
        <div className="spend-fields">
          <FieldInputs id="mapping-head" fields={kind.fields.filter((one) => one.on === "head")} values={head} onChange={setHead} />
          <FieldInputs id="mapping-line" fields={kind.fields.filter((one) => one.on === "line")} values={line} onChange={setLine} />
        </div>
        <Button type="primary" htmlType="submit" loading={trial.isPending} data-testid="try-mapping">
          {t("control.mapping.run")}
        </Button>
        <div className="field">
          <label htmlFor="mapping-document">{t("control.mapping.document")}</label>
          <span className="mapping-document">
            <Input id="mapping-document" autoComplete="off" value={number} onChange={(event) => setNumber(event.target.value)} />
            <Button disabled={number.trim() === ""} loading={trial.isPending} onClick={() => trial.mutate(kept)}>
              {t("control.mapping.useDocument")}
            </Button>
          </span>
        </div>
      </form>
      <section aria-live="polite" data-testid="mapping-result">
        {trial.isPending && <Loading rows={6} />}
        {trial.error && <Failed what={t("control.mapping.failed", { reason: problemText(t, asProblem(trial.error)) })} />}
        {trial.isIdle && <Empty>{t("control.mapping.notYet")}</Empty>}
        {trial.data?.map((one) => (
          <Line key={one.line_no} line={one} titled={trial.data.length > 1} />
        ))}
      </section>
    </div>
  );
}

function Line({ line, titled }: { readonly line: LineMapped; readonly titled: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      {titled && <h3>{t("control.form.line", { n: line.line_no })}</h3>}
      {Object.entries(line.faults).map(([name, fault]) => (
        <p key={name} className="unfav" role="alert">
          {t("control.mapping.fault", { name, fault })}
        </p>
      ))}
      {line.targets.length > 0 && <MappingTable targets={line.targets} />}
    </>
  );
}
