/** The grid in words: a hidden table of what is on screen, for screen readers and tests. Rebuilt shortly after any change. */
import type { Axes } from "../model/axes";
import type { CellView } from "../model/cell";
import { type At, rectangle, type Selection } from "../model/selection";

export interface MirrorSource {
  readonly axes: () => Axes;
  readonly view: (at: At) => CellView | null;
  readonly text: (at: At) => string;
  readonly words: (cell: CellView) => string; // what a cell is, beyond its figure
  readonly selection: () => Selection | null;
  readonly rows: () => { readonly from: number; readonly to: number };
}

const DELAY_MS = 120;

export class Mirror {
  readonly #root: HTMLElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    host: HTMLElement,
    label: string,
    private readonly source: MirrorSource,
  ) {
    this.#root = document.createElement("div");
    this.#root.className = "hidden-text";
    this.#root.setAttribute("role", "grid");
    this.#root.setAttribute("aria-label", label);
    this.#root.dataset["testid"] = "grid-mirror";
    host.append(this.#root);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#root.remove();
  }

  later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.rebuild(), DELAY_MS);
  }

  rebuild(): void {
    const axes = this.source.axes();
    const { from, to } = this.source.rows();
    this.#root.setAttribute("aria-rowcount", String(axes.rows.length + 1));
    this.#root.setAttribute("aria-colcount", String(axes.columns.length + 1));
    const rows = Array.from({ length: Math.max(0, Math.min(to, axes.rows.length) - from) }, (_, i) => this.#row(axes, from + i));
    this.#root.replaceChildren(this.#head(axes), ...rows);
  }

  #head(axes: Axes): HTMLElement {
    const cells = axes.columns.map((column, c) => element("columnheader", column.fullName, { "aria-colindex": c + 2, "data-column": column.id }));
    return element("row", cells, { "aria-rowindex": 1 });
  }

  #row(axes: Axes, r: number): HTMLElement {
    const shown = axes.rows[r];
    if (!shown) return element("row", []);
    const area = this.source.selection();
    const { row } = shown;
    const name = element("rowheader", row.label, { "aria-colindex": 1 });
    const cells = axes.columns.map((column, c) => this.#cell({ r, c }, row.id, column.id, area));
    return element("row", [name, ...cells], {
      "aria-rowindex": r + 2,
      "aria-level": row.level + 1,
      ...(shown.hasChildren ? { "aria-expanded": shown.open } : {}),
      "data-row": row.id,
    });
  }

  #cell(at: At, row: string, column: string, selection: Selection | null): HTMLElement {
    const cell = this.source.view(at);
    if (!cell) return element("gridcell", "");
    const area = selection ? rectangle(selection) : null;
    const inside = area !== null && at.r >= area.top && at.r <= area.bottom && at.c >= area.left && at.c <= area.right;
    return element("gridcell", this.source.text(at), {
      "aria-colindex": at.c + 2,
      "aria-readonly": cell.access !== "input",
      "aria-selected": inside,
      ...(cell.invalid === null ? {} : { "aria-invalid": true }),
      "aria-description": this.source.words(cell),
      "data-row": row,
      "data-column": column,
      "data-amount": cell.amount ?? "",
      "data-state": cell.state,
      "data-edited": cell.edited,
      "data-stale": cell.stale,
      ...(cell.commented ? { "data-commented": true } : {}),
      ...(cell.changedBy === null ? {} : { "data-changed-by": cell.changedBy }),
      ...(selection?.active.r === at.r && selection.active.c === at.c ? { "aria-current": true } : {}),
    });
  }
}

function element(role: string, content: string | HTMLElement[], attributes: Record<string, string | number | boolean> = {}): HTMLElement {
  const made = document.createElement("div");
  made.setAttribute("role", role);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (typeof content === "string") made.textContent = content;
  else made.append(...content);
  return made;
}
