/** The draft is to come into force, on a day or now: with the reason, and what the trial on history said of it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Popconfirm } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { useBusinessDay } from "../process/useBusinessDay";
import { planEdition, type Simulation } from "./deskRequests";
import { yuan } from "./figures";
import { SPEND } from "./spendRequests";

interface Props {
  readonly policy: string;
  readonly text: string;
  /** The trial of just this text, where there was one. */
  readonly tried: Simulation | undefined;
}

export function EditionPlan({ policy, text, tried }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const today = useBusinessDay();
  const [day, setDay] = useState("");
  const [reason, setReason] = useState("");
  const planning = useMutation({
    mutationFn: (starts_on: string | null) => planEdition(policy, { text, starts_on, reason }),
    onSuccess: (_made, starts_on) => {
      setReason("");
      void message.success(starts_on === null ? t("control.edition.activated") : t("control.edition.planned", { day: starts_on }));
    },
    onError: (error: Error) => void message.error(t("control.edition.notPlanned", { reason: problemText(t, asProblem(error)) })),
    onSettled: () => client.invalidateQueries({ queryKey: [SPEND] }),
  });
  const blank = reason.trim() === "";
  const said = tried === undefined ? t("control.edition.notTried") : t("control.simulate.blocked", { count: tried.blocked.documents, amount: yuan(tried.blocked.amount) });
  return (
    <div className="edition-plan" data-testid="edition-plan">
      <p className="small">
        <b>{t("control.edition.plan")}</b> <span className={tried && tried.blocked.documents > 0 ? "unfav" : "muted"}>{said}</span>
      </p>
      <Input size="small" aria-label={t("control.edition.reason")} placeholder={t("control.edition.reason")} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      <div className="simulate-bar">
        <label>
          {t("control.edition.day")} <Input size="small" type="date" value={day} min={today} onChange={(event) => setDay(event.target.value)} />
        </label>
        <Button size="small" loading={planning.isPending} disabled={blank || day === ""} onClick={() => planning.mutate(day)}>
          {t("control.edition.plan")}
        </Button>
        <Popconfirm title={t("control.edition.sure")} description={said} okText={t("control.edition.now")} cancelText={t("control.doc.cancel")} disabled={blank} onConfirm={() => planning.mutate(null)}>
          <Button size="small" loading={planning.isPending} disabled={blank}>
            {t("control.edition.now")}
          </Button>
        </Popconfirm>
      </div>
      <p className="small muted">{t("control.edition.about")}</p>
    </div>
  );
}
