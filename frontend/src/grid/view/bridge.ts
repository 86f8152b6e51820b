/** For browser tests: where cells are, so that tests press real keys and a real mouse. Only when the test asked for it. */
import type { GridController } from "./controller";

export interface TestBridge {
  /** Page box of a cell by row and column id, or null when it is not on screen. */
  readonly box: (row: string, column: string) => { left: number; top: number; width: number; height: number } | null;
  readonly rows: () => string[];
  readonly columns: () => string[];
}

declare global {
  interface Window {
    bihuanGrid?: TestBridge;
  }
}

export function exposeForTests(grid: GridController): () => void {
  if (sessionStorage.getItem("bihuan.test") !== "1") return () => undefined;
  window.bihuanGrid = {
    box: (row, column) => {
      const r = grid.axes.rows.findIndex((shown) => shown.row.id === row);
      const c = grid.axes.columns.findIndex((shown) => shown.id === column);
      return r < 0 || c < 0 ? null : grid.box({ r, c });
    },
    rows: () => grid.axes.rows.map((shown) => shown.row.id),
    columns: () => grid.axes.columns.map((column) => column.id),
  };
  return () => {
    delete window.bihuanGrid;
  };
}
