/** 汇总: how far the cycle has come; target, planned, submitted and earlier years by organisation and item; release of a subtree. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Modal, Segmented } from "antd";
import { useMemo, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useLiveEvents } from "../../api/events";
import { asProblem } from "../../api/problem";
import { session } from "../../api/session";
import { amount } from "../../lib/amount";
import { show } from "../../lib/display";
import { usePageContext } from "../../lib/usePageContext";
import { problemText } from "../../ui/problemText";
import { Empty, Loading } from "../../ui/states";
import { useNarrow } from "../../ui/useNarrow";
import "../../styles/entry.css";
import { CycleHead, CyclePicker, WithCycle, Wrong } from "./CycleHead";
import { Against, Gap, Money } from "./figures";
import { type Column, LineTable, toggled } from "./LineTable";
import { type Cycle, releaseSubtree, type Summary, summaryQuery } from "./requests";
import { briefOrgs, cellId, type Grouping, type Line, linesOf, openAtFirst, sum } from "./tree";
import { SummaryList } from "./SummaryList";
import { UnitCard } from "./UnitCard";
import type { CycleChoice } from "./useCycle";
import { STATES } from "./UnitTag";

export function SummaryPage() {
  return <WithCycle tab="summary">{(cycle, choice) => <Loaded key={cycle.id} cycle={cycle} choice={choice} />}</WithCycle>;
}

function Loaded({ cycle, choice }: { readonly cycle: Cycle; readonly choice: CycleChoice }) {
  const { t } = useTranslation();
  const found = useQuery(summaryQuery(cycle.id));
  useLiveEvents(["plan.changed"], (event) => {
    if (event.data["version"] === cycle.version_id) void found.refetch();
  });
  return (
    <>
      <CycleHead cycle={cycle} tab="summary" />
      {found.data ? (
        <>
          <Coverage data={found.data} />
          {found.data.units.length === 0 && found.data.rows.length === 0 ? <Empty>{t("entry.nothingHere")}</Empty> : <Body data={found.data} choice={choice} />}
        </>
      ) : found.error ? (
        <Wrong error={found.error} retry={() => void found.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function Coverage({ data }: { readonly data: Summary }) {
  const { t } = useTranslation();
  return (
    <section className="coverage" aria-label={t("entry.coverage")} data-testid="coverage">
      <span>
        <b>{t("entry.coverageOf", { done: data.submitted, total: data.total })}</b>
      </span>
      {data.overdue > 0 && <span className="over">{t("entry.overdueCount", { count: data.overdue })}</span>}
      <span className="bar" aria-hidden="true">
        {STATES.map((state) => (
          <i key={state} data-state={state} style={{ width: `${(100 * (data.by_state[state] ?? 0)) / Math.max(1, data.total)}%` }} />
        ))}
      </span>
      <span className="legend">
        {STATES.filter((state) => data.by_state[state]).map((state) => (
          <span key={state}>
            <i data-state={state} />
            {t(`entry.state.${state}`)} {data.by_state[state]}
          </span>
        ))}
      </span>
    </section>
  );
}

function Body({ data, choice }: { readonly data: Summary; readonly choice: CycleChoice }) {
  const { t } = useTranslation();
  const [context] = usePageContext();
  const unit = context.unit ?? "yuan";
  const [grouping, setGrouping] = useState<Grouping>("org");
  const { cycle } = data;
  const brief = useMemo(() => briefOrgs(data.rows), [data.rows]);
  const lines = useMemo(() => linesOf(data.orgs, cycle.keys, grouping, brief), [data.orgs, cycle.keys, grouping, brief]);
  const rows = useMemo(() => new Map(data.rows.map((row) => [cellId(row.org, row.key), row])), [data.rows]);
  const [opened, setOpened] = useState<{ readonly [K in Grouping]?: ReadonlySet<string> }>({});
  const open = opened[grouping] ?? openAtFirst(data.orgs, lines, grouping, brief);
  const [releasing, setReleasing] = useState<Line | null>(null);
  const may = useMayRelease();
  const narrow = useNarrow();
  const rowsOf = (line: Line) =>
    line.org === "" ? [] : line.key === null ? cycle.keys.flatMap((key) => rows.get(cellId(line.org, key.code)) ?? []) : [rows.get(cellId(line.org, line.key))].filter((one) => one !== undefined);
  const money = (pick: (row: Summary["rows"][number]) => string | null) => (line: Line) => sum(rowsOf(line).map(pick));
  const target = money((row) => row.target.v);
  const current = money((row) => row.current.v);
  const last = cycle.compare.length - 1;
  const partial = (line: Line): boolean => rowsOf(line).some((row) => row.current.p || row.target.p);
  const columns: Column[] = [
    { id: "target", title: t("entry.column.target"), width: 90, cell: (line) => <Money value={target(line)} unit={unit} partial={partial(line)} /> },
    { id: "current", title: t("entry.column.current"), width: 90, cell: (line) => <Money value={current(line)} unit={unit} partial={partial(line)} /> },
    { id: "gap", title: t("entry.column.gap"), width: 114, cell: (line) => <Gap planned={current(line)} target={target(line)} favourable={cycle.favourable} unit={unit} /> },
    { id: "submitted", title: t("entry.column.submitted"), width: 90, cell: (line) => <Money value={money((row) => row.submitted)(line)} unit={unit} partial={partial(line)} /> },
    ...cycle.compare.map((column, i) => ({
      id: `compare-${i}`,
      title: column.title,
      width: 90,
      cell: (line: Line) => <Money value={money((row) => row.compare[i]?.v ?? null)(line)} unit={unit} partial={partial(line)} />,
    })),
    ...(last >= 0
      ? [{ id: "against", title: t("entry.column.against", { title: cycle.compare[last]?.title ?? "" }), width: 78, cell: (line: Line) => <Against value={current(line)} base={money((row) => row.compare[last]?.v ?? null)(line)} /> }]
      : []),
  ];
  return (
    <div className="summary-body">
      {data.rows.length > 0 && narrow && <SummaryList data={data} unit={unit} />}
      {data.rows.length > 0 && !narrow && (
        <div className="card" data-testid="summary-card">
          <header>
            <CyclePicker cycle={cycle} choice={choice} />
            <Segmented<Grouping>
              size="small"
              aria-label={t("entry.group")}
              value={grouping}
              options={[
                { value: "org", label: t("entry.byOrg") },
                { value: "key", label: t("entry.byKey") },
              ]}
              onChange={setGrouping}
            />
            <span className="spring" />
            {data.rows.some((row) => row.current.p) && <span className="muted small">{t("entry.onlyVisible")}</span>}
          </header>
          <LineTable
            caption={cycle.title}
            first={t(grouping === "org" ? "entry.column.name" : "entry.column.nameByKey")}
            lines={lines}
            open={open}
            onToggle={(id) => setOpened((all) => ({ ...all, [grouping]: toggled(open, id) }))}
            columns={columns}
            firstWidth={196}
            mark={(line) =>
              may && line.key === null && (data.releasable[line.org] ?? 0) > 0 ? (
                <Button type="link" size="small" onClick={() => setReleasing(line)}>
                  {t("entry.releaseHere", { count: data.releasable[line.org] ?? 0 })}
                </Button>
              ) : null
            }
          />
        </div>
      )}
      <UnitCard units={data.units} />
      {releasing && <ReleaseDialog cycle={cycle} line={releasing} count={data.releasable[releasing.org] ?? 0} onClose={() => setReleasing(null)} />}
    </div>
  );
}

/** The server decides again; without the right the action is not offered. */
function useMayRelease(): boolean {
  const state = useSyncExternalStore(session.subscribe, session.get);
  return state.kind === "in" && state.info.actions.some((pattern) => pattern === "*" || pattern === "control.*" || pattern === "control.release");
}

