/** One table of the plan with its bars and panels: wires the sheet, the grid, saving, conflicts, checks, submission, comments. */
import { App, Button } from "antd";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
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
import { ActDialogs } from "./ActDialogs";
import { ChecksBar } from "./ChecksBar";
import { subjectOf, useMarks } from "./comments";
import { ConflictDialog } from "./ConflictDialog";
import { ExplainPanel } from "./ExplainPanel";
import { FillDialog } from "./FillDialog";
import { FootBar } from "./FootBar";
import { PhoneList } from "./PhoneList";
import { PlanHead } from "./PlanHead";
import { PlanToolbar } from "./PlanToolbar";
import { queryOf } from "./planQuery";
import type { Asked, CheckCell, Cube, Form, Member, ModelDetail, Unit, Version } from "./requests";
import { cellRefOf, isBeside } from "./slice";
import { SubmitDialog } from "./SubmitDialog";
import { ThreadPanel } from "./ThreadPanel";
import { useChecks } from "./useChecks";
import { useFormActions } from "./useFormActions";
import { useLeaveGuard } from "./useLeaveGuard";
import { type Clash, type SaveOutcome, usePlanSheet } from "./usePlanSheet";
import { useSubmission } from "./useSubmission";

interface Props {
  readonly model: ModelDetail;
  readonly version: Version;
  readonly versions: readonly Version[];
  readonly cube: Cube;
  readonly form: Form | undefined;
  readonly forms: readonly Form[];
  readonly org: Member | undefined;
  readonly unit: Unit | undefined;
  readonly jump: CheckCell | null; // a cell to go to as soon as it is there
  readonly onJump: (cell: CheckCell) => boolean;
  readonly onJumped: () => void;
}

