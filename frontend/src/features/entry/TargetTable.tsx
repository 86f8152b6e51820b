/** The table of targets at a desk. */
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Segmented } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLiveEvents } from "../../api/events";
import { asProblem } from "../../api/problem";
import { type Amount, isNegative } from "../../lib/amount";
import { usePageContext } from "../../lib/usePageContext";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { useLeaveGuard } from "../planning/useLeaveGuard";
import { CycleHead, CyclePicker } from "./CycleHead";
import { DistributeDialog } from "./DistributeDialog";
import { EditCell } from "./EditCell";
import { Against, Money } from "./figures";
import { ImportDialog } from "./ImportDialog";
import { type Column, LineTable, toggled } from "./LineTable";
import { RefusedStrip } from "./RefusedStrip";
import { type TargetEdit, type Targets, type TargetsSaved, saveTargets, undoTargets } from "./requests";
import { type Edits, editId, type Figures, type Part, TargetBook, type Typed } from "./targetBook";
import { briefOrgs, type Grouping, type Line, linesOf, openAtFirst } from "./tree";
import type { CycleChoice } from "./useCycle";

interface Props {
  readonly data: Targets;
  readonly choice: CycleChoice;
  readonly onReload: () => void;
}

/** What was asked and not saved, with the server's reason for each. */
export interface Refusal {
  readonly edit: TargetEdit;
  readonly message: string;
  readonly conflict: boolean;
  readonly now: string | null;
}

const LEGEND = [
  ["input", "#fff", "#cfd6e1"],
  ["computed", "#f3f6fd", "#bccff6"],
  ["edited", "#fff7dc", "#d9a514"],
  ["invalid", "#fdecec", "#d8646d"],
] as const;

