/** The toolbar: which table, how far open, undo; and the legend of cells. */
import { Button, Select, type SelectProps } from "antd";
import type { TFunction } from "i18next";
import { useSyncExternalStore, useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { Sheet } from "../../grid/model/sheet";
import { usePageContext } from "../../lib/usePageContext";
import { Icon } from "../../ui/icons";
import { rowDimensions } from "./planQuery";
import type { Cube, Form, ModelDetail } from "./requests";

interface Props {
  readonly model: ModelDetail;
  readonly cube: Cube;
  readonly form: Form | undefined;
  readonly forms: readonly Form[];
  readonly openThreads: number;
  readonly rowDim: string | undefined;
  readonly onRowDim: (dim: string) => void;
  readonly sheet: Sheet | null;
  readonly onClosed: (rows: ReadonlySet<string>) => void;
  readonly onExplain: () => void;
  readonly onFill: () => void;
  readonly onExport: () => void;
  readonly onThreads: () => void;
}

const LEGEND = [
  ["input", "#fff", "#cfd6e1"],
  ["locked", "#f3f4f6", "#cfd6e1"],
  ["computed", "#f3f6fd", "#bccff6"],
  ["edited", "#fff7dc", "#d9a514"],
  ["invalid", "#fdecec", "#d8646d"],
] as const;

export function PlanToolbar(props: Props) {
  const { model, cube, form, forms, rowDim, onRowDim, sheet, onClosed, onExplain } = props;
  const { t } = useTranslation();
  const [, change] = usePageContext();
  const dims = rowDimensions(cube);
  return (
    <div className="toolbar" role="toolbar" aria-label={t("plan.title")}>
      <span className="muted">{t("plan.table")}</span>
      <Select
        aria-label={t("plan.table")}
        data-testid="table-picker"
        popupMatchSelectWidth={false}
        value={form?.code ?? cube.code}
        options={tables(t, forms, model) ?? []}
        onChange={(table) => change({ table })}
      />
      {!form && dims.length > 1 && (
        <Select
          aria-label={t("plan.rows")}
          popupMatchSelectWidth={false}
          value={rowDim ?? dims[0] ?? null}
          options={dims.map((dim) => ({ value: dim, label: model.dimensions.find((one) => one.code === dim)?.name ?? dim }))}
          onChange={onRowDim}
        />
      )}
      {sheet && <SheetActions sheet={sheet} onClosed={onClosed} onExplain={onExplain} />}
      {sheet && form && (
        <>
          {form.factor !== null && (
            <Button type="text" size="small" icon={<Icon name="formula" />} onClick={props.onFill} data-testid="fill">
              {t("form.fill")}
            </Button>
          )}
          <Button type="text" size="small" icon={<Icon name="connect" />} onClick={props.onExport} data-testid="export">
            {t("form.export")}
          </Button>
        </>
      )}
      {sheet && (
        <Button type="text" size="small" icon={<Icon name="comment" />} onClick={props.onThreads} data-testid="threads">
          {t("form.comments", { count: props.openThreads })}
        </Button>
      )}
      <span className="spring" />
      <span className="legend" aria-hidden="true">
        {LEGEND.map(([kind, ground, border]) => (
          <span key={kind}>
            <i style={{ background: ground, borderColor: border }} />
            {t(`legend.${kind}`)}
          </span>
        ))}
      </span>
    </div>
  );
}

/** Forms first, then the tables behind them; without forms only tables. */
function tables(t: TFunction, forms: readonly Form[], model: ModelDetail): SelectProps["options"] {
  const cubes = model.cubes.map((one) => ({ value: one.code, label: one.title || one.code }));
  if (forms.length === 0) return cubes;
  const known = new Set(forms.map((one) => one.code));
  return [
    { label: t("form.forms"), options: forms.map((one) => ({ value: one.code, label: one.title })) },
    { label: t("form.cubes"), options: cubes.filter((one) => !known.has(one.value)) },
  ];
}

function SheetActions({ sheet, onClosed, onExplain }: { readonly sheet: Sheet; readonly onClosed: Props["onClosed"]; readonly onExplain: () => void }) {
  const { t } = useTranslation();
  const subscribe = useCallback((listener: () => void) => sheet.subscribe(listener), [sheet]);
  useSyncExternalStore(subscribe, sheet.revision);
  const deepest = Math.max(0, ...sheet.data.rows.map((row) => row.level));
  const closeFrom = (level: number): void => onClosed(new Set(sheet.data.rows.filter((row) => row.level >= level).map((row) => row.id)));
  return (
    <>
      {deepest > 0 && (
        <Select
          aria-label={t("plan.expand")}
          popupMatchSelectWidth={false}
          defaultValue={deepest}
          options={Array.from({ length: deepest + 1 }, (_, level) => ({ value: level, label: level === deepest ? t("plan.toLeaves") : t("plan.toLevel", { level: level + 1 }) }))}
          onChange={closeFrom}
        />
      )}
      <i className="rule" />
      <Button type="text" size="small" icon={<Icon name="undo" />} disabled={!sheet.canUndo} onClick={() => void sheet.undo()}>
        {t("plan.undo")}
      </Button>
      <Button type="text" size="small" icon={<Icon name="redo" />} disabled={!sheet.canRedo} onClick={() => void sheet.redo()}>
        {t("plan.redo")}
      </Button>
      <Button type="text" size="small" icon={<Icon name="question" />} onClick={onExplain}>
        {t("panel.title")}
      </Button>
    </>
  );
}