function ReleaseDialog({ cycle, line, count, onClose }: { readonly cycle: Cycle; readonly line: Line; readonly count: number; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const act = async (): Promise<void> => {
    setBusy(true);
    try {
      const done = await releaseSubtree(cycle.id, line.org);
      const words =
        done.policies.length > 0
          ? t("entry.released", { count: done.orgs.length, cells: done.cells, total: show(amount(done.total), { kind: "money", places: 2 }, "yuan") })
          : t("entry.releasedFrozen", { count: done.orgs.length });
      message.success({ content: done.left.length > 0 ? `${words} ${t("entry.leftOver", { count: done.left.length })}` : words, duration: 8 });
      await client.invalidateQueries({ queryKey: ["summary", cycle.id] });
      onClose();
    } catch (error) {
      message.error(problemText(t, asProblem(error)));
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      width={480}
      title={t("entry.releaseTitle", { org: line.name, count })}
      onCancel={onClose}
      footer={[
        <Button key="cancel" onClick={onClose}>
          {t("entry.cancel")}
        </Button>,
        <Button key="ok" type="primary" loading={busy} data-testid="release" onClick={() => void act()}>
          {t("entry.release")}
        </Button>,
      ]}
    >
      {t("entry.releaseSay")}
    </Modal>
  );
}