export function TargetTable({ data, choice, onReload }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [context] = usePageContext();
  const unit = context.unit ?? "yuan";
  const { cycle } = data;
  const [edits, setEdits] = useState<Edits>(new Map());
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);
  const [undoable, setUndoable] = useState<readonly number[]>([]);
  const [stale, setStale] = useState(false);
  const [saving, setSaving] = useState(false);
  const [dialog, setDialog] = useState<"import" | "distribute" | null>(null);
  const [grouping, setGrouping] = useState<Grouping>("org");
  const brief = useMemo(() => briefOrgs(data.rows), [data.rows]);
  const lines = useMemo(() => linesOf(data.orgs, cycle.keys, grouping, brief), [data.orgs, cycle.keys, grouping, brief]);
  const [opened, setOpened] = useState<{ readonly [K in Grouping]?: ReadonlySet<string> }>({});
  const open = opened[grouping] ?? openAtFirst(data.orgs, lines, grouping, brief);
  const book = useMemo(() => new TargetBook(data, edits), [data, edits]);
  const changes = book.changes();
  const guard = useLeaveGuard(changes.length, context);
  const orgs = useMemo(() => new Map(data.orgs.map((org) => [org.code, org])), [data.orgs]);
  const mayEdit = cycle.status === "open" && data.orgs.some((org) => org.may_set || org.may_keep);

  useLiveEvents(["plan.changed"], (event) => {
    if (event.data["version"] !== cycle.version_id || Number(event.data["seq"]) <= data.seq) return;
    if (changes.length > 0) setStale(true);
    else onReload();
  });
  const reload = async (): Promise<void> => {
    setStale(false);
    await client.invalidateQueries({ queryKey: ["targets", cycle.id] });
    void client.invalidateQueries({ queryKey: ["summary", cycle.id] });
  };
  const failed = (error: unknown): void => {
    message.error(problemText(t, asProblem(error)));
  };
  const undo = async (seq: number): Promise<void> => {
    try {
      await undoTargets(cycle.id, seq);
      setUndoable((all) => all.filter((one) => one !== seq));
      message.success(t("entry.undone"));
      await reload();
    } catch (error) {
      failed(error);
    }
  };
  const settle = async (asked: readonly TargetEdit[], done: TargetsSaved): Promise<void> => {
    if (done.outcome === "nothing") {
      setRefusals(done.cells.filter((one) => one.code !== "others_failed").flatMap((one) => {
        const edit = asked[one.index];
        return edit ? [{ edit, message: one.message, conflict: one.status === "conflict", now: one.now }] : [];
      }));
      message.error(t("entry.refused", { count: done.cells.filter((one) => one.code !== "others_failed").length }));
      return;
    }
    setEdits(new Map());
    setRefusals(done.warnings.map((text) => ({ edit: { org: "", key: "", part: "target", before: null, after: null }, message: text, conflict: false, now: null })));
    setUndoable((all) => [...all, done.seq]);
    await reload();
    message.success({
      duration: 8,
      content: (
        <>
          {done.warnings.length > 0 ? t("entry.warned", { count: done.warnings.length }) : t("entry.saved", { count: done.saved })}{" "}
          <Button type="link" size="small" onClick={() => void undo(done.seq)}>
            {t("entry.undo")}
          </Button>
        </>
      ),
    });
  };
  const save = async (): Promise<void> => {
    setSaving(true);
    setRefusals([]);
    try {
      await settle(changes, await saveTargets(cycle.id, changes));
    } catch (error) {
      failed(error);
    } finally {
      setSaving(false);
    }
  };
  const typed = (all: Edits, id: string, after: Amount | null): Typed => ({ before: all.has(id) ? (all.get(id)?.before ?? null) : book.loaded(id), after });
  const put = (id: string, value: Amount | null): void => setEdits((all) => new Map(all).set(id, typed(all, id, value)));
  const drop = (id: string): void =>
    setEdits((all) => {
      const next = new Map(all);
      next.delete(id);
      return next;
    });
  const bad = (text: string): void => {
    message.error(t("entry.bad", { text }));
  };
  const pasteDown = (id: string, column: string, values: readonly (Amount | null)[]): void => {
    const ids = [...document.querySelectorAll<HTMLInputElement>(`input.amount-input[data-column="${column}"]`)].map((one) => one.dataset["cell"] ?? "");
    const from = ids.indexOf(id);
    setEdits((all) => {
      const next = new Map(all);
      values.forEach((value, i) => {
        const target = ids[from + i];
        if (target) next.set(target, typed(all, target, value));
      });
      return next;
    });
  };

  const figures = (line: Line): Figures | null => (line.org === "" ? null : line.key === null ? book.total(line.org) : book.cell(line.org, line.key));
  const editable = (line: Line, part: Part): boolean => {
    const org = orgs.get(line.org);
    return cycle.status === "open" && line.key !== null && org !== undefined && (part === "target" ? org.may_set : org.may_keep && figures(line)?.room !== null) && !figures(line)?.hidden;
  };
  const input = (line: Line, part: Part, value: string | null) => {
    const id = editId(line.org, line.key ?? "", part);
    const wrong = refusals.find((one) => editId(one.edit.org, one.edit.key, one.edit.part) === id);
    const key = cycle.keys.find((one) => one.code === line.key)?.name ?? "";
    return (
      <EditCell
        id={id}
        column={part}
        label={t("entry.edit", { org: orgs.get(line.org)?.name ?? "", key, part: t(`entry.column.${part}`) })}
        value={value}
        unit={unit}
        edited={edits.has(id) && changes.some((one) => editId(one.org, one.key, one.part) === id)}
        problem={wrong?.message}
        onChange={(amount) => put(id, amount)}
        onBad={bad}
        onPaste={pasteDown}
      />
    );
  };
  const last = cycle.compare.length - 1;
  const columns: Column[] = [
    {
      id: "target",
      title: t("entry.column.target"),
      width: 130,
      cell: (line) => {
        const found = figures(line);
        if (!found || found.hidden) return null;
        return editable(line, "target") ? input(line, "target", found.target) : <Money value={found.target} unit={unit} partial={found.partial} />;
      },
    },
    ...cycle.compare.map((column, i) => ({
      id: `compare-${i}`,
      title: column.title,
      width: 116,
      cell: (line: Line) => <Money value={figures(line)?.compare[i] ?? null} unit={unit} partial={figures(line)?.partial ?? false} />,
    })),
    ...(last >= 0
      ? [{ id: "against", title: t("entry.column.against", { title: cycle.compare[last]?.title ?? "" }), width: 104, cell: (line: Line) => <Against value={figures(line)?.target ?? null} base={figures(line)?.compare[last] ?? null} /> }]
      : []),
    { id: "current", title: t("entry.column.current"), width: 116, cell: (line) => <Money value={figures(line)?.current ?? null} unit={unit} partial={figures(line)?.partial ?? false} /> },
    { id: "passed", title: t("entry.column.passed"), width: 116, cell: (line) => (orgs.get(line.org)?.leaf ? null : <Money value={figures(line)?.passed ?? null} unit={unit} partial={figures(line)?.partial ?? false} />) },
    {
      id: "reserve",
      title: t("entry.column.reserve"),
      width: 116,
      cell: (line) => {
        const found = figures(line);
        if (!found || orgs.get(line.org)?.leaf) return null;
        return editable(line, "reserve") ? input(line, "reserve", found.reserve) : <Money value={found.reserve} unit={unit} />;
      },
    },
    {
      id: "room",
      title: t("entry.column.room"),
      width: 124,
      cell: (line) => {
        const room = orgs.get(line.org)?.leaf ? null : (figures(line)?.room ?? null);
        return room !== null && isNegative(room as Amount) ? (
          <span className="over">
            {t("entry.over")} <Money value={room.slice(1)} unit={unit} />
          </span>
        ) : (
          <Money value={room} unit={unit} />
        );
      },
    },
  ];
  const lastSeq = undoable[undoable.length - 1];
  const head = data.orgs.find((org) => org.may_keep) ?? data.orgs.find((org) => !brief.has(org.code)) ?? data.orgs[0];
  const whole = head ? book.total(head.code) : null;
  return (
    <>
      {guard}
      <CycleHead cycle={cycle} tab="targets">
        {whole && (
          <dl className="head-figures" data-testid="target-figures">
            {(["target", "passed", "reserve", "room"] as const)
              .filter((name) => whole[name] !== null)
              .map((name) => (
                <div key={name}>
                  <dt>{t(`entry.figure.${name}`)}</dt>
                  <dd>
                    <Money value={whole[name]} unit={unit} />
                  </dd>
                </div>
              ))}
          </dl>
        )}
      </CycleHead>
      <div className="toolbar" role="toolbar" aria-label={t("nav.target")}>
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
        <Button type="text" size="small" onClick={() => setOpened((all) => ({ ...all, [grouping]: new Set(lines.map((line) => line.id)) }))}>
          {t("entry.expandAll")}
        </Button>
        <Button type="text" size="small" onClick={() => setOpened((all) => ({ ...all, [grouping]: new Set(lines.filter((line) => line.level === 0).map((line) => line.id)) }))}>
          {t("entry.collapseAll")}
        </Button>
        {mayEdit && (
          <>
            <i className="rule" />
            <Button type="text" size="small" icon={<Icon name="undo" />} disabled={lastSeq === undefined || changes.length > 0} onClick={() => lastSeq !== undefined && void undo(lastSeq)}>
              {t("entry.undo")}
            </Button>
            <Button type="text" size="small" disabled={changes.length > 0} onClick={() => setDialog("distribute")}>
              {t("entry.distribute")}
            </Button>
            <Button type="text" size="small" icon={<Icon name="connect" />} disabled={changes.length > 0} onClick={() => setDialog("import")}>
              {t("entry.import")}
            </Button>
          </>
        )}
        <span className="spring" />
        <span className="legend" aria-hidden="true">
          {mayEdit && LEGEND.map(([kind, ground, border]) => (
            <span key={kind}>
              <i style={{ background: ground, borderColor: border }} />
              {t(`legend.${kind}`)}
            </span>
          ))}
        </span>
        {data.rows.some((row) => row.target.p || row.current.p) && <span className="muted small">{t("entry.onlyVisible")}</span>}
        {stale && (
          <span className="tag" data-tone="info" role="status">
            {t("entry.changed")}
            <Button type="link" size="small" onClick={() => void reload()}>
              {t("entry.reload")}
            </Button>
          </span>
        )}
      </div>
      <RefusedStrip
        refusals={refusals}
        unit={unit}
        onMine={(one) => {
          setEdits((all) => {
            const id = editId(one.edit.org, one.edit.key, one.edit.part);
            const mine = all.get(id);
            return mine ? new Map(all).set(id, { ...mine, before: one.now }) : all;
          });
          setRefusals((all) => all.filter((other) => other !== one));
          void reload();
        }}
        onTheirs={(one) => {
          drop(editId(one.edit.org, one.edit.key, one.edit.part));
          setRefusals((all) => all.filter((other) => other !== one));
          void reload();
        }}
        onClose={() => setRefusals([])}
        nameOf={(edit) => [orgs.get(edit.org)?.name, cycle.keys.find((key) => key.code === edit.key)?.name].filter(Boolean).join(" · ")}
      />
      <LineTable
        caption={cycle.title}
        editable={mayEdit}
        first={t(grouping === "org" ? "entry.column.name" : "entry.column.nameByKey")}
        lines={lines}
        open={open}
        onToggle={(id) => setOpened((all) => ({ ...all, [grouping]: toggled(open, id) }))}
        columns={columns}
      />
      <div className="foot-bar">
        <span role="status" aria-live="polite" data-testid="edit-state">
          {changes.length > 0 ? <b>{t("entry.unsaved", { count: changes.length })}</b> : <span className="muted">{t(mayEdit ? "entry.allSaved" : "entry.mayNot")}</span>}
        </span>
        {mayEdit && <span className="muted small help">{t("entry.help")}</span>}
        <span className="spring" />
        {mayEdit && (
          <>
            <Button disabled={changes.length === 0} onClick={() => setEdits(new Map())}>
              {t("entry.discard")}
            </Button>
            <Button type="primary" data-testid="save-targets" loading={saving} disabled={changes.length === 0} onClick={() => void save()}>
              {t(saving ? "entry.saving" : "entry.save")}
            </Button>
          </>
        )}
      </div>
      {dialog === "import" && <ImportDialog data={data} onClose={() => setDialog(null)} onDone={(asked, done) => void settle(asked, done)} />}
      {dialog === "distribute" && <DistributeDialog data={data} onClose={() => setDialog(null)} onDone={(done) => void settle([], done)} />}
    </>
  );
}
