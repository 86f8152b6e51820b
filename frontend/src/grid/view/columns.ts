/** Our axes as the drawing library's columns: nested headers, one style function per column, marks drawn over the cell. */
import { type ColumnDefine, type ColumnsDefine, TYPES } from "@visactor/vtable";
import { iconSvg } from "../../ui/icons";
import type { Axes, Header, ShownRow } from "../model/axes";
import type { Column } from "../model/cell";
import { type Drawn, sign } from "./drawn";
import type { Look } from "./looks";
import { INK } from "./looks";

export interface Source {
  readonly axes: () => Axes;
  readonly look: (r: number, c: number) => Look;
  readonly rowAt: (r: number) => ShownRow | undefined;
  readonly locked: (row: ShownRow) => boolean;
  readonly words: { readonly item: string; readonly subtotal: string };
  readonly compact: boolean;
}

export const NAME_COLUMNS = 1;
export const ROW_HEIGHT = 28;
export const NAME = -1; // where `Drawn` keeps names: figures are counted from 0

type StyleArgs = TYPES.StylePropertyFunctionArg;
type RenderArgs = TYPES.CustomRenderFunctionArg;

const ICONS = {
  open: triangle("M2 5h12L8 13z"),
  closed: triangle("M5 2v12l8-6z"),
  formula: iconSvg("formula", "#6d8fd6"),
  lock: iconSvg("lock", "#8d97a8"),
};

function triangle(path: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16"><path d="${path}" fill="#626e83"/></svg>`;
}

export function tableColumns(source: Source, drawn: Drawn): ColumnsDefine {
  const axes = source.axes();
  const position = new Map(axes.columns.map((column, c) => [column.id, c]));
  const place = (column: Column): number => position.get(column.id) ?? 0;
  const one = (column: Column, title: string, subtotal: boolean): ColumnDefine => ({
    ...figureColumn(source, drawn, place(column), subtotal || column.total),
    title,
  });
  const define = (head: Header): ColumnDefine =>
    head.kind === "column"
      ? one(head.column, head.subtotal ? source.words.subtotal : head.column.label, head.subtotal)
      : ({ title: head.group.label, columns: head.parts.map(define), headerStyle: { textAlign: "center" } });
  const frozen = axes.columns.slice(0, axes.frozen).map((column) => one(column, column.note ? `${column.label}\n${column.note}` : column.label, column.beside === undefined));
  return [nameColumn(source, drawn), ...frozen, ...axes.headers.map(define)];
}

function nameColumn(source: Source, drawn: Drawn): ColumnDefine {
  const headerRows = (): number => source.axes().headerDepth;
  return {
    field: "name",
    title: source.words.item,
    width: nameWidth(source),
    headerStyle: { textAlign: "left" },
    fieldFormat: (record: ShownRow) => record.row.label,
    style: (args: StyleArgs) => {
      const row = source.rowAt(args.row - headerRows());
      if (!row) return {};
      const top = row.row.level === 0 && row.hasChildren;
      return {
        textAlign: "left",
        padding: [0, 4, 0, 8 + row.row.level * 14 + (row.hasChildren || !hasTree(source) ? 0 : 16)],
        bgColor: top ? "#eaf0fb" : source.locked(row) ? "#f3f4f6" : "#ffffff",
        color: source.locked(row) ? INK.text2 : INK.text1,
        fontWeight: row.hasChildren ? 600 : 400,
      };
    },
    icon: (args) => {
      const r = args.row - headerRows();
      drawn.note(NAME, r, nameSign(source, r));
      return nameIcons(source, source.rowAt(r));
    },
  };
}

/** What of a row's name may change while the rows stay. */
export function nameSign(source: Source, r: number): string {
  const row = source.rowAt(r);
  return row ? `${source.locked(row)}|${row.row.label}` : "";
}

