/** What the requester may do with a request, by where it stands; each says what it will do before it is done. */
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { sum, yuan } from "./figures";
import { discardDraft, type Document, releaseRest, SPEND, withdraw } from "./spendRequests";
import type { SpendPlace } from "./useSpendPlace";

type Deed = "withdraw" | "release" | "discard";
const DONE: Record<Deed, "withdrawn" | "released" | "discarded"> = { withdraw: "withdrawn", release: "released", discard: "discarded" };

interface Props {
  readonly document: Document;
  readonly go: (part: Partial<SpendPlace>) => void;
}

export function DocumentActions({ document, go }: Props) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<Deed | null>(null);
  if (!document.mine) return null;
  const { state } = document;
  const editable = state === "draft" || state === "returned" || state === "withdrawn";
  const held = state === "reserved" || state === "committed";
  if (!editable && !held && state !== "reviewing") return null;
  return (
    <div className="foot-bar">
      <span className="spring" />
      {state === "draft" && (
        <Button danger onClick={() => setAsking("discard")}>
          {t("control.doc.discard")}
        </Button>
      )}
      {(state === "reviewing" || state === "returned") && <Button onClick={() => setAsking("withdraw")}>{t("control.doc.withdraw")}</Button>}
      {held && <Button onClick={() => setAsking("release")}>{t("control.doc.release")}</Button>}
      {editable && (
        <Button type="primary" onClick={() => go({ tab: undefined, id: undefined, edit: document.id })}>
          {t(state === "draft" ? "control.doc.edit" : "control.doc.editAgain")}
        </Button>
      )}
      {asking && <Ask deed={asking} document={document} onClose={() => setAsking(null)} onGone={() => go({ id: undefined })} />}
    </div>
  );
}

interface AskProps {
  readonly deed: Deed;
  readonly document: Document;
  readonly onClose: () => void;
  readonly onGone: () => void;
}

function Ask({ deed, document, onClose, onGone }: AskProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const amount = yuan(sum([document.reserved, document.committed]));
  const act = async (): Promise<void> => {
    setBusy(true);
    try {
      if (deed === "discard") await discardDraft(document.id);
      else if (deed === "release") await releaseRest(document.id, reason);
      else if (document.case) await withdraw(document.case.id, reason);
      message.success(t(`control.doc.${DONE[deed]}`, { number: document.number }));
      onClose();
      if (deed === "discard") onGone();
      await client.invalidateQueries({ queryKey: [SPEND] });
    } catch (error) {
      message.error(t("control.doc.notDone", { reason: problemText(t, asProblem(error)) }));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      width={480}
      title={t(`control.doc.${deed}Title`, { number: document.number })}
      okText={t(`control.doc.${deed}`)}
      cancelText={t("control.doc.cancel")}
      okButtonProps={{ loading: busy, disabled: deed !== "discard" && reason.trim() === "" }}
      onOk={() => void act()}
      onCancel={onClose}
    >
      <p>{t(`control.doc.${deed}Text`, { amount })}</p>
      {deed !== "discard" && (
        <div className="field">
          <label htmlFor="reason">{t("control.doc.reason")}</label>
          <Input.TextArea id="reason" autoFocus rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
        </div>
      )}
    </Modal>
  );
}
