/**
 * The drawing library behind one small door: it draws cells and selections and reports the mouse, and nothing else. Keys,
 * clipboard, editing, undo and the figures are ours.
 */
import { ListTable, type ListTableConstructorOptions, vglobal } from "@visactor/vtable";
import type { Axes, ShownRow } from "../model/axes";
import type { At, Rectangle } from "../model/selection";
import { Drawn, sign } from "./drawn";
import { NAME, NAME_COLUMNS, nameSign, roomy, ROW_HEIGHT, type Source, tableColumns } from "./columns";

const FONT = '-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",sans-serif';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What the mouse did. A name column means the whole row; a header the whole column. */
export interface Mouse {
  readonly press: () => void;
  readonly select: (anchor: At, head: At, extend: boolean) => void;
  readonly edit: () => void;
  readonly toggle: (rowId: string) => void;
  readonly menu: (at: At) => void;
  readonly fill: (from: Rectangle, to: Rectangle) => void;
  readonly scrolled: () => void;
}

/** Positions of the table, both ends in it. */
interface Span {
  readonly from: number;
  readonly to: number;
}

type Listener = Parameters<typeof vglobal.addEventListener>;

/** The library leaves listeners on its global object for ever; this notes what an instance adds, to take it back. */
function recordingListeners<T>(build: () => T): { readonly built: T; readonly forget: () => void } {
  const added: Listener[] = [];
   
  const original = vglobal.addEventListener;
  vglobal.addEventListener = ((...args: Listener) => {
    added.push(args);
    original.apply(vglobal, args);
  }) as typeof vglobal.addEventListener;
  try {
    return {
      built: build(),
      forget: () => {
        for (const args of added.splice(0)) vglobal.removeEventListener(...args);
      },
    };
  } finally {
    vglobal.addEventListener = original;
  }
}

export class Drawing {
  readonly #table: ListTable;
  readonly #forget: () => void;
  readonly #source: Source;
  readonly #drawn = new Drawn();
  #pushing = false;
  #fillFrom: Rectangle | null = null;

