/** 监控: the execution board of a subtree, the alerts that hold, from budget to actual, and the cases. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Select, Tabs } from "antd";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, Problem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import { useNarrow } from "../../ui/useNarrow";
import "../../styles/monitoring.css";
import { AlertStrip } from "./AlertStrip";
import { type Branch, branches, membersOf, openAtFirst, placeOf, sidesOf } from "./board";
import { BoardTable } from "./BoardTable";
import { CaseMini } from "./CaseMini";
import { DrillPanel } from "./DrillPanel";
import { alertsQuery, type AlertRow, type Board, boardQuery, casesQuery, closingQuery, type Span } from "./requests";
import { readMonitor, useView } from "./search";
import { SummaryCard } from "./SummaryCard";
import { useMonitored } from "./useMonitored";
import { Waterfall } from "./Waterfall";
import { waterfall } from "./bars";

const SPANS: readonly Span[] = ["year", "to_date", "month"];

export function MonitorPage() {
  const { t } = useTranslation();
  const { model, models, error, retry, pickedOrg } = useMonitored();
  const [view] = useView(readMonitor);
  const ask = { model: model?.code ?? "", span: view.span ?? "year", period: view.period, org: pickedOrg } as const;
  const board = useQuery({ ...boardQuery(ask), enabled: model !== undefined });
  const wrong = error ?? board.error;
  if (models?.length === 0) return <Empty>{t("plan.noModels")}</Empty>;
  if (wrong) return <Refused error={wrong} retry={error ? retry : () => void board.refetch()} />;
  if (!model || !board.data) return <Loading />;
  return <Monitor board={board.data} stale={board.isFetching} />;
}

function Refused({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  const { t } = useTranslation();
  const problem = asProblem(error);
  if (problem.kind === "forbidden") return <Failed what={t("state.noPermissionHere")} />;
  if (problem instanceof Problem && problem.kind === "not-found") return (
      <div className="page">
        <div className="page-head">
          <h1>{t("nav.monitor")}</h1>
        </div>
        <Empty>{t("monitoring.notReleased")}</Empty>
      </div>
    );
  return <Failed what={t("problem.load", { reason: problemText(t, problem) })} reference={problem.reference} retry={retry} />;
}

function Monitor({ board, stale }: { readonly board: Board; readonly stale: boolean }) {
  const { t } = useTranslation();
  const { unit, pickedOrg, today } = useMonitored();
  const [view, change] = useView(readMonitor);
  const navigate = useNavigate();
  const narrow = useNarrow();
  const sides = useMemo(() => sidesOf(board, view.by === "item"), [board, view.by]);
  const alerts = useQuery(alertsQuery(board.model));
  const cases = useQuery(casesQuery(board.model));
  const closing = useQuery(closingQuery(board.model, board.period.slice(0, 4), new Date().toISOString().slice(0, 10) + "T23:59:59Z"));
  const toDate = useQuery(boardQuery({ model: board.model, span: "to_date", period: board.period, item: board.item, org: pickedOrg }));
  const ours = useMemo(() => (alerts.data ?? []).filter((alert) => alert.item === board.item), [alerts.data, board.item]);
  const worst = ours.find((alert) => alert.severity === "error") ?? ours[0];
  const [opened, setOpened] = useState<ReadonlySet<string>>();
  const [picked, setPicked] = useState<Branch>();
  const first = useMemo(() => openAtFirst(sides, worst && placeOf(sides, worst.members)), [sides, worst]);
  const open = opened ?? first;
  const rows = useMemo(() => branches(board, sides, open), [board, sides, open]);
  const alarmed = useMemo(() => new Set(ours.map((alert) => placeOf(sides, alert.members)?.join("\u0000") ?? "")), [ours, sides]);
  const total = rows[0]?.row;
  const close = useCallback(() => setPicked(undefined), []);

  const toggle = (key: string): void => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpened(next);
  };
  const toCase = (id: number): void => void navigate({ to: "/adjust", search: (old) => ({ ...old, tab: undefined, case: id }) });
  const toCases = (): void => void navigate({ to: "/adjust", search: (old) => ({ ...old, tab: undefined, case: undefined }) });
  const toPlace = (alert: AlertRow): void => {
    const at = placeOf(sides, alert.members);
    if (!at) return;
    const way = openAtFirst(sides, at);
    setOpened(new Set([...open, ...way]));
    setPicked(branches(board, sides, way).find((branch) => branch.at[0] === at[0] && branch.at[1] === at[1]));
  };
  const bars = toDate.data ? waterfall(toDate.data, sidesOf(toDate.data, false), { budget: t("monitoring.budgetToDate"), actual: t("monitoring.actualToDate"), rest: t("monitoring.rest") }) : [];
  return (
    <div className="page monitor">
      <div className="page-head">
        <h1>{t("monitoring.board")}</h1>
        <Tabs
          className="page-tabs"
          activeKey={view.by ?? "org"}
          items={board.axes.map((axis, i) => ({ key: i === 0 ? "org" : "item", label: t("monitoring.by", { axis: axis.name }) }))}
          onChange={(by) => {
            setOpened(undefined);
            setPicked(undefined);
            change({ by: by === "item" ? "item" : undefined });
          }}
        />
        <span className="facts">{t("monitoring.facts", { title: board.title, period: board.period, unit: t(`top.${unit}`) })}</span>
        <span className="spring" />
        <Select
          aria-label={t("monitoring.span")}
          data-testid="span"
          popupMatchSelectWidth={false}
          value={board.span}
          options={SPANS.map((span) => ({ value: span, label: t(`monitoring.spanOf.${span}`) }))}
          onChange={(span) => change({ span: span === "year" ? undefined : span })}
        />
        <Select
          aria-label={t("monitoring.until")}
          popupMatchSelectWidth={false}
          value={board.period}
          options={months(board.period, today).map((period) => ({ value: period, label: t("monitoring.untilMonth", { period }) }))}
          onChange={(period) => change({ period })}
        />
      </div>
      {ours.length > 0 && <AlertStrip alerts={ours} onCase={toCase} onPlace={toPlace} />}
      <div className="monitor-body">
        <div className="monitor-scroll" data-stale={stale}>
          {total && <SummaryCard board={board} total={total} closing={closing.data} unit={unit} onCases={toCases} />}
          <div className="monitor-columns" data-beside={picked !== undefined}>
            <section className="card board-card">
              {total ? (
                <BoardTable
                  board={board}
                  branches={rows}
                  open={open}
                  alarmed={alarmed}
                  picked={picked?.key}
                  unit={unit}
                  title={`${sides.first.name} / ${sides.second.name}`}
                  narrow={narrow}
                  onToggle={toggle}
                  onPick={setPicked}
                />
              ) : (
                <Empty>{t("monitoring.nothingSeen")}</Empty>
              )}
              <p className="muted small card-foot">
                {t("monitoring.hint")} · {board.loaded_at ? t("monitoring.loadedAt", { time: clockTime(board.loaded_at) }) : t("monitoring.neverLoaded")}
              </p>
            </section>
            <div className="monitor-side">
              <section className="card" aria-label={t("monitoring.waterfall")}>
                <header>
                  <h2>{t("monitoring.waterfall")}</h2>
                  <span className="muted small">{t("monitoring.toDateUnit", { period: board.period, unit: t(`top.${unit}`) })}</span>
                  <span className="spring" />
                  <span className="small unfav">▲ {t(board.favourable === "more" ? "monitoring.gainMore" : "monitoring.spendMore")}</span>
                  <span className="small fav">▼ {t(board.favourable === "more" ? "monitoring.gainLess" : "monitoring.spendLess")}</span>
                </header>
                {toDate.data ? <Waterfall bars={bars} favourable={board.favourable} unit={unit} /> : <Loading rows={5} />}
              </section>
              {cases.data ? <CaseMini cases={cases.data} closing={closing.data} unit={unit} onCase={toCase} onAll={toCases} /> : <Loading rows={5} />}
            </div>
          </div>
        </div>
        {picked && (
          <DrillPanel
            model={board.model}
            place={{ item: board.item, members: membersOf(sides, picked.at), period: board.period, span: board.span }}
            title={pathOf(sides, picked)}
            row={picked.row}
            progress={board.progress}
            unit={unit}
            onClose={close}
          />
        )}
      </div>
    </div>
  );
}

/** The months of the year up to the business date, the newest first, and the one looked at. */
function months(looked: string, today: string): string[] {
  const year = looked.slice(0, 4);
  const last = today.startsWith(year) ? Number(today.slice(5, 7)) : 12;
  const all = Array.from({ length: Number.isNaN(last) ? 12 : last }, (_, i) => `${year}-${String(i + 1).padStart(2, "0")}`);
  return /^\d{4}-\d{2}$/.test(looked) ? [...new Set([looked, ...all])].sort().reverse() : [looked];
}

function pathOf(sides: ReturnType<typeof sidesOf>, branch: Branch): string {
  const first = sides.first.nodes.find((node) => node.code === branch.at[0])?.name ?? branch.at[0];
  return branch.second ? `${first} · ${branch.label}` : first;
}
