/** Which rows of a tree are open: the first two levels at the start. */
import { useState } from "react";
import type { Row } from "./requests";

export interface Tree {
  readonly visible: readonly Row[];
  readonly hasChildren: (row: Row) => boolean;
  readonly isOpen: (row: Row) => boolean;
  readonly toggle: (row: Row) => void;
}

const OPEN_LEVELS = 2;

export function useTree(rows: readonly Row[]): Tree {
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const parents = new Set(rows.map((row) => row.parent));
  const byNode = new Map(rows.map((row) => [row.node, row]));
  const isOpen = (row: Row): boolean => row.level < OPEN_LEVELS !== turned.has(row.node);
  const isShown = (row: Row): boolean => {
    const parent = row.parent === null ? undefined : byNode.get(row.parent);
    return parent === undefined || (isOpen(parent) && isShown(parent));
  };
  return {
    visible: rows.filter(isShown),
    hasChildren: (row) => parents.has(row.node),
    isOpen,
    toggle: (row) =>
      setTurned((old) => {
        const next = new Set(old);
        if (!next.delete(row.node)) next.add(row.node);
        return next;
      }),
  };
}
