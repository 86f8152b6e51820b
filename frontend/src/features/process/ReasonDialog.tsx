/** Everything that needs a reason: return (to whom, and how it comes back), reject, reassign, withdraw. */
import { useQuery } from "@tanstack/react-query";
import { App, Button, Input, Modal, Radio, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { candidatesQuery, type CaseDetail, decide, type Moved, reassign, withdraw } from "./requests";
import { useDoing } from "./useDoing";

export type Asked =
  | { readonly what: "return" | "reject"; readonly task: number }
  | { readonly what: "reassign" | "take"; readonly task: number; readonly holder: string } // one's own task, or another's
  | { readonly what: "withdraw" };

interface Props {
  readonly subject: CaseDetail;
  readonly asked: Asked;
  readonly comment: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

interface Choice {
  readonly node: string; // "" = the requester
  readonly resume: "again" | "direct";
  readonly to: string;
}

export function ReasonDialog({ subject, asked, comment, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const { busy, run } = useDoing();
  const [reason, setReason] = useState(comment);
  const [choice, setChoice] = useState<Choice>({ node: "", resume: "again", to: "" });
  const [tried, setTried] = useState(false);
  const people = useQuery({ ...candidatesQuery(subject.id), enabled: asked.what === "reassign" || asked.what === "take" });
  const nameOf = (login: string): string => people.data?.find((one) => one.login === login)?.name ?? login;
  const passing = asked.what === "reassign" || asked.what === "take";
  const missing = reason.trim() === "" || (passing && choice.to === "");
  const verb = t(`process.act.${asked.what === "take" ? "reassign" : asked.what}`);
  const done = (): string => {
    switch (asked.what) {
      case "return":
        return t("process.doneReturn", { who: subject.nodes.find((node) => node.code === choice.node)?.people.join("、") || subject.requester_name });
      case "reject":
        return t("process.doneReject");
      case "withdraw":
        return t("process.doneWithdraw");
      case "reassign":
      case "take":
        return t("process.doneReassign", { who: nameOf(choice.to) });
    }
  };
  const act = (): Promise<Moved> => {
    switch (asked.what) {
      case "return":
        return decide(asked.task, { action: "return", comment: reason, to: choice.node || null, resume: choice.resume });
      case "reject":
        return decide(asked.task, { action: "reject", comment: reason, resume: "again" });
      case "reassign":
        return decide(asked.task, { action: "reassign", comment: reason, to: choice.to, resume: "again" });
      case "take":
        return reassign(asked.task, choice.to, reason);
      case "withdraw":
        return withdraw(subject.id, reason);
    }
  };
  const submit = async (): Promise<void> => {
    setTried(true);
    if (missing) return;
    if (!(await run(act))) return;
    message.success(done());
    onClose();
    onDone();
  };
  const title = t(`process.${asked.what === "take" ? "reassign" : asked.what}Title`);
  const danger = asked.what === "return" || asked.what === "reject";
  return (
    <Modal
      open
      width={480}
      title={title}
      onCancel={onClose}
      destroyOnHidden
      footer={[
        <Button key="no" onClick={onClose}>
          {t("process.cancel")}
        </Button>,
        <Button key="yes" type="primary" danger={danger} loading={busy} onClick={() => void submit()} data-testid="confirm">
          {verb}
        </Button>,
      ]}
    >
      <div className="reason-form">
        {asked.what === "return" && <ReturnChoice subject={subject} choice={choice} onChange={setChoice} />}
        {passing && (
          <div className="field">
            <label htmlFor="pass-to">{t("process.reassignTo")}</label>
            {asked.what === "take" && <p className="muted small">{t("process.reassignOf", { name: asked.holder })}</p>}
            <Select
              id="pass-to"
              style={{ width: "100%" }}
              showSearch={{ optionFilterProp: "label" }}
              loading={people.isLoading}
              notFoundContent={t("process.reassignNobody")}
              value={choice.to || null}
              options={people.data?.map((one) => ({ value: one.login, label: one.name })) ?? []}
              onChange={(to: string) => setChoice({ ...choice, to })}
            />
          </div>
        )}
        <div className="field">
          <label htmlFor="reason">{t("process.reason")}</label>
          <Input.TextArea id="reason" autoFocus autoSize={{ minRows: 3, maxRows: 8 }} maxLength={2000} value={reason} status={tried && reason.trim() === "" ? "error" : ""} onChange={(event) => setReason(event.target.value)} />
          {tried && reason.trim() === "" && (
            <p className="refused small" role="alert">
              {t("process.reasonMissing")}
            </p>
          )}
        </div>
        {asked.what === "return" && <p className="muted small">{t("process.returnNote")}</p>}
        {asked.what === "reject" && <p className="muted small">{t("process.rejectNote")}</p>}
        {asked.what === "withdraw" && <p className="muted small">{t("process.withdrawNote")}</p>}
      </div>
    </Modal>
  );
}

function ReturnChoice({ subject, choice, onChange }: { readonly subject: CaseDetail; readonly choice: Choice; readonly onChange: (choice: Choice) => void }) {
  const { t } = useTranslation();
  const at = subject.nodes.findIndex((node) => node.state === "current");
  const earlier = subject.nodes.filter((node, i) => i < at && node.visited);
  return (
    <>
      <div className="field">
        <span className="label" id="return-to">
          {t("process.returnTo")}
        </span>
        <Radio.Group
          aria-labelledby="return-to"
          value={choice.node}
          onChange={(event) => onChange({ ...choice, node: String(event.target.value) })}
          options={[{ value: "", label: t("process.returnRequester", { name: subject.requester_name }) }, ...earlier.map((node) => ({ value: node.code, label: node.title }))]}
        />
      </div>
      {at > 0 && (
        <div className="field">
          <span className="label" id="return-after">
            {t("process.after")}
          </span>
          <Radio.Group
            aria-labelledby="return-after"
            value={choice.resume}
            onChange={(event) => onChange({ ...choice, resume: event.target.value === "direct" ? "direct" : "again" })}
            options={[
              { value: "again", label: t("process.again") },
              { value: "direct", label: t("process.direct") },
            ]}
          />
        </div>
      )}
    </>
  );
}
