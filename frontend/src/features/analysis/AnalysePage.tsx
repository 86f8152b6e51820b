/** 分析: where actuals leave the budget: from budget to actual, the largest differences first, the tree with its drill. */
import { useQuery } from "@tanstack/react-query";
import { Segmented, Tabs } from "antd";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import "../../styles/monitoring.css";
import { waterfall } from "../monitoring/bars";
import { type Branch, branches, membersOf, openAtFirst, sidesOf } from "../monitoring/board";
import { DrillPanel } from "../monitoring/DrillPanel";
import { type Board, boardQuery, type Span } from "../monitoring/requests";
import { readMonitor, useView } from "../monitoring/search";
import { useMonitored } from "../monitoring/useMonitored";
import { Waterfall } from "../monitoring/Waterfall";
import { largest } from "./largest";
import { VarianceTable } from "./VarianceTable";

const SPANS: readonly Span[] = ["to_date", "month"];

export function AnalysePage() {
  const { t } = useTranslation();
  const { model, models, error, retry, pickedOrg } = useMonitored();
  const [view] = useView(readMonitor);
  const span: Span = view.span === "month" ? "month" : "to_date";
  const board = useQuery({ ...boardQuery({ model: model?.code ?? "", span, period: view.period, org: pickedOrg }), enabled: model !== undefined });
  const wrong = error ?? board.error;
  if (models?.length === 0) return <Empty>{t("plan.noModels")}</Empty>;
  if (wrong) {
    const problem = asProblem(wrong);
    if (problem.kind === "forbidden") return <Failed what={t("state.noPermissionHere")} />;
    if (problem.kind === "not-found") return <Empty>{t("monitoring.notReleased")}</Empty>;
    return <Failed what={t("problem.load", { reason: problemText(t, problem) })} reference={problem.reference} retry={error ? retry : () => void board.refetch()} />;
  }
  if (!model || !board.data) return <Loading />;
  return <Analysis board={board.data} />;
}

function Analysis({ board }: { readonly board: Board }) {
  const { t } = useTranslation();
  const { unit } = useMonitored();
  const [view, change] = useView(readMonitor);
  const sides = useMemo(() => sidesOf(board, view.by === "item"), [board, view.by]);
  const [opened, setOpened] = useState<ReadonlySet<string>>();
  const [picked, setPicked] = useState<Branch>();
  const open = useMemo(() => opened ?? openAtFirst(sides), [opened, sides]);
  const rows = useMemo(() => branches(board, sides, open), [board, sides, open]);
  const top = useMemo(() => largest(board, sides), [board, sides]);
  const bars = waterfall(board, sidesOf(board, false), { budget: t("monitoring.budgetToDate"), actual: t("monitoring.actualToDate"), rest: t("monitoring.rest") });
  const close = useCallback(() => setPicked(undefined), []);
  const toggle = (key: string): void => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpened(next);
  };
  return (
    <div className="page analyse">
      <div className="page-head">
        <h1>{t("analysis.title")}</h1>
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
        <Segmented<Span>
          size="small"
          aria-label={t("monitoring.span")}
          value={board.span}
          options={SPANS.map((span) => ({ value: span, label: t(`monitoring.spanOf.${span}`) }))}
          onChange={(span) => change({ span: span === "month" ? "month" : undefined })}
        />
      </div>
      <div className="monitor-body">
        <div className="monitor-scroll">
          <div className="monitor-columns" data-beside={picked !== undefined}>
            <section className="card board-card">
              {rows.length === 0 ? (
                <Empty>{t("monitoring.nothingSeen")}</Empty>
              ) : (
                <VarianceTable board={board} branches={rows} open={open} picked={picked?.key} unit={unit} title={`${sides.first.name} / ${sides.second.name}`} onToggle={toggle} onPick={setPicked} />
              )}
              <p className="muted small card-foot">{t("analysis.hint")}</p>
            </section>
            <div className="monitor-side">
              <section className="card" aria-label={t("monitoring.waterfall")}>
                <header>
                  <h2>{t("monitoring.waterfall")}</h2>
                  <span className="spring" />
                  <span className="small unfav">▲ {t("monitoring.spendMore")}</span>
                  <span className="small fav">▼ {t("monitoring.spendLess")}</span>
                </header>
                <Waterfall bars={bars} favourable={board.favourable} unit={unit} />
              </section>
              <section className="card" aria-label={t("analysis.largest")}>
                <header>
                  <h2>{t("analysis.largest")}</h2>
                  <span className="muted small">{t("analysis.leavesOnly")}</span>
                </header>
                <VarianceTable board={board} branches={top} open={new Set()} picked={picked?.key} unit={unit} title={t("analysis.place")} onToggle={toggle} onPick={setPicked} />
              </section>
            </div>
          </div>
        </div>
        {picked && (
          <DrillPanel
            model={board.model}
            place={{ item: board.item, members: membersOf(sides, picked.at), period: board.period, span: board.span }}
            title={picked.label}
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
