/** The list of cases: those that wait for me, those I started, those I decided, and (for who may reassign) all that are open. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import { allTasksQuery, doneQuery, startedQuery, tasksQuery } from "./requests";
import { duration, hoursSince, subjectWord } from "./spoken";
import { ActTag, StatusTag } from "./StatusTag";
import { DueTag } from "./TodoTable";
import { useHolds } from "./useBusinessDay";

export const LISTS = ["mine", "started", "done", "all"] as const;
export type ListName = (typeof LISTS)[number];

interface Line {
  readonly key: string;
  readonly id: number;
  readonly kind: string;
  readonly title: string;
  readonly note: string;
  readonly hours: number | null;
  readonly due: string | null;
  readonly status?: string;
  readonly action?: string;
}

interface Props {
  readonly list: ListName;
  readonly picked: number | undefined;
  readonly onList: (list: ListName) => void;
  readonly onPick: (id: number) => void;
}

export function CaseList({ list, picked, onList, onPick }: Props) {
  const { t } = useTranslation();
  const admin = useHolds("process.reassign");
  const approver = useHolds("process.approve");
  const names = LISTS.filter((name) => (name === "all" ? admin : name === "mine" ? approver || !admin : true));
  return (
    <aside className="case-list" aria-label={t("process.listLabel")}>
      <header>
        <h1>{t("nav.approve")}</h1>
        <div className="chips" role="tablist" aria-label={t("process.listLabel")}>
          {names.map((name) => (
            <button key={name} type="button" role="tab" className="plain" aria-selected={name === list} onClick={() => onList(name)}>
              {t(`process.list.${name}`)}
            </button>
          ))}
        </div>
      </header>
      <Lines list={list} picked={picked} onPick={onPick} />
    </aside>
  );
}

function useLines(list: ListName): { readonly lines: readonly Line[] | undefined; readonly error: Error | null; readonly retry: () => void } {
  const mine = useQuery({ ...tasksQuery(), enabled: list === "mine" });
  const started = useQuery({ ...startedQuery(), enabled: list === "started" });
  const done = useQuery({ ...doneQuery(), enabled: list === "done" });
  const all = useQuery({ ...allTasksQuery(), enabled: list === "all" });
  const { t } = useTranslation();
  switch (list) {
    case "mine":
      return {
        lines: mine.data?.map((one) => ({ key: `t${one.id}`, id: one.instance_id, kind: one.subject_kind, title: one.title, note: one.requester, hours: hoursSince(one.created_at), due: one.due_at })),
        error: mine.error,
        retry: () => void mine.refetch(),
      };
    case "started":
      return {
        lines: started.data?.map((one) => ({ key: `s${one.id}`, id: one.id, kind: one.subject_kind, title: one.title, note: one.status === "running" ? one.holders.join("、") : "", hours: one.hours, due: null, status: one.status })),
        error: started.error,
        retry: () => void started.refetch(),
      };
    case "done":
      return {
        lines: done.data?.map((one) => ({ key: `d${one.id}`, id: one.instance_id, kind: one.subject_kind, title: one.title, note: one.requester, hours: null, due: null, action: one.action ?? "" })),
        error: done.error,
        retry: () => void done.refetch(),
      };
    case "all":
      return {
        lines: all.data?.map((one) => ({ key: `a${one.task_id}`, id: one.id, kind: one.subject_kind, title: one.title, note: t("process.to", { name: one.holder_name }), hours: hoursSince(one.created_at), due: one.due_at })),
        error: all.error,
        retry: () => void all.refetch(),
      };
  }
}

function Lines({ list, picked, onPick }: Omit<Props, "onList">) {
  const { t } = useTranslation();
  const { lines, error, retry } = useLines(list);
  if (error) {
    const problem = asProblem(error);
    return <Failed what={t("process.load", { reason: problemText(t, problem) })} reference={problem.reference} retry={retry} />;
  }
  if (!lines) return <Loading rows={5} />;
  if (lines.length === 0) return <Empty>{list === "all" ? t("process.none.all") : t(`process.none.${list}`)}</Empty>;
  return (
    <ul data-testid="case-list">
      {lines.map((line) => (
        <li key={line.key}>
          <button type="button" className="plain" aria-current={line.id === picked} onClick={() => onPick(line.id)}>
            <span className="line">
              <b className="strong">{line.title}</b>
              <span className="kind">{subjectWord(t, line.kind)}</span>
            </span>
            <span className="line small muted">
              <span>
                {line.note}
                {line.hours !== null && ` · ${duration(t, line.hours)}`}
              </span>
              {line.status !== undefined && <StatusTag status={line.status} />}
              {line.action !== undefined && <ActTag action={line.action} />}
              {line.due !== null && <DueTag short due={line.due} overdue={new Date(line.due) < new Date()} dueToday={new Date(line.due).toDateString() === new Date().toDateString()} />}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
