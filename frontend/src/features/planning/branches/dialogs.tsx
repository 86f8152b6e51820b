/** Making a branch and closing one. */
import { useQueryClient } from "@tanstack/react-query";
import { App, Input, type InputRef, Modal } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDoing } from "../../process/useDoing";
import type { Version } from "../requests";
import { makeBranch, setStatus } from "./requests";

const CODE = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;

interface NewProps {
  readonly version: Version;
  readonly versions: readonly Version[];
  readonly onDone: () => void;
}

export function NewBranchDialog({ version, versions, onDone }: NewProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { busy, run } = useDoing();
  const field = useRef<InputRef>(null);
  const [code, setCode] = useState("");
  const [name, setName] = useState("");
  const wrong = code === "" ? "" : !CODE.test(code) ? t("branches.make.codeBad") : versions.some((one) => one.code === code) ? t("branches.make.codeTaken", { code }) : "";
  const ready = code !== "" && wrong === "";
  const act = async (): Promise<void> => {
    if (!ready || !(await run(() => makeBranch(version.id, code, name.trim() || code)))) return;
    await client.invalidateQueries({ queryKey: ["versions"] });
    message.success(t("branches.make.done", { name: name.trim() || code }));
    onDone();
  };
  return (
    <Modal open width={480} title={t("branches.make.title", { name: version.name })} okText={t("branches.branch")} cancelText={t("branches.cancel")} okButtonProps={{ disabled: !ready, loading: busy }} onOk={() => void act()} onCancel={onDone} afterOpenChange={(open) => open && field.current?.focus()}>
      <form
        className="reason-form"
        onSubmit={(event) => {
          event.preventDefault();
          void act();
        }}
      >
        <p>{t("branches.make.note")}</p>
        <div className="field">
          <label htmlFor="branch-code">{t("branches.make.code")}</label>
          <Input id="branch-code" ref={field} maxLength={100} value={code} status={wrong ? "error" : ""} aria-describedby="branch-code-wrong" onChange={(event) => setCode(event.target.value.trim())} />
          <span id="branch-code-wrong" role="alert" className="error-text small">
            {wrong}
          </span>
        </div>
        <div className="field">
          <label htmlFor="branch-name">{t("branches.make.name")}</label>
          <Input id="branch-name" maxLength={200} placeholder={code} value={name} onChange={(event) => setName(event.target.value)} />
        </div>
        <button type="submit" hidden />
      </form>
    </Modal>
  );
}

export function CloseDialog({ version, onDone }: { readonly version: Version; readonly onDone: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { busy, run } = useDoing();
  const act = async (): Promise<void> => {
    if (!(await run(() => setStatus(version.id, "closed", "")))) return;
    await client.invalidateQueries({ queryKey: ["versions"] });
    message.success(t("branches.closing.done", { name: version.name }));
    onDone();
  };
  return (
    <Modal open width={480} title={t("branches.closing.title", { name: version.name })} okText={t("branches.close")} cancelText={t("branches.cancel")} okButtonProps={{ loading: busy, autoFocus: true }} onOk={() => void act()} onCancel={onDone}>
      <p>{t("branches.closing.note")}</p>
    </Modal>
  );
}
