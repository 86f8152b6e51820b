/** Every text of a policy, newest first: who, from when to when, why, what it changed; the planned one can be withdrawn or activated now. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal, Popconfirm, Tag } from "antd";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { activateEdition, type Edition, editionsQuery, withdrawEdition } from "./deskRequests";
import { ChangeList } from "./SimulationResult";
import { SPEND } from "./spendRequests";

const COLORS: Readonly<Record<Edition["status"], string>> = { planned: "processing", active: "success", past: "default", withdrawn: "default" };

export function EditionHistory({ policy }: { readonly policy: string }) {
  const { t } = useTranslation();
  const found = useQuery(editionsQuery(policy));
  return (
    <section className="editions" data-testid="editions">
      <h3>{t("control.edition.history")}</h3>
      {found.isPending && <Loading rows={3} />}
      {found.error && <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} retry={() => void found.refetch()} />}
      {found.data?.length === 0 && <Empty>{t("control.edition.none")}</Empty>}
      <ol>
        {found.data?.map((one) => (
          <Row key={one.id} one={one} />
        ))}
      </ol>
    </section>
  );
}

function Row({ one }: { readonly one: Edition }) {
  const { t } = useTranslation();
  const author = one.author === "system" ? t("control.edition.system") : one.author_name;
  return (
    <li data-status={one.status}>
      <p>
        <b>{one.edition === null ? t("control.edition.unnumbered") : t("control.edition.number", { number: one.edition })}</b> <Tag color={COLORS[one.status]}>{t(`control.edition.status.${one.status}`)}</Tag>
        <span className="muted">{when(t, one)}</span>
      </p>
      <p className="small">
        {author}
        {one.reason !== "" && `${t("control.edition.colon")}${one.reason}`}
      </p>
      {one.fault !== "" && (
        <p className="notice" data-tone="error" role="alert">
          {t("control.edition.fault", { reason: one.fault })}
        </p>
      )}
      {one.changes.length > 0 && (
        <details className="simulate-changes" open={one.status === "planned"}>
          <summary>{t("control.edition.changes", { count: one.changes.length })}</summary>
          <ChangeList changes={one.changes} />
        </details>
      )}
      <details>
        <summary>{t("control.edition.text")}</summary>
        <pre className="edition-text">{one.text}</pre>
      </details>
      {one.status === "planned" && <Planned one={one} />}
    </li>
  );
}

function when(t: TFunction, one: Edition): string {
  if (one.status === "planned") return t("control.edition.from", { day: one.starts_on });
  if (one.status === "withdrawn") return t("control.edition.withdrawnAt", { at: clockTime(one.ended_at ?? ""), who: one.ended_by ?? "" });
  const start = clockTime(one.started_at ?? "");
  return one.ended_at ? t("control.edition.between", { start, end: clockTime(one.ended_at) }) : t("control.edition.since", { start });
}

function Planned({ one }: { readonly one: Edition }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const settled = {
    onSettled: () => client.invalidateQueries({ queryKey: [SPEND] }),
    onError: (error: Error) => void message.error(t("control.doc.notDone", { reason: problemText(t, asProblem(error)) })),
  };
  const withdrawing = useMutation({
    mutationFn: () => withdrawEdition(one.id, reason),
    ...settled,
    onSuccess: () => {
      setAsking(false);
      void message.success(t("control.edition.withdrawn"));
    },
  });
  const activating = useMutation({ mutationFn: () => activateEdition(one.id), ...settled, onSuccess: () => void message.success(t("control.edition.activated")) });
  return (
    <p className="edition-acts">
      <Button size="small" onClick={() => setAsking(true)}>
        {t("control.edition.withdraw")}
      </Button>
      <Popconfirm title={t("control.edition.sure")} okText={t("control.edition.now")} cancelText={t("control.doc.cancel")} onConfirm={() => activating.mutate()}>
        <Button size="small" loading={activating.isPending}>
          {t("control.edition.now")}
        </Button>
      </Popconfirm>
      <Modal
        open={asking}
        title={t("control.edition.withdraw")}
        okText={t("control.edition.withdraw")}
        cancelText={t("control.doc.cancel")}
        okButtonProps={{ disabled: reason.trim() === "", loading: withdrawing.isPending }}
        onOk={() => withdrawing.mutate()}
        onCancel={() => setAsking(false)}
      >
        <Input.TextArea aria-label={t("control.edition.withdrawReason")} placeholder={t("control.edition.withdrawReason")} rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
      </Modal>
    </p>
  );
}
