/** The slice of a layout in the grid, with its explanation, its workbook and its link. Nothing is typed here. */
import { App, Button, Select } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../../api/problem";
import { CubeGrid, type CubeGridHandle } from "../../../grid/CubeGrid";
import type { CellRef } from "../../../grid/model/cell";
import { usePageContext } from "../../../lib/usePageContext";
import { Icon } from "../../../ui/icons";
import { problemText } from "../../../ui/problemText";
import { Empty, Failed, Loading } from "../../../ui/states";
import { useNarrow } from "../../../ui/useNarrow";
import { ExplainPanel } from "../ExplainPanel";
import { PhoneList } from "../PhoneList";
import { type Asked, type Cube, exportSlice, keep, type ModelDetail, type Query } from "../requests";
import { usePlanSheet } from "../usePlanSheet";

interface Props {
  readonly model: ModelDetail;
  readonly cube: Cube;
  readonly query: Query;
  readonly level: number | undefined; // how far open; none = to the leaves
  readonly onLevel: (level: number | undefined) => void;
}

export function PivotTable({ model, cube, query, level, onLevel }: Props) {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const [context] = usePageContext();
  const money = context.unit ?? "yuan";
  const narrow = useNarrow();
  const grid = useRef<CubeGridHandle>(null);
  const [active, setActive] = useState<CellRef | null>(null);
  const [explaining, setExplaining] = useState(false);
  const [exporting, setExporting] = useState(false);

  const askedText = JSON.stringify({ kind: "cube", query, looking: t("pivot.looking") });
  const asked = useMemo(() => JSON.parse(askedText) as Asked, [askedText]); // the same question is the same sheet
  const words = useMemo(() => ({ english: i18n.language === "en", year: t("plan.yearSuffix"), only: t("plan.given") }), [t, i18n.language]);
  const plan = usePlanSheet(asked, cube.code, model, words);
  const { sheet, slice } = plan;
  const deepest = Math.max(0, ...(slice?.rows.map((row) => row.level) ?? []));

  useEffect(() => {
    if (!sheet) return;
    grid.current?.close(new Set(level === undefined ? [] : sheet.data.rows.filter((row) => row.level >= level - 1).map((row) => row.id)));
  }, [sheet, level, narrow]);

  const exportNow = async (): Promise<void> => {
    setExporting(true);
    try {
      const made = await exportSlice(query, money, grid.current?.closed() ?? []);
      keep(made);
      message.success(t("form.exported", { name: made.name }));
    } catch (error) {
      message.error(t("form.exportFailed", { reason: problemText(t, asProblem(error)) }));
    }
    setExporting(false);
  };
  const share = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      message.success(t("pivot.shared"));
    } catch {
      message.warning(t("pivot.notShared")); // without a secure connection browsers give no clipboard
    }
  };
  const explain = (ref?: CellRef): void => {
    if (ref) setActive(ref);
    setExplaining((now) => ref !== undefined || !now);
  };
  const address = active && plan.at && sheet?.row(active.row) ? { version: query.version, as_of: null, ...plan.at.of(active) } : null;

  const body = (): React.ReactNode => {
    if (plan.loadError && !sheet) {
      if (plan.loadError.kind === "forbidden") return <Empty>{plan.loadError.detail || t("state.noPermissionHere")}</Empty>;
      return <Failed what={t("problem.load", { reason: problemText(t, plan.loadError) })} reference={plan.loadError.reference} retry={() => void plan.reload()} />;
    }
    if (!sheet || !slice) return <Loading rows={18} />;
    if (slice.rows.length === 0) return <Empty>{t(query.filled ? "pivot.empty" : "pivot.nothing")}</Empty>;
    if (narrow) return <PhoneList sheet={sheet} unit={money} />;
    return (
      <CubeGrid
        sheet={sheet}
        unit={money}
        compact={false}
        handle={grid}
        onActive={setActive}
        onExplain={explain}
        onComment={explain}
        onPasted={() => undefined}
        onRefused={(ref) => void message.info(sheet.saved(ref).reason ?? t("pivot.looking"))}
        onNotNumber={() => undefined}
        onSave={() => undefined}
      />
    );
  };

  return (
    <>
      <div className="toolbar" role="toolbar" aria-label={t("pivot.title")}>
        {deepest > 0 && !narrow && (
          <Select
            size="small"
            aria-label={t("pivot.expand")}
            data-testid="pivot-level"
            popupMatchSelectWidth={false}
            value={level === undefined || level > deepest ? 0 : level}
            options={[{ value: 0, label: t("pivot.leaves") }, ...Array.from({ length: deepest }, (_, i) => ({ value: i + 1, label: t("pivot.level", { level: i + 1 }) }))]}
            onChange={(one) => onLevel(one === 0 ? undefined : one)}
          />
        )}
        {!narrow && (
          <Button type="text" size="small" icon={<Icon name="question" />} onClick={() => explain()}>
            {t("pivot.explain")}
          </Button>
        )}
        <Button type="text" size="small" icon={<Icon name="connect" />} loading={exporting} disabled={!slice?.rows.length} onClick={() => void exportNow()} data-testid="pivot-export">
          {t("pivot.export")}
        </Button>
        <Button type="text" size="small" icon={<Icon name="send" />} onClick={() => void share()}>
          {t("pivot.share")}
        </Button>
      </div>
      <div className="plan-body">
        <div className="plan-main">{body()}</div>
        {explaining && sheet && slice && (
          <ExplainPanel
            cell={active}
            address={address}
            seq={slice.seq}
            sheet={sheet}
            model={model}
            unit={money}
            acts={undefined}
            onClose={() => {
              setExplaining(false);
              grid.current?.focus();
            }}
          />
        )}
      </div>
    </>
  );
}
