/** Filling a form from last year × factor: says first how many cells it will fill and which it leaves alone. */
import { Button, Checkbox, Input, Modal } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { type Filled, fillForm, type FormBody } from "./requests";

interface Props {
  readonly body: FormBody;
  readonly factor: string;
  readonly org: string;
  readonly onFill: (factor: string, over: boolean) => Promise<void>;
  readonly onCancel: () => void;
}

const FACTOR = /^\d{1,4}(\.\d{1,6})?$/;
const goodFactor = (text: string): boolean => FACTOR.test(text) && Number(text) > 0 && Number(text) <= 1000;

export function FillDialog({ body, factor, org, onFill, onCancel }: Props) {
  const { t } = useTranslation();
  const [by, setBy] = useState(factor);
  const [over, setOver] = useState(false);
  const [told, setTold] = useState<Filled | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const good = goodFactor(by.trim());

  useEffect(() => {
    if (!good) return undefined;
    let here = true;
    const timer = setTimeout(() => {
      fillForm(body, by.trim(), over, true)
        .then((found) => {
          if (!here) return;
          setTold(found);
          setProblem("");
        })
        .catch((error: unknown) => here && setProblem(problemText(t, asProblem(error))));
    }, 200);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [body, by, over, good, t]);

  const fill = async (): Promise<void> => {
    setBusy(true);
    try {
      await onFill(by.trim(), over);
    } catch (error) {
      setProblem(problemText(t, asProblem(error)));
    } finally {
      setBusy(false);
    }
  };
  const count = told?.cells ?? 0;
  return (
    <Modal
      open
      width={480}
      title={t("form.fillTitle")}
      onCancel={onCancel}
      footer={[
        <Button key="cancel" onClick={onCancel}>
          {t("form.cancel")}
        </Button>,
        <Button key="fill" type="primary" disabled={!good || count === 0} loading={busy} onClick={() => void fill()} data-testid="confirm-fill">
          {t("form.doFill", { count })}
        </Button>,
      ]}
    >
      <div className="dialog-body" data-testid="fill-dialog">
        <p className="muted">{t(over ? "form.fillLeadOver" : "form.fillLead", { source: told?.source ?? "…", org })}</p>
        <label className="line">
          {t("form.factor")}
          <Input style={{ width: 120 }} value={by} status={good ? "" : "error"} onChange={(event) => setBy(event.target.value)} aria-invalid={!good} data-testid="fill-factor" />
          <Checkbox checked={over} onChange={(event) => setOver(event.target.checked)}>
            {t("form.fillOver")}
          </Checkbox>
        </label>
        {!good && <div className="wrong">{t("form.badFactor")}</div>}
        {told && good && (
          <div className="counts" aria-live="polite">
            <b>{count > 0 ? t("form.willFill", { count }) : t("form.nothingToFill")}</b>
            {told.skipped.length > 0 && (
              <div className="muted">
                {t("form.willSkip")} {told.skipped.map((one) => t("form.skipLine", { reason: one.reason, count: one.cells })).join("；")}
              </div>
            )}
          </div>
        )}
        {problem && (
          <div className="wrong" role="alert">
            {t("form.fillFailed", { reason: problem })}
          </div>
        )}
      </div>
    </Modal>
  );
}
