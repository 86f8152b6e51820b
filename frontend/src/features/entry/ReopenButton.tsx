/** Opens an approved unit again, for who may: with a reason, before its release. */
import { App, Button, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDoing } from "../process/useDoing";
import { useHolds } from "../process/useBusinessDay";
import { reopen } from "./review";

export function ReopenButton({ unit }: { readonly unit: number }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const { busy, run } = useDoing();
  const may = useHolds("entry.reopen");
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  if (!may) return null;
  const act = async (): Promise<void> => {
    if (reason.trim() === "" || !(await run(() => reopen(unit, reason)))) return;
    message.success(t("process.review.reopened"));
    setOpen(false);
  };
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)} data-testid="reopen">
        {t("process.review.reopen")}
      </Button>
      <Modal open={open} width={480} title={t("process.review.reopenTitle")} okText={t("process.review.reopen")} cancelText={t("process.cancel")} okButtonProps={{ disabled: reason.trim() === "", loading: busy }} onOk={() => void act()} onCancel={() => setOpen(false)} destroyOnHidden>
        <div className="reason-form">
          <p>{t("process.review.reopenNote")}</p>
          <div className="field">
            <label htmlFor="reopen-reason">{t("process.reason")}</label>
            <Input.TextArea id="reopen-reason" autoFocus autoSize={{ minRows: 3, maxRows: 8 }} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />
          </div>
        </div>
      </Modal>
    </>
  );
}
