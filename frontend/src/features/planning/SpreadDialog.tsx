/** Writing at a total: how much, by which shares; says first how many cells change and which stay, and why. */
import { Button, Input, Modal, Select } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { type Amount, tryAmount } from "../../lib/amount";
import { problemText } from "../../ui/problemText";
import { type CellAddress, type Spread, spreadTotal, type Version } from "./requests";
import { atFirst, choiceOf, METHODS, type Typed } from "./spreadChoice";
import { SpreadHow } from "./SpreadHow";
import { useTold } from "./useTold";

const ACTIONS = ["replace", "add", "subtract"] as const;

interface Props {
  readonly address: CellAddress;
  readonly versions: readonly Version[];
  readonly name: string;
  readonly measure: string; // the item's unit, in which one types
  readonly figure: (amount: string) => string;
  readonly seen: Amount | null;
  readonly onDone: (told: Spread) => void;
  readonly write: (change: () => Promise<Spread>) => Promise<Spread>;
  readonly onCancel: () => void;
}

export function SpreadDialog({ address, versions, name, measure, figure, seen, onDone, write, onCancel }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState<string>(seen ?? "");
  const [typed, setTyped] = useState<Typed>(() => atFirst(address.version));
  const [busy, setBusy] = useState(false);
  const amount = tryAmount(text.replace(/[,，\s]/g, ""));
  const choice = useMemo(() => choiceOf(typed), [typed]);
  const good = amount !== null && choice !== null;
  const ask = useMemo(() => (amount === null || choice === null ? null : () => spreadTotal(address, { amount, seen, ...choice }, true)), [address, amount, seen, choice]);
  const { told, problem, setProblem } = useTold(ask);
  const set = (change: Partial<Typed>) => setTyped((was) => ({ ...was, ...change }));

  const spread = async (): Promise<void> => {
    if (amount === null || choice === null) return;
    setBusy(true);
    try {
      onDone(await write(() => spreadTotal(address, { amount, seen, ...choice }, false)));
    } catch (error) {
      setProblem(problemText(t, asProblem(error)));
      setBusy(false);
    }
  };
  const count = told?.changed ?? 0;
  return (
    <Modal
      open
      width={480}
      title={t("form.spread.title", { name })}
      onCancel={onCancel}
      footer={[
        <Button key="cancel" onClick={onCancel}>
          {t("form.spread.cancel")}
        </Button>,
        <Button key="spread" type="primary" disabled={!good || count === 0 || problem !== ""} loading={busy} onClick={() => void spread()} data-testid="confirm-spread">
          {t("form.spread.doIt", { count })}
        </Button>,
      ]}
    >
      <div className="dialog-body" data-testid="spread-dialog">
        <label className="line">
          <Select
            style={{ width: 120 }}
            value={typed.action}
            aria-label={t("form.spread.action")}
            options={ACTIONS.map((one) => ({ value: one, label: t(`form.spread.actions.${one}`) }))}
            onChange={(action) => set({ action })}
          />
          <Input style={{ width: 180 }} value={text} suffix={measure} status={amount === null ? "error" : ""} aria-label={t("form.spread.amount")} aria-invalid={amount === null} onChange={(event) => setText(event.target.value)} autoFocus data-testid="spread-amount" />
        </label>
        <label className="line">
          {t("form.spread.method")}
          <Select style={{ width: 240 }} value={typed.method} aria-label={t("form.spread.method")} options={METHODS.map((one) => ({ value: one, label: t(`form.spread.methods.${one}`) }))} onChange={(method) => set({ method })} />
        </label>
        <SpreadHow typed={typed} good={choice !== null} versions={versions} set={set} />
        {!good && <div className="wrong">{t(amount === null || typed.method !== "pattern" ? "form.spread.notNumber" : "form.spread.notPattern")}</div>}
        {told && good && (
          <div className="counts" aria-live="polite" data-testid="spread-told">
            <b>{count > 0 ? t("form.spread.willChange", { count, cells: told.cells, total: figure(told.total) }) : t("form.spread.nothing")}</b>
            {told.kept.length > 0 && (
              <div className="muted">
                {t("form.spread.keep")} {told.kept.map((one) => t("form.skipLine", { reason: one.why, count: one.cells })).join("；")}
              </div>
            )}
          </div>
        )}
        {problem && (
          <div className="wrong" role="alert">
            {t("form.spread.failed", { reason: problem })}
          </div>
        )}
      </div>
    </Modal>
  );
}
