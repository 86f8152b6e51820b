/** Submitting a unit: what it means, a reason for each finding that asks for one, a word to the approvers. */
import { Button, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { KindTag } from "./ChecksBar";
import type { Checks } from "./requests";

interface Props {
  readonly org: string;
  readonly checks: Checks;
  readonly busy: boolean;
  readonly refused: string; // why the last try was not accepted
  readonly onSubmit: (comment: string, reasons: Record<string, string>) => void;
  readonly onCancel: () => void;
}

export function SubmitDialog({ org, checks, busy, refused, onSubmit, onCancel }: Props) {
  const { t } = useTranslation();
  const [comment, setComment] = useState("");
  const [reasons, setReasons] = useState<Record<string, string>>(Object.fromEntries(checks.reasons.map((one) => [one.finding, one.reason])));
  const asked = checks.findings.filter((one) => one.kind === "verify");
  const hints = checks.findings.filter((one) => one.kind === "hint");
  const missing = asked.some((one) => !reasons[one.key]?.trim());
  const given = (): Record<string, string> => Object.fromEntries(asked.map((one) => [one.key, reasons[one.key] ?? ""]));
  return (
    <Modal
      open
      width={720}
      title={t("form.submitTitle", { org })}
      onCancel={onCancel}
      footer={[
        <Button key="cancel" onClick={onCancel}>
          {t("form.notNow")}
        </Button>,
        <Button key="submit" type="primary" disabled={missing} loading={busy} onClick={() => onSubmit(comment, given())} data-testid="confirm-submit">
          {t("form.submit")}
        </Button>,
      ]}
    >
      <div className="dialog-body" data-testid="submit-dialog">
        <p className="muted">{t("form.submitLead")}</p>
        {asked.length > 0 && (
          <>
            <p>{t("form.reasonsLead")}</p>
            <ul className="findings">
              {asked.map((finding) => (
                <li key={finding.key}>
                  <div className="what">
                    <KindTag kind={finding.kind} />
                    <b>{finding.title}</b>
                    <span>{finding.message}</span>
                  </div>
                  <Input.TextArea
                    aria-label={`${t("form.reason")}：${finding.message}`}
                    placeholder={t("form.reason")}
                    autoSize={{ minRows: 1, maxRows: 4 }}
                    maxLength={2000}
                    value={reasons[finding.key] ?? ""}
                    onChange={(event) => setReasons({ ...reasons, [finding.key]: event.target.value })}
                    data-testid="reason"
                  />
                </li>
              ))}
            </ul>
          </>
        )}
        {hints.length > 0 && (
          <div className="small muted">
            {t("form.hintsLead")} {hints.map((one) => one.message).join("；")}
          </div>
        )}
        <Input.TextArea
          aria-label={t("form.comment")}
          placeholder={t("form.comment")}
          autoSize={{ minRows: 2, maxRows: 5 }}
          maxLength={2000}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
        {refused && (
          <div className="wrong" role="alert">
            {refused}
          </div>
        )}
      </div>
    </Modal>
  );
}