  constructor(place: HTMLElement, source: Source, mouse: Mouse) {
    this.#source = source;
    const { built, forget } = recordingListeners(() => new ListTable(place, options(source, this.#drawn)));
    this.#table = built;
    this.#forget = forget;
    this.#listen(mouse);
  }

  release(): void {
    this.#table.release();
    this.#forget();
  }

  // --- drawing -----------------------------------------------------------------------------------------------------

  /** Rows or columns are others now. */
  relayout(columnsToo: boolean): void {
    const { scrollTop, scrollLeft } = this.#table;
    this.#drawn.forget();
    if (columnsToo) this.#table.updateColumns(tableColumns(this.#source, this.#drawn));
    this.#table.setRecords(this.#source.axes().rows as ShownRow[]);
    this.#table.setScrollTop(scrollTop);
    this.#table.setScrollLeft(scrollLeft);
  }

  /** Figures are others: what is on screen at once, what is kept around it when there is time. */
  repaint(): void {
    const { rowStart, rowEnd } = this.#table.getBodyVisibleRowRange();
    const { colStart, colEnd } = this.#table.getBodyVisibleColRange();
    this.#repaint({ from: 0, to: this.#table.frozenColCount - 1 }, { from: rowStart, to: rowEnd });
    this.#repaint({ from: colStart, to: colEnd }, { from: rowStart, to: rowEnd });
    this.#table.scenegraph.updateNextFrame(); // changed cells alone do not make it draw
    requestIdleCallback(() => this.#repaintAround(rowStart, rowEnd), { timeout: 400 });
  }

  #repaintAround(rowStart: number, rowEnd: number): void {
    if (this.#table.isReleased) return;
    const rows = { from: Math.max(this.#depth, rowStart - 30), to: Math.min(this.#table.rowCount - 1, rowEnd + 30) };
    this.#repaint({ from: 0, to: this.#table.colCount - 1 }, rows);
    this.#table.scenegraph.updateNextFrame();
  }

  /** The cells of a block that look different from what is drawn. */
  #repaint(columns: Span, rows: Span): void {
    for (let row = Math.max(rows.from, this.#depth); row <= rows.to; row += 1) {
      for (let column = columns.from; column <= columns.to; column += 1) if (this.#differs(column, row)) this.#table.updateCellContent(column, row);
    }
  }

  #differs(column: number, row: number): boolean {
    const r = row - this.#depth;
    if (column < NAME_COLUMNS) return this.#drawn.differs(NAME, r, nameSign(this.#source, r));
    const c = column - NAME_COLUMNS;
    return this.#drawn.differs(c, r, sign(this.#source.look(r, c)));
  }

  drawSelection(area: Rectangle, head: At): void {
    this.#pushing = true;
    this.#table.clearSelected();
    this.#table.selectCells([{ start: this.#cell({ r: area.top, c: area.left }), end: this.#cell({ r: area.bottom, c: area.right }) }]);
    const cell = this.#cell(head);
    this.#table._makeVisibleCell(cell.col, cell.row);
    this.#pushing = false;
  }

  /** Where a cell is on the canvas, or null when it is scrolled out of sight or under the frozen part. */
  box(at: At): Box | null {
    const { col, row } = this.#cell(at);
    if (row >= this.#table.rowCount || col >= this.#table.colCount) return null;
    const rect = this.#table.getCellRelativeRect(col, row);
    const frozenCol = col < this.#table.frozenColCount;
    const left = frozenCol ? 0 : this.#table.getFrozenColsWidth();
    const top = this.#table.getFrozenRowsHeight();
    if (rect.left < left - 1 || rect.top < top - 1 || rect.right > this.#table.tableNoFrameWidth + 1 || rect.bottom > this.#table.tableNoFrameHeight + 1) return null;
    return { left: rect.left, top: rect.top, width: rect.width, height: rect.height };
  }

  pageRows(): number {
    const { rowStart, rowEnd } = this.#table.getBodyVisibleRowRange();
    return Math.max(1, rowEnd - rowStart - 1);
  }

  /** Rows on screen, as positions among the shown rows: half-open. */
  visibleRows(): { readonly from: number; readonly to: number } {
    const { rowStart, rowEnd } = this.#table.getBodyVisibleRowRange();
    return { from: Math.max(0, rowStart - this.#depth), to: rowEnd - this.#depth + 1 };
  }

  // --- positions ---------------------------------------------------------------------------------------------------

  get #depth(): number {
    return this.#source.axes().headerDepth;
  }

  #cell(at: At): { col: number; row: number } {
    return { col: at.c + NAME_COLUMNS, row: at.r + this.#depth };
  }

  #at(col: number, row: number): At {
    return { r: Math.max(0, row - this.#depth), c: Math.max(0, col - NAME_COLUMNS) };
  }

  // --- the mouse ---------------------------------------------------------------------------------------------------

  #listen(mouse: Mouse): void {
    const table = this.#table;
    let shift = false;
    table.on("mousedown_cell", (event) => {
      shift = event.event instanceof MouseEvent && event.event.shiftKey;
      mouse.press();
    });
    const picked = (): void => {
      if (!this.#pushing) this.#reportSelection(mouse, shift);
    };
    table.on("selected_cell", picked);
    table.on("drag_select_end", picked);
    table.on("dblclick_cell", (event) => {
      if (event.row >= this.#depth && event.col >= NAME_COLUMNS) mouse.edit();
    });
    table.on("icon_click", (event) => {
      const row = this.#source.rowAt(event.row - this.#depth);
      if (row && (event.name === "open" || event.name === "closed")) mouse.toggle(row.row.id);
    });
    table.on("contextmenu_cell", (event) => {
      if (event.row >= this.#depth && event.col >= NAME_COLUMNS) mouse.menu(this.#at(event.col, event.row));
    });
    table.on("mousedown_fill_handle", () => {
      this.#fillFrom = this.#area();
    });
    table.on("drag_fill_handle_end", () => {
      const to = this.#area();
      if (this.#fillFrom && to) mouse.fill(this.#fillFrom, to);
      this.#fillFrom = null;
    });
    table.on("scroll", mouse.scrolled);
    table.on("resize_column", mouse.scrolled);
  }

  #reportSelection(mouse: Mouse, extend: boolean): void {
    const range = this.#table.getSelectedCellRanges().at(-1);
    if (!range || this.#fillFrom) return;
    const { start, end } = range;
    const wholeRow = Math.max(start.col, end.col) < NAME_COLUMNS;
    const wholeColumn = Math.max(start.row, end.row) < this.#depth;
    const last = { r: this.#source.axes().rows.length - 1, c: this.#source.axes().columns.length - 1 };
    const anchor = this.#at(start.col, wholeColumn ? 0 : start.row);
    const head = { r: wholeColumn ? last.r : this.#at(end.col, end.row).r, c: wholeRow ? last.c : this.#at(end.col, end.row).c };
    mouse.select(anchor, head, extend);
  }

  #area(): Rectangle | null {
    const range = this.#table.getSelectedCellRanges().at(-1);
    if (!range) return null;
    const [a, b] = [this.#at(range.start.col, range.start.row), this.#at(range.end.col, range.end.row)];
    return { top: Math.min(a.r, b.r), bottom: Math.max(a.r, b.r), left: Math.min(a.c, b.c), right: Math.max(a.c, b.c) };
  }
}

function options(source: Source, drawn: Drawn): ListTableConstructorOptions {
  const axes: Axes = source.axes();
  return {
    records: axes.rows as ShownRow[],
    columns: tableColumns(source, drawn),
    frozenColCount: source.compact ? NAME_COLUMNS : NAME_COLUMNS + axes.frozen,
    maintainedDataCount: 60,
    defaultRowHeight: ROW_HEIGHT,
    defaultHeaderRowHeight: 26,
    widthMode: "standard",
    enableLineBreak: true, // a heading may have a second line
    autoFillWidth: !roomy(source),
    columnResizeMode: "header",
    dragHeaderMode: "none",
    keyboardOptions: { copySelected: false, pasteValueToCell: false, moveSelectedCellOnArrowKeys: false, selectAllOnCtrlA: false, moveFocusCellOnEnter: false, moveFocusCellOnTab: false, editCellOnEnter: false },
    excelOptions: { fillHandle: true },
    select: { headerSelectMode: "body", cornerHeaderSelectMode: "body", outsideClickDeselect: false, blankAreaClickDeselect: false },
    hover: { highlightMode: "row" },
    theme: {
      defaultStyle: { fontFamily: FONT, fontSize: 12, padding: [0, 6, 0, 6], borderColor: "#edf0f4", borderLineWidth: 1, color: "#18202f" },
      headerStyle: { fontFamily: FONT, fontSize: 12, fontWeight: 500, bgColor: "#f5f7fa", color: "#4a566b", borderColor: "#e4e8ee", borderLineWidth: 1, padding: [0, 6, 0, 6], hover: { cellBgColor: "#eef1f6", inlineColumnBgColor: "", inlineRowBgColor: "" } },
      cornerHeaderStyle: { bgColor: "#f5f7fa" },
      bodyStyle: { fontFamily: FONT, fontSize: 12, padding: [0, 6, 0, 6], borderColor: "#edf0f4", borderLineWidth: 1, hover: { cellBgColor: "rgba(36,86,200,0.06)", inlineRowBgColor: "rgba(36,86,200,0.04)", inlineColumnBgColor: "" } },
      frameStyle: { borderColor: "#dce1e9", borderLineWidth: [0, 0, 0, 0], shadowBlur: 0 },
      frozenColumnLine: { shadow: { width: 3, startColor: "rgba(24,32,47,0.10)", endColor: "rgba(24,32,47,0)" } },
      columnResize: { lineColor: "#2456c8", lineWidth: 1, bgColor: "#bccff6", width: 2 },
      selectionStyle: { cellBorderColor: "#2456c8", cellBorderLineWidth: 1, cellBgColor: "rgba(36,86,200,0.08)", selectionFillMode: "overlay" } as object,
      scrollStyle: { visible: "always", width: 8, scrollSliderColor: "#c3cad6", scrollRailColor: "#f2f4f7", hoverOn: false } as object,
    },
  };
}
