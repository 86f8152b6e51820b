/** The proof: counters = entries = documents = released cells. Made every night and on demand; what differs is listed and mended by entries. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { type Proof, proofsQuery, prove, repair } from "./deskRequests";
import { yuan } from "./figures";
import { SPEND } from "./spendRequests";

export function ProofView({ policy }: { readonly policy: string }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const found = useQuery(proofsQuery(policy));
  const [mending, setMending] = useState(false);
  const [reason, setReason] = useState("");
  const settled = {
    onSettled: () => client.invalidateQueries({ queryKey: [SPEND] }),
    onError: (error: Error) => void message.error(t("control.doc.notDone", { reason: problemText(t, asProblem(error)) })),
  };
  const proving = useMutation({ mutationFn: () => prove(policy), ...settled });
  const mend = useMutation({
    mutationFn: () => repair(policy, reason),
    ...settled,
    onSuccess: (left) => {
      setMending(false);
      void message.success(t("control.desk.mended", { count: left.length }));
      proving.mutate();
    },
  });
  if (found.isPending) return <Loading />;
  if (found.error) {
    const problem = asProblem(found.error);
    if (problem.kind === "forbidden") return <Empty>{t("control.desk.noProofRight")}</Empty>;
    return <Failed what={t("problem.load", { reason: problemText(t, problem) })} retry={() => void found.refetch()} />;
  }
  const [last, ...before] = found.data;
  return (
    <div className="desk-proof">
      <p>
        <Button size="small" type="primary" loading={proving.isPending} onClick={() => proving.mutate()}>
          {t("control.desk.prove")}
        </Button>{" "}
        {last && last.differences.length > 0 && (
          <Button size="small" onClick={() => setMending(true)}>
            {t("control.desk.mend")}
          </Button>
        )}
      </p>
      {!last && <Empty>{t("control.desk.noProof")}</Empty>}
      {last && <Outcome proof={last} />}
      {before.length > 0 && (
        <ul className="small muted">
          {before.map((one) => (
            <li key={one.id}>
              {clockTime(one.at)} {one.actor} · {t("control.desk.differences", { count: one.differences.length })}
            </li>
          ))}
        </ul>
      )}
      <Modal
        open={mending}
        title={t("control.desk.mend")}
        okText={t("control.desk.mend")}
        cancelText={t("control.doc.cancel")}
        okButtonProps={{ disabled: reason.trim() === "", loading: mend.isPending }}
        onOk={() => mend.mutate()}
        onCancel={() => setMending(false)}
      >
        <p>{t("control.desk.mendText")}</p>
        <Input aria-label={t("control.doc.reason")} placeholder={t("control.doc.reason")} value={reason} onChange={(event) => setReason(event.target.value)} />
      </Modal>
    </div>
  );
}

function Outcome({ proof }: { readonly proof: Proof }) {
  const { t } = useTranslation();
  const { rows = 0, entries = 0, documents = 0 } = proof.checked;
  return (
    <section data-testid="proof">
      <h3 className={proof.differences.length > 0 ? "unfav" : ""}>
        {proof.differences.length > 0 ? t("control.desk.differences", { count: proof.differences.length }) : t("control.desk.agrees")}
      </h3>
      <p className="small muted">
        {clockTime(proof.at)} {proof.actor} · {t("control.desk.compared", { rows, entries, documents })}
      </p>
      {proof.differences.length > 0 && (
        <table className="data-table wide-rows">
          <thead>
            <tr>
              <th>{t("control.desk.where")}</th>
              <th className="number">{t("control.desk.inLedger")}</th>
              <th className="number">{t("control.desk.inOther")}</th>
            </tr>
          </thead>
          <tbody>
            {proof.differences.map((one) => (
              <tr key={one.where}>
                <td>{one.where}</td>
                <td className="number">{yuan(one.ledger)}</td>
                <td className="number">{yuan(one.counter ?? one.plan)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