export function PlanTable(props: Props) {
  const { model, version, versions, cube, form, forms, org, unit } = props;
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const [context] = usePageContext();
  const money = context.unit ?? "yuan";
  const narrow = useNarrow();
  const me = useSyncExternalStore(session.subscribe, session.get);
  const grid = useRef<CubeGridHandle>(null);
  const [rowDim, setRowDim] = useState<string>();
  const [active, setActive] = useState<CellRef | null>(null);
  const [panel, setPanel] = useState<"explain" | "threads" | null>(null);
  const [saving, setSaving] = useState(false);
  const [lastSaved, setLastSaved] = useState("");
  const [clash, setClash] = useState<{ readonly clashes: readonly Clash[]; readonly seq: number } | null>(null);

  const askedText = JSON.stringify(form ? formAsked(version, form, org, cube) : { kind: "cube", query: queryOf(model, version, cube, org, rowDim) });
  const asked = useMemo(() => JSON.parse(askedText) as Asked, [askedText]); // the same question is the same sheet, whatever was fetched anew
  const words = useMemo(() => ({ english: i18n.language === "en", year: t("plan.yearSuffix"), only: t("plan.given"), beside: t("form.compareOnly") }), [t, i18n.language]);
  const plan = usePlanSheet(asked, cube.code, model, words);
  const { sheet } = plan;
  const subscribe = useCallback((listener: () => void) => sheet?.subscribe(listener) ?? (() => undefined), [sheet]);
  const editCount = useSyncExternalStore(subscribe, () => sheet?.editCount ?? 0);
  const guard = useLeaveGuard(editCount, context);
  const marks = useMarks(version.id, cube.code, plan.slice, sheet);
  const checking = useChecks(version.status === "open" ? unit : undefined, sheet, plan.at, plan.slice?.seq);
  const actions = useFormActions({ asked, version: version.id, money, editCount, own: plan.own, closed: () => grid.current?.closed() ?? [] });

  const locate = (cell: CheckCell | null): void => {
    if (cell && !props.onJump(cell)) message.warning(t("form.checks.gone"));
  };
  const { jump, onJumped } = props;
  useEffect(() => {
    if (!jump || jump.cube !== cube.code || !plan.slice || !sheet) return;
    const ref = cellRefOf(plan.slice, jump);
    if (!ref || !grid.current?.goTo(ref)) message.warning(t("form.checks.gone"));
    onJumped();
  }, [jump, cube.code, plan.slice, sheet, onJumped, message, t]);

  const save = async (baseSeq?: number): Promise<SaveOutcome["kind"] | null> => {
    if (!sheet || saving || sheet.editCount === 0) return null;
    setSaving(true);
    const count = sheet.editCount;
    const outcome = await plan.save(baseSeq);
    setSaving(false);
    switch (outcome.kind) {
      case "saved":
        setLastSaved(minuteOf(new Date()));
        actions.tellWithUndo(t("plan.saved", { count: outcome.count }), outcome.seq);
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
    return outcome.kind;
  };
  const submission = useSubmission({ unit, checking, locate, save, edits: () => sheet?.editCount ?? 0, reload: plan.reload });
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
  const open = (what: "explain" | "threads", ref?: CellRef): void => {
    if (ref) setActive(ref);
    setPanel((now) => (now === what && !ref ? null : what));
  };
  const closePanel = (): void => {
    setPanel(null);
    grid.current?.focus();
  };

  const address = active && plan.at && sheet?.row(active.row) && !isBeside(active.column) ? { version: version.id, as_of: null, ...plan.at.of(active) } : null;
  const mayWrite = version.status === "open" && (!unit || unit.status === "preparing");

  const body = (): React.ReactNode => {
    if (plan.loadError && !sheet) {
      const text = t("problem.load", { reason: problemText(t, plan.loadError) });
      return <Failed what={text} reference={plan.loadError.reference} retry={() => void plan.reload()} />;
    }
    if (!sheet || !plan.slice) return <Loading rows={18} />;
    if (plan.slice.rows.length === 0) return <Empty>{t("plan.noRows")}</Empty>;
    if (narrow) return <PhoneList sheet={sheet} unit={money} />;
    return (
      <CubeGrid
        sheet={sheet}
        unit={money}
        compact={false}
        handle={grid}
        onActive={setActive}
        onExplain={(ref) => open("explain", ref)}
        onComment={(ref) => open("threads", ref)}
        onPasted={pasted}
        onRefused={refused}
        onNotNumber={(text) => void message.error(t("grid.notNumber", { text }))}
        onSave={() => void save()}
      />
    );
  };
  const mayPrepare = unit?.status === "preparing" && version.status === "open";

  return (
    <div className="page" data-testid="plan-page">
      <PlanHead cube={cube} form={form} version={version} versions={versions} org={org} unit={unit} plan={plan} money={money} />
      <PlanToolbar
        model={model}
        cube={cube}
        form={form}
        forms={forms}
        openThreads={marks.length}
        rowDim={rowDim}
        onRowDim={setRowDim}
        sheet={narrow ? null : sheet}
        onClosed={(rows) => grid.current?.close(rows)}
        onExplain={() => open("explain")}
        onFill={actions.startFill}
        onExport={() => void actions.exportNow()}
        onThreads={() => open("threads")}
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
          {checking.checks && <ChecksBar checks={checking.checks} onLocate={narrow ? undefined : (finding) => locate(finding.cell)} onExplain={mayPrepare && submission.may && !narrow ? () => void submission.start() : undefined} />}
          {!narrow && (
            <FootBar sheet={sheet} plan={plan} lastSaved={lastSaved} checking={checking}>
              {editCount > 0 && (
                <Button type="text" disabled={saving} onClick={() => void message.info(t("plan.discarded", { count: sheet?.discard() ?? 0 }))}>
                  {t("plan.discard")}
                </Button>
              )}
              {checking.checks && (
                <Button loading={checking.running} onClick={() => void submission.runChecks()} data-testid="run-checks">
                  {t("form.checks.run")}
                </Button>
              )}
              <Button type={mayPrepare ? "default" : "primary"} disabled={editCount === 0} loading={saving} onClick={() => void save()} data-testid="save">
                {t("plan.save")}
              </Button>
              {mayPrepare && submission.may && (
                <Button type="primary" icon={<Icon name="send" />} loading={submission.busy} onClick={() => void submission.start()} data-testid="submit">
                  {t("form.submit")}
                </Button>
              )}
            </FootBar>
          )}
        </div>
        {panel === "explain" && sheet && plan.slice && (
          <ExplainPanel
            cell={active}
            address={address}
            seq={plan.slice.seq}
            sheet={sheet}
            model={model}
            unit={money}
            acts={mayWrite ? actions.start : undefined}
            onClose={closePanel}
          />
        )}
        {panel === "threads" && sheet && (
          <ThreadPanel
            about={active && plan.at && sheet.row(active.row) ? subjectOf(version.id, plan.at, active) : null}
            cell={active}
            marks={marks}
            sheet={sheet}
            onGoTo={(ref) => grid.current?.goTo(ref)}
            onClose={closePanel}
          />
        )}
      </div>
      {clash && sheet && (
        <ConflictDialog clashes={clash.clashes} sheet={sheet} unit={money} me={me.kind === "in" ? me.info.name : ""} onResolve={resolve} onCancel={() => setClash(null)} />
      )}
      {actions.filling && asked.kind === "form" && (
        <FillDialog body={asked.body} factor={form?.factor ?? "1"} org={org?.name ?? ""} onFill={actions.fill} onCancel={actions.stopFill} />
      )}
      {actions.acting && active && address && sheet && (
        <ActDialogs acting={actions.acting} address={address} active={active} sheet={sheet} model={model} versions={versions} unit={money} write={actions.write} done={actions.done} onCancel={actions.stopActing} />
      )}
      {submission.asking && (
        <SubmitDialog org={org?.name ?? ""} checks={submission.asking} busy={submission.busy} refused={submission.refused} onSubmit={(comment, reasons) => void submission.send(comment, reasons)} onCancel={submission.cancel} />
      )}
      {guard}
    </div>
  );
}

function formAsked(version: Version, form: Form, org: Member | undefined, cube: Cube): Asked {
  const at = cube.dims.includes("org") ? org?.code : undefined;
  return { kind: "form", body: { version: version.id, form: form.code, org: at ?? null, fixed: {} } };
}
