/** Passing an organisation's target down to those below it by a basis; says in numbers what will happen. */
import { App, Button, Modal, Radio, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { amount, toFixed } from "../../lib/amount";
import { problemText } from "../../ui/problemText";
import { distribute, type Targets, type TargetsSaved } from "./requests";

interface Props {
  readonly data: Targets;
  readonly onClose: () => void;
  readonly onDone: (done: TargetsSaved) => void;
}

export function DistributeDialog({ data, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const givers = data.orgs.filter((org) => org.may_keep);
  const [picked, setPicked] = useState(givers[0]?.code);
  const bases = [
    ...data.cycle.compare.map((column) => ({ value: column.title, label: column.title })),
    { value: "current", label: t("entry.basisCurrent") },
    { value: "even", label: t("entry.basisEven") },
  ];
  const [basis, setBasis] = useState(bases[Math.max(0, data.cycle.compare.length - 1)]?.value ?? "even");
  const [busy, setBusy] = useState(false);
  const org = givers.find((one) => one.code === picked);
  const below = data.orgs.filter((one) => one.parent === picked).length;
  const act = async (): Promise<void> => {
    if (!org) return;
    setBusy(true);
    try {
      const done = await distribute(data.cycle.id, org.code, basis);
      onClose();
      onDone(done);
    } catch (error) {
      message.error(problemText(t, asProblem(error)));
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      width={480}
      title={t("entry.distributeTitle")}
      onCancel={onClose}
      footer={[
        <Button key="cancel" onClick={onClose}>
          {t("entry.cancel")}
        </Button>,
        <Button key="ok" type="primary" loading={busy} disabled={!org} onClick={() => void act()}>
          {t("entry.distribute")}
        </Button>,
      ]}
    >
      <div className="form-rows">
        <label>
          <span>{t("entry.distributeOrg")}</span>
          <Select
            aria-label={t("entry.distributeOrg")}
            value={picked ?? null}
            options={givers.map((one) => ({ value: one.code, label: one.name }))}
            onChange={setPicked}
          />
        </label>
        <div role="group" aria-label={t("entry.distributeBasis")}>
          <span>{t("entry.distributeBasis")}</span>
          <Radio.Group value={basis} options={bases} onChange={(event) => setBasis(String(event.target.value))} />
        </div>
        {org && (
          <p className="muted">
            {t("entry.distributeSay", { org: org.name, basis: bases.find((one) => one.value === basis)?.label ?? "", count: below, step: toFixed(amount(data.cycle.step), 0) })}
          </p>
        )}
      </div>
    </Modal>
  );
}