function nameIcons(source: Source, row: ShownRow | undefined): TYPES.ColumnIconOption[] {
  if (!row) return [];
  const icons: TYPES.ColumnIconOption[] = [];
  const icon = (name: keyof typeof ICONS, left: boolean, size: number): TYPES.ColumnIconOption => ({
    type: "svg",
    name,
    svg: ICONS[name],
    width: size,
    height: size,
    positionType: left ? TYPES.IconPosition.contentLeft : TYPES.IconPosition.contentRight,
    marginRight: 3,
    marginLeft: 3,
    interactive: left,
    ...(left ? { cursor: "pointer" } : {}),
  });
  if (row.hasChildren) icons.push(icon(row.open ? "open" : "closed", true, 10));
  if (row.row.computed) icons.push(icon("formula", false, 12));
  else if (source.locked(row)) icons.push(icon("lock", false, 11));
  return icons;
}

function figureColumn(source: Source, drawn: Drawn, c: number, total: boolean): ColumnDefine {
  const at = (args: { readonly row: number }): number => args.row - source.axes().headerDepth;
  return {
    field: `c${c}`,
    width: figureWidth(source, c),
    headerStyle: { textAlign: "right", bgColor: total ? "#eaf0fb" : "#f5f7fa", borderColor: ["#e4e8ee", total ? "#cfd6e1" : "#e4e8ee", "#e4e8ee", "#e4e8ee"] },
    fieldFormat: (_record: ShownRow, _col?: number, row?: number) => source.look(at({ row: row ?? 0 }), c).text,
    style: (args: StyleArgs) => {
      const look = source.look(at(args), c);
      return {
        textAlign: look.align,
        bgColor: look.ground,
        color: look.ink,
        fontWeight: look.weight,
        fontSize: look.size,
        borderColor: ["#edf0f4", total ? "#cfd6e1" : "#edf0f4", "#edf0f4", "#edf0f4"],
      };
    },
    customRender: (args: RenderArgs) => {
      const look = source.look(at(args), c); // called last of the three, each time a cell is made or updated
      drawn.note(c, at(args), sign(look));
      return marks(look, args.rect);
    },
  };
}

/** A few columns keep a comfortable width; a full year shares the page. */
export const roomy = (source: Source): boolean => source.axes().columns.length < 9;

const hasTree = (source: Source): boolean => source.axes().rows.some((row) => row.hasChildren);

/** A Chinese character is 12 px wide; the sign of the row, its step and the lock need the rest. */
function nameWidth(source: Source): number {
  const widths = source.axes().rows.slice(0, SAMPLE_ROWS).map(({ row }) => row.label.length * 12.5 + row.level * 14 + 48);
  return Math.round(Math.max(roomy(source) ? 200 : 132, Math.min(260, Math.max(0, ...widths))));
}

const SAMPLE_ROWS = 300;

/** Wide enough for the longest figure of the first rows: a digit of the 12 px font is 7 px wide. */
function figureWidth(source: Source, c: number): number {
  const { rows, columns } = source.axes();
  let longest = Math.max((columns[c]?.label.length ?? 0) * 1.7, (columns[c]?.note?.length ?? 0) * 1.5);
  for (let r = 0; r < Math.min(rows.length, SAMPLE_ROWS); r += 1) longest = Math.max(longest, source.look(r, c).text.length);
  if (columns[c]?.change) return 70; // ▲+140.0%
  return Math.max(roomy(source) ? 104 : 50, Math.min(160, Math.ceil(longest * 7 + 14)));
}

/** Amber edge, red frame, blue dot: drawn above the ground, under nothing. Rectangles only: they clip with the cell. */
function marks(look: Look, rect: { width?: number; height?: number } | undefined): TYPES.ICustomRenderObj {
  const width = rect?.width ?? 0;
  const height = rect?.height ?? ROW_HEIGHT;
  const elements: TYPES.ICustomRenderElements = [];
  if (look.edge) elements.push({ type: "rect", x: 0, y: 0, width: 2, height, fill: "#d9a514" });
  if (look.frame) elements.push({ type: "rect", x: 0.5, y: 0.5, width: width - 2, height: height - 2, stroke: "#d8646d" });
  if (look.corner) for (const step of [0, 1, 2, 3]) elements.push({ type: "rect", x: width - 9 + 2 * step, y: 2 * step, width: 8 - 2 * step, height: 2, fill: "#e8681a" });
  if (look.dot) elements.push({ type: "circle", x: 6, y: 6, radius: 3, fill: "#2456c8" });
  return { elements, expectedHeight: height, expectedWidth: width, renderDefault: true };
}

