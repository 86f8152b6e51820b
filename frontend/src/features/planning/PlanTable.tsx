/** One table of the plan with its bars and panel: wires the sheet, the grid, saving, conflicts and the guard on leaving. */
import { App, Button } from "antd";
import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { session } from "../../api/session";
import { CubeGrid, type CubeGridHandle } from "../../grid/CubeGrid";
import type { CellRef } from "../../grid/model/cell";
import type { PasteReport } from "../../grid/view/controller";
import { minuteOf } from "../../lib/times";
import { usePageContext } from "../../lib/usePageContext";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import { useNarrow } from "../../ui/useNarrow";
import { ConflictDialog } from "./ConflictDialog";
import { ExplainPanel } from "./ExplainPanel";
import { FootBar } from "./FootBar";
import { PhoneList } from "./PhoneList";
import { PlanHead } from "./PlanHead";
import { PlanToolbar } from "./PlanToolbar";
import { queryOf } from "./planQuery";
import type { Cube, Member, ModelDetail, Query, Version } from "./requests";
import { useLeaveGuard } from "./useLeaveGuard";
import { type Clash, usePlanSheet } from "./usePlanSheet";

interface Props {
  readonly model: ModelDetail;
  readonly version: Version;
  readonly versions: readonly Version[];
  readonly cube: Cube;
  readonly org: Member | undefined;
}

export function PlanTable({ model, version, versions, cube, org }: Props) {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const [context] = usePageContext();
  const unit = context.unit ?? "yuan";
  const narrow = useNarrow();
  const me = useSyncExternalStore(session.subscribe, session.get);
  const grid = useRef<CubeGridHandle>(null);
  const [rowDim, setRowDim] = useState<string>();
  const [active, setActive] = useState<CellRef | null>(null);
  const [panel, setPanel] = useState(false);
  const [saving, setSaving] = useState(false);
  const [lastSaved, setLastSaved] = useState("");
  const [clash, setClash] = useState<{ readonly clashes: readonly Clash[]; readonly seq: number } | null>(null);

  const asked = JSON.stringify(queryOf(model, version, cube, org, rowDim)); // the same question is the same sheet, whatever was fetched anew
  const query = useMemo(() => JSON.parse(asked) as Query, [asked]);
  const words = useMemo(() => ({ english: i18n.language === "en", year: t("plan.yearSuffix"), only: t("plan.given") }), [t, i18n.language]);
  const plan = usePlanSheet(query, model, words);
  const { sheet } = plan;
  const subscribe = useCallback((listener: () => void) => sheet?.subscribe(listener) ?? (() => undefined), [sheet]);
  const editCount = useSyncExternalStore(subscribe, () => sheet?.editCount ?? 0);
  const guard = useLeaveGuard(editCount, context);

  const save = async (baseSeq?: number): Promise<void> => {
    if (!sheet || saving || sheet.editCount === 0) return;
    setSaving(true);
    const count = sheet.editCount;
    const outcome = await plan.save(baseSeq);
    setSaving(false);
    switch (outcome.kind) {
      case "saved":
        setLastSaved(minuteOf(new Date()));
        message.success(t("plan.saved", { count: outcome.count }));
        break;
      case "clash":
        setClash(outcome);
        break;
      case "refused":
        message.error(t("plan.refused", { count: outcome.count, reason: outcome.first }));
        break;
      case "failed":
        message.error(t("problem.save", { reason: problemText(t, outcome.problem), count }), 8);
    }
  };
  const pasted = ({ applied, skipped, bad }: PasteReport): void => {
    const parts: string[] = [t("grid.pasted", { applied })];
    if (skipped > 0) parts.push(t("grid.skipped", { count: skipped }));
    if (bad[0] !== undefined) parts.push(t("grid.bad", { count: bad.length, example: bad[0] }));
    message[skipped + bad.length > 0 ? "warning" : "info"](parts.join(" "));
  };
  const refused = (ref: CellRef): void => {
    const cell = sheet?.saved(ref);
    message.warning(t("grid.cannotEdit", { reason: cell?.reason ?? t(`reason.${cell?.access === "computed" || cell?.access === "total" ? cell.access : "locked"}`) }));
  };
  const resolve = (choices: readonly (Clash & { readonly keep: "mine" | "theirs" })[]): void => {
    const seq = clash?.seq;
    setClash(null);
    sheet?.resolve(choices);
    if (sheet && sheet.editCount > 0) void save(seq);
    else void plan.reload();
  };

  const body = (): React.ReactNode => {
    if (plan.loadError && !sheet) {
      const text = t("problem.load", { reason: problemText(t, plan.loadError) });
      return <Failed what={text} reference={plan.loadError.reference} retry={() => void plan.reload()} />;
    }
    if (!sheet || !plan.slice) return <Loading rows={18} />;
    if (plan.slice.rows.length === 0) return <Empty>{t("plan.noRows")}</Empty>;
    if (narrow) return <PhoneList sheet={sheet} unit={unit} />;
    return (
      <CubeGrid
        sheet={sheet}
        unit={unit}
        compact={false}
        handle={grid}
        onActive={setActive}
        onExplain={(ref) => {
          setActive(ref);
          setPanel(true);
        }}
        onPasted={pasted}
        onRefused={refused}
        onNotNumber={(text) => void message.error(t("grid.notNumber", { text }))}
        onSave={() => void save()}
      />
    );
  };

  return (
    <div className="page" data-testid="plan-page">
      <PlanHead cube={cube} version={version} versions={versions} org={org} plan={plan} unit={unit} />
      <PlanToolbar
        model={model}
        cube={cube}
        rowDim={rowDim}
        onRowDim={setRowDim}
        sheet={narrow ? null : sheet}
        onClosed={(rows) => grid.current?.close(rows)}
        onExplain={() => setPanel((open) => !open)}
      />
      {plan.previewError && (
        <div className="strip" role="alert">
          <Icon name="warn" />
          {t("problem.preview", { reason: problemText(t, plan.previewError) })}
        </div>
      )}
      <div className="plan-body">
        <div className="plan-main">
          {body()}
          {!narrow && <FootBar sheet={sheet} plan={plan} lastSaved={lastSaved}>
            <Button disabled={editCount === 0 || saving} onClick={() => void message.info(t("plan.discarded", { count: sheet?.discard() ?? 0 }))}>
              {t("plan.discard")}
            </Button>
            <Button type="primary" disabled={editCount === 0} loading={saving} onClick={() => void save()} data-testid="save">
              {t("plan.save")}
            </Button>
          </FootBar>}
        </div>
        {panel && sheet && plan.slice && (
          <ExplainPanel
            cell={active}
            address={active && plan.at && sheet.row(active.row) ? { version: version.id, as_of: null, ...plan.at.of(active) } : null}
            seq={plan.slice.seq}
            sheet={sheet}
            model={model}
            unit={unit}
            onClose={() => {
              setPanel(false);
              grid.current?.focus();
            }}
          />
        )}
      </div>
      {clash && sheet && (
        <ConflictDialog
          clashes={clash.clashes}
          sheet={sheet}
          unit={unit}
          me={me.kind === "in" ? me.info.name : ""}
          onResolve={resolve}
          onCancel={() => setClash(null)}
        />
      )}
      {guard}
    </div>
  );
}
