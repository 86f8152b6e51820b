/** Targets from a pasted range or a CSV file: first what it would change and what is wrong with it, then the import. */
import { App, Button, Input, Modal, Segmented } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { amount } from "../../lib/amount";
import { type MoneyUnit, show } from "../../lib/display";
import { usePageContext } from "../../lib/usePageContext";
import { problemText } from "../../ui/problemText";
import { MONEY } from "./EditCell";
import { type Imported, importTargets, type TargetEdit, type Targets, type TargetsSaved } from "./requests";

const FACTOR: Record<MoneyUnit, 1 | 1000 | 10000> = { yuan: 1, thousand: 1000, wan: 10000 };
const LISTED = 8;

interface Props {
  readonly data: Targets;
  readonly onClose: () => void;
  readonly onDone: (asked: readonly TargetEdit[], done: TargetsSaved) => void;
}

export function ImportDialog({ data, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [context] = usePageContext();
  const [text, setText] = useState("");
  const [unit, setUnit] = useState<MoneyUnit>(context.unit ?? "yuan");
  const [found, setFound] = useState<Imported | null>(null);
  const [busy, setBusy] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const ask = async (dry: boolean): Promise<void> => {
    setBusy(true);
    try {
      const got = await importTargets(data.cycle.id, text, FACTOR[unit], dry);
      if (got.saved) {
        onClose();
        onDone(got.edits, got.saved);
        return;
      }
      setFound(got);
    } catch (error) {
      message.error(problemText(t, asProblem(error)));
    }
    setBusy(false);
  };
  const changed = (next: string): void => {
    setText(next);
    setFound(null);
  };
  const ready = found !== null && found.problems.length === 0 && found.edits.length > 0;
  return (
    <Modal
      open
      width={720}
      title={t("entry.importTitle")}
      onCancel={onClose}
      footer={[
        <Button key="cancel" onClick={onClose}>
          {t("entry.cancel")}
        </Button>,
        <Button key="ok" type="primary" loading={busy} disabled={text.trim() === ""} onClick={() => void ask(!ready)}>
          {ready ? t("entry.importApply", { count: found.edits.length }) : t("entry.importCheck")}
        </Button>,
      ]}
    >
      <div className="form-rows" data-testid="import-dialog">
        <p className="muted">{t("entry.importHelp")}</p>
        <div className="inline">
          <Button onClick={() => file.current?.click()}>{t("entry.importFile")}</Button>
          <input
            ref={file}
            type="file"
            accept=".csv,.txt,.tsv"
            hidden
            aria-label={t("entry.importFile")}
            onChange={(event) => {
              void event.target.files?.[0]?.text().then(changed);
            }}
          />
          <span className="spring" />
          <span className="muted">{t("entry.importUnit")}</span>
          <Segmented<MoneyUnit>
            size="small"
            aria-label={t("entry.importUnit")}
            value={unit}
            options={(["yuan", "thousand", "wan"] as const).map((one) => ({ value: one, label: t(`top.${one}`) }))}
            onChange={(next) => {
              setUnit(next);
              setFound(null);
            }}
          />
        </div>
        <Input.TextArea aria-label={t("entry.importText")} rows={8} value={text} spellCheck={false} className="paste-area" onChange={(event) => changed(event.target.value)} />
        {found && <Outcome found={found} data={data} unit={unit} />}
      </div>
    </Modal>
  );
}

function Outcome({ found, data, unit }: { readonly found: Imported; readonly data: Targets; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const said = (value: string | null | undefined): string => (value === null || value === undefined ? t("entry.blankWord") : show(amount(value), MONEY, unit));
  const orgs = new Map(data.orgs.map((org) => [org.code, org.name]));
  const keys = new Map(data.cycle.keys.map((key) => [key.code, key.name]));
  if (found.problems.length > 0)
    return (
      <div className="import-outcome" role="alert">
        <p className="over">{t("entry.importProblems", { count: found.problems.length })}</p>
        <ul>
          {found.problems.slice(0, LISTED).map((one) => (
            <li key={`${one.line}-${one.column}-${one.message}`}>
              {one.line > 0 && <b>{t("entry.importLine", { line: one.line })} </b>}
              {one.message}
              {one.expected && <span className="muted">（{t("entry.importFound", { found: one.found, expected: one.expected })}）</span>}
            </li>
          ))}
        </ul>
        {found.problems.length > LISTED && <p className="muted">{t("entry.importMore", { count: found.problems.length - LISTED })}</p>}
      </div>
    );
  if (found.edits.length === 0) return <p className="muted">{t("entry.importNone")}</p>;
  return (
    <div className="import-outcome" role="status">
      <p>{t("entry.importChanges", { count: found.edits.length })}</p>
      <ul>
        {found.edits.slice(0, LISTED).map((one) => (
          <li key={`${one.org}-${one.key}-${one.part}`}>
            {orgs.get(one.org) ?? one.org} · {keys.get(one.key) ?? one.key} · {t(`entry.column.${one.part === "reserve" ? "reserve" : "target"}`)}：{said(one.before)} → <b>{said(one.after)}</b>
          </li>
        ))}
      </ul>
      {found.edits.length > LISTED && <p className="muted">{t("entry.importMore", { count: found.edits.length - LISTED })}</p>}
    </div>
  );
}
