/** 发起调剂: where from, where to, how much, why; the source is held from then on. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { askTransfer, type Line } from "./requests";
import { readAdjust, useView } from "./search";
import { TransferLines } from "./TransferLines";

export function TransferPage({ model }: { readonly model: string }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [, change] = useView(readAdjust);
  const [reason, setReason] = useState("");
  const [asked, setAsked] = useState<{ readonly policy: string; readonly lines: Line[]; readonly flow: string; readonly fits: boolean } | null>(null);
  const ask = useMutation({
    mutationFn: () => askTransfer(asked?.policy ?? "", asked?.lines ?? [], reason.trim(), asked?.flow ?? ""),
    onSuccess: async (made) => {
      await Promise.all(["transfers", "board"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      message.success(t("monitoring.transferAsked"));
      change({ ask: undefined, transfer: made.id });
    },
    onError: (error) => void message.error(problemText(t, asProblem(error)), 6),
  });
  return (
    <section className="card transfer-page" aria-label={t("monitoring.newTransfer")}>
      <header>
        <h2>{t("monitoring.newTransfer")}</h2>
        <span className="muted small">{t("monitoring.transferHint")}</span>
      </header>
      <TransferLines model={model} onChange={setAsked} />
      <label className="field">
        <span>{t("monitoring.reason")}</span>
        <Input.TextArea aria-label={t("monitoring.reason")} rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      <div className="act-buttons">
        <Button size="large" onClick={() => change({ ask: undefined })}>
          {t("monitoring.cancel")}
        </Button>
        <Button type="primary" size="large" disabled={!asked?.fits || !reason.trim()} loading={ask.isPending} onClick={() => ask.mutate()}>
          {t("monitoring.askTransfer")}
        </Button>
      </div>
    </section>
  );
}
