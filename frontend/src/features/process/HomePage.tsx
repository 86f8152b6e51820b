/** 工作台: what waits for me, what I started and who has it, and what I was told. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { withSearch } from "../../lib/search";
import { problemText } from "../../ui/problemText";
import { Failed } from "../../ui/states";
import "../../styles/process.css";
import { DoneTable } from "./DoneTable";
import { HomeBlocks } from "./homeBlocks";
import { NoticeCard } from "./NoticeCard";
import { type Todo, todosQuery, startedQuery } from "./requests";
import { StartedCard } from "./StartedCard";
import { TodoTable } from "./TodoTable";

const TABS = ["all", "today", "fill", "approve", "close", "started", "done"] as const;
type Tab = (typeof TABS)[number];

/** What a tab shows of the open work. */
const BELONGS: Record<Exclude<Tab, "started" | "done">, (todo: Todo) => boolean> = {
  all: () => true,
  today: (todo) => todo.due_today || todo.overdue,
  fill: (todo) => todo.kind === "fill" || todo.kind === "returned" || todo.kind === "target",
  approve: (todo) => todo.kind === "approve",
  close: (todo) => todo.kind === "close" || todo.kind === "confirm" || todo.kind === "reply",
};

export function HomePage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search: Record<string, unknown> = useSearch({ strict: false });
  const asked = search["tab"];
  const tab = TABS.find((one) => one === asked) ?? "all";
  const todos = useQuery(todosQuery());
  const started = useQuery(startedQuery());
  const count = (one: Tab): number | undefined => {
    if (one === "done") return undefined;
    if (one === "started") return started.data?.filter((c) => c.status === "running" || c.status === "returned").length;
    return todos.data?.todos.filter(BELONGS[one]).length;
  };
  const choose = (one: Tab): void => void navigate({ to: ".", search: withSearch({ tab: one === "all" ? undefined : one }), replace: true });
  return (
    <div className="page process" data-testid="home">
      <div className="page-head">
        <h1>{t("process.home")}</h1>
        <div className="tabs" role="tablist" aria-label={t("process.home")}>
          {TABS.map((one) => (
            <button key={one} type="button" role="tab" className="plain" aria-selected={one === tab} onClick={() => choose(one)}>
              {t(`process.tab.${one}`)} {count(one) ?? ""}
            </button>
          ))}
        </div>
      </div>
      <div className="home">
        <div className="home-main">
          <section className="card" aria-label={t(`process.tab.${tab}`)}>
            {todos.error ? (
              <Failed what={t("process.load", { reason: problemText(t, asProblem(todos.error)) })} reference={asProblem(todos.error).reference} retry={() => void todos.refetch()} />
            ) : tab === "done" ? (
              <DoneTable />
            ) : tab === "started" ? (
              <StartedCard limit={50} bare />
            ) : (
              <TodoTable todos={todos.data?.todos.filter(BELONGS[tab])} tab={tab} />
            )}
          </section>
          <HomeBlocks place="main" />
          {tab !== "started" && <StartedCard limit={6} />}
        </div>
        <div className="home-side">
          <HomeBlocks place="side" />
          <NoticeCard />
        </div>
      </div>
    </div>
  );
}
