/** One transfer: what moves where, whose turn its approval is, and the decision when it is mine. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input } from "antd";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { Failed, Loading } from "../../ui/states";
import { membersQuery } from "../planning/requests";
import { money } from "./figures";
import { decideTask, peopleQuery, type Transfer, transferQuery } from "./requests";
import { useMonitored } from "./useMonitored";

export function TransferCard({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const found = useQuery({ ...transferQuery(id), retry: false });
  if (found.error) {
    const problem = asProblem(found.error);
    return problem.kind === "not-found" ? <p className="card muted card-text">{t("monitoring.transferHidden")}</p> : <Failed what={problemText(t, problem)} retry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading rows={4} />;
  const one = found.data;
  return (
    <section className="card transfer-card" data-testid="transfer" aria-label={t("monitoring.transferNo", { id: one.id })}>
      <header>
        <h2>{t("monitoring.transferNo", { id: one.id })}</h2>
        <TransferTag one={one} />
        <span className="spring" />
        <span className="muted small">
          {one.requester} · {clockTime(one.created_at)}
        </span>
      </header>
      <p className="card-text">{one.reason}</p>
      <TransferMoves one={one} />
      <p className="muted small card-text">{turnOf(t, one)}</p>
      <Agree one={one} />
    </section>
  );
}

export function TransferTag({ one }: { readonly one: Transfer }) {
  const { t } = useTranslation();
  const [tone, icon] = one.status === "applied" ? (["ok", "check"] as const) : one.status === "held" ? (["info", "lock"] as const) : ([undefined, "undo"] as const);
  return (
    <span className="tag" data-tone={tone}>
      <Icon name={icon} />
      {t(`monitoring.transferStatus.${one.status === "applied" || one.status === "held" ? one.status : "dropped"}`)}
    </span>
  );
}

export function turnOf(t: TFunction, one: Transfer): string {
  if (one.status === "applied") return t("monitoring.transferDone");
  if (one.status === "dropped") return t("monitoring.transferDropped");
  const current = one.case;
  if (current === null) return t("monitoring.transferNoFlow");
  return t("monitoring.transferTurn", { node: current.node, who: current.holders.join("、"), since: current.since ? clockTime(current.since) : "" });
}

interface Move {
  readonly coordinate: Record<string, string>;
  readonly period: string;
  readonly amount: string;
}

/** Its lines, those that give first, with the members' names where the reader knows them. */
export function TransferMoves({ one }: { readonly one: Transfer }) {
  const { t } = useTranslation();
  const { unit } = useMonitored();
  const lines = one.lines as unknown as readonly Move[];
  const dims = [...new Set(lines.flatMap((line) => Object.keys(line.coordinate)))].filter((dim) => dim !== "item");
  const [first, second] = dims;
  const names = [useQuery({ ...membersQuery(one.model, first ?? ""), enabled: first !== undefined }), useQuery({ ...membersQuery(one.model, second ?? ""), enabled: second !== undefined })];
  const nameOf = (dim: string, code: string): string => names[dims.indexOf(dim)]?.data?.find((member) => member.code === code)?.name ?? code;
  return (
    <ul className="moves">
      {[...lines]
        .sort((a, b) => Number(a.amount) - Number(b.amount))
        .map((line, i) => (
          <li key={i}>
            <span className="tag">{t(line.amount.startsWith("-") ? "monitoring.from" : "monitoring.to")}</span>
            <span>{dims.map((dim) => nameOf(dim, line.coordinate[dim] ?? "")).join(" · ")}</span>
            <span className="muted">{line.period}</span>
            <span className="spring" />
            <b>{money(line.amount, unit, 2)}</b>
          </li>
        ))}
    </ul>
  );
}

/** The reader's own task in its approval, if there is one. */
function Agree({ one }: { readonly one: Transfer }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [comment, setComment] = useState("");
  const tasks = useQuery({ ...peopleQuery(), enabled: one.status === "held" });
  const task = tasks.data?.find((mine) => mine.subject_kind === "transfer" && mine.subject_id === one.id);
  const act = useMutation({
    mutationFn: (action: "approve" | "return" | "reject") => decideTask(task?.id ?? 0, action, comment.trim()),
    onSuccess: async () => {
      await Promise.all(["transfers", "tasks", "case", "cases", "board"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      message.success(t("monitoring.decided"));
    },
    onError: (error) => void message.error(problemText(t, asProblem(error)), 6),
  });
  if (!task) return null;
  return (
    <div className="agree">
      <Input.TextArea aria-label={t("monitoring.comment")} rows={2} value={comment} placeholder={t("monitoring.approveHint")} onChange={(event) => setComment(event.target.value)} />
      <div className="act-buttons">
        <Button size="large" danger disabled={!comment.trim()} loading={act.isPending} onClick={() => act.mutate("reject")}>
          {t("monitoring.doReject")}
        </Button>
        <Button size="large" disabled={!comment.trim()} loading={act.isPending} onClick={() => act.mutate("return")}>
          {t("monitoring.doReturn")}
        </Button>
        <Button type="primary" size="large" data-testid="agree-transfer" loading={act.isPending} onClick={() => act.mutate("approve")}>
          {t("monitoring.doAgree")}
        </Button>
      </div>
    </div>
  );
}
