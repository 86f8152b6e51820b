/** 调配: an amount comes here from another member or period; says first what both sides become and what stays, and why. */
import { useQuery } from "@tanstack/react-query";
import { Button, Input, Modal, Select } from "antd";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { type Amount, tryAmount } from "../../lib/amount";
import { problemText } from "../../ui/problemText";
import { alongs, PERIOD } from "./node";
import { type Reallocated, reallocate } from "./reallocation";
import { type CellAddress, membersQuery, type ModelDetail } from "./requests";
import { useTold } from "./useTold";

interface Props {
  readonly address: CellAddress;
  readonly model: ModelDetail;
  readonly periods: readonly { readonly code: string; readonly name: string }[];
  readonly name: string;
  readonly measure: string; // the item's unit, in which one types
  readonly figure: (amount: string) => string;
  readonly seen: Amount | null;
  readonly write: (change: () => Promise<Reallocated>) => Promise<Reallocated>;
  readonly onDone: (told: Reallocated) => void;
  readonly onCancel: () => void;
}

export function ReallocateDialog({ address, model, periods, name, measure, figure, seen, write, onDone, onCancel }: Props) {
  const { t } = useTranslation();
  const dims = useMemo(() => alongs(model, address), [model, address]);
  const [along, setAlong] = useState(dims[0]?.code ?? PERIOD);
  const [source, setSource] = useState(""); // "": the siblings
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const members = useQuery({ ...membersQuery(model.code, along), enabled: along !== PERIOD });
  const amount = tryAmount(text.replace(/[,，\s]/g, ""));
  const send = useCallback((dry: boolean) => reallocate(address, { along, source, amount: amount ?? "0", seen }, dry), [address, along, source, amount, seen]);
  const ask = useMemo(() => (amount === null ? null : () => send(true)), [amount, send]);
  const { told, problem, setProblem } = useTold(ask);

  const own = along === PERIOD ? address.period : address.members[along];
  const offered = along === PERIOD ? periods : (members.data ?? []);
  const sources = [{ value: "", label: t(along === PERIOD ? "form.reallocate.restOfYear" : "form.reallocate.siblings") }, ...offered.filter((one) => one.code !== own).map((one) => ({ value: one.code, label: one.name }))];
  const count = amount === null ? 0 : (told?.changed ?? 0);

  const go = async (): Promise<void> => {
    setBusy(true);
    try {
      onDone(await write(() => send(false)));
    } catch (error) {
      setProblem(problemText(t, asProblem(error)));
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      width={480}
      title={t("form.reallocate.title", { name })}
      onCancel={onCancel}
      footer={[
        <Button key="cancel" onClick={onCancel}>
          {t("form.reallocate.cancel")}
        </Button>,
        <Button key="go" type="primary" disabled={count === 0 || problem !== ""} loading={busy} onClick={() => void go()} data-testid="confirm-reallocate">
          {t("form.spread.doIt", { count })}
        </Button>,
      ]}
    >
      <div className="dialog-body" data-testid="reallocate-dialog">
        <label className="line">
          {t("form.reallocate.along")}
          <Select
            style={{ width: 240 }}
            value={along}
            aria-label={t("form.reallocate.along")}
            options={[...dims.map((one) => ({ value: one.code, label: one.name })), ...(address.period ? [{ value: PERIOD, label: t("form.reallocate.period") }] : [])]}
            onChange={(code: string) => {
              setAlong(code);
              setSource("");
            }}
          />
        </label>
        <label className="line">
          {t("form.reallocate.from")}
          <Select style={{ width: 240 }} value={source} aria-label={t("form.reallocate.from")} loading={members.isFetching} showSearch={{ optionFilterProp: "label" }} options={sources} onChange={setSource} data-testid="reallocate-source" />
        </label>
        <label className="line">
          {t("form.reallocate.amount")}
          <Input style={{ width: 180 }} value={text} suffix={measure} status={text !== "" && amount === null ? "error" : ""} aria-invalid={text !== "" && amount === null} onChange={(event) => setText(event.target.value)} autoFocus data-testid="reallocate-amount" />
        </label>
        <div className="muted small">{t("form.reallocate.note")}</div>
        {text !== "" && amount === null && <div className="wrong">{t("form.spread.notNumber")}</div>}
        {told && amount !== null && problem === "" && (
          <div className="counts" aria-live="polite" data-testid="reallocate-told">
            <b>{count > 0 ? t("form.reallocate.willChange", { count, cells: told.cells }) : t("form.spread.nothing")}</b>
            <div>{t("form.reallocate.here", { before: figure(told.before), after: figure(told.after) })}</div>
            <div>{t("form.reallocate.there", { before: figure(told.source_before), after: figure(told.source_after) })}</div>
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
