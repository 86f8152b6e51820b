/** The grid as a component: a sheet on screen, with its status bar. The canvas and its keys live in view/controller. */
import { useEffect, useEffectEvent, useRef, useState, type Ref, useImperativeHandle } from "react";
import { useTranslation } from "react-i18next";
import type { MoneyUnit } from "../lib/display";
import type { CellRef, CellView } from "./model/cell";
import type { Sheet } from "./model/sheet";
import { StatusBar } from "./StatusBar";
import { exposeForTests } from "./view/bridge";
import { GridController, type PasteReport } from "./view/controller";

export interface CubeGridHandle {
  readonly focus: () => void;
  readonly close: (rows: ReadonlySet<string>) => void;
  readonly goTo: (ref: CellRef) => boolean;
  readonly closed: () => readonly string[]; // rows whose children are not shown
}

interface Props {
  readonly sheet: Sheet;
  readonly unit: MoneyUnit;
  readonly compact: boolean;
  readonly handle: Ref<CubeGridHandle>;
  readonly onActive: (ref: CellRef | null) => void;
  readonly onExplain: (ref: CellRef) => void;
  readonly onComment: (ref: CellRef) => void;
  readonly onPasted: (report: PasteReport) => void;
  readonly onRefused: (ref: CellRef) => void;
  readonly onNotNumber: (text: string) => void;
  readonly onSave: () => void;
}

interface Picked {
  readonly refs: readonly CellRef[];
  readonly cells: readonly CellView[];
}

export function CubeGrid(props: Props) {
  const { sheet, unit, compact, handle } = props;
  const { t, i18n } = useTranslation();
  const host = useRef<HTMLDivElement>(null);
  const controller = useRef<GridController>(null);
  const [picked, setPicked] = useState<Picked>({ refs: [], cells: [] });

  const onActive = useEffectEvent((ref: CellRef | null) => props.onActive(ref));
  const onExplain = useEffectEvent((ref: CellRef) => props.onExplain(ref));
  const onComment = useEffectEvent((ref: CellRef) => props.onComment(ref));
  const onPasted = useEffectEvent((report: PasteReport) => props.onPasted(report));
  const onRefused = useEffectEvent((ref: CellRef) => props.onRefused(ref));
  const onNotNumber = useEffectEvent((text: string) => props.onNotNumber(text));
  const onSave = useEffectEvent(() => props.onSave());
  const firstUnit = useEffectEvent(() => unit);

  useEffect(() => {
    if (!host.current) return undefined;
    const describe = (cell: CellView): string => (cell.edited ? t("panel.unsaved") : (cell.reason ?? ""));
    const made = new GridController(
      host.current,
      sheet,
      firstUnit(),
      { label: t("grid.label"), item: t("plan.item"), subtotal: t("plan.total"), state: (state) => t(`cell.${state}`), describe },
      {
        selected: (selection, cells, refs) => {
          setPicked({ cells, refs });
          onActive(controller.current?.activeRef(selection) ?? null);
        },
        explain: (ref) => onExplain(ref),
        comment: (ref) => onComment(ref),
        pasted: (report) => onPasted(report),
        refused: (ref) => onRefused(ref),
        notNumber: (text) => onNotNumber(text),
        save: () => onSave(),
      },
      compact,
    );
    controller.current = made;
    const hide = exposeForTests(made);
    return () => {
      hide();
      controller.current = null;
      made.release();
    };
  }, [sheet, compact, t, i18n.language]);

  useEffect(() => controller.current?.setUnit(unit), [unit]);
  useImperativeHandle(
    handle,
    () => ({
      focus: () => controller.current?.focus(),
      close: (rows) => controller.current?.setClosed(rows),
      goTo: (ref) => controller.current?.goTo(ref) ?? false,
      closed: () => [...(controller.current?.closed ?? [])],
    }),
    [],
  );

  return (
    <div className="cube-grid">
      <div className="grid-host" ref={host} data-testid="cube-grid" title="" />
      <StatusBar sheet={sheet} unit={unit} refs={picked.refs} cells={picked.cells} />
    </div>
  );
}
