/** Plan cells as subjects of comments: between the grid's cells and the keys of threads. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { type CellRef, type Key, keyOf } from "../../grid/model/cell";
import type { Sheet } from "../../grid/model/sheet";
import { marksQuery, type SubjectRef } from "../collaboration/requests";
import { type Coordinates, isBeside } from "./slice";
import type { Slice } from "./requests";

/** The thread of a cell; none for a comparison column. */
export function subjectOf(version: number, at: Coordinates, ref: CellRef): SubjectRef | null {
  if (isBeside(ref.column)) return null;
  const { cube, item, members, period } = at.of(ref);
  const sorted = Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { kind: "plan_cell", subject: JSON.stringify({ cube, item, members: sorted, period, version }) };
}

export interface CellMark {
  readonly ref: CellRef;
  readonly said: number;
}

/** Open threads on the cells of this table; they are drawn as corners. */
export function useMarks(version: number, cube: string, slice: Slice | undefined, sheet: Sheet | null): readonly CellMark[] {
  const marks = useQuery(marksQuery("plan_cell", `version:${version}`));
  const found = useMemo(() => {
    if (!slice || !marks.data) return [];
    const rows = new Map(slice.rows.map((row) => [placeOf(row.item, row.members), row.key]));
    const columns = new Map(slice.columns.map((column) => [column.kind === "none" ? "" : column.code, column.code]));
    return marks.data.flatMap((mark): CellMark[] => {
      const said = JSON.parse(mark.subject) as { cube: string; item: string; members: Record<string, string>; period: string };
      const row = said.cube === cube ? rows.get(placeOf(said.item, said.members)) : undefined;
      const column = columns.get(said.period);
      return row !== undefined && column !== undefined ? [{ ref: { row, column }, said: mark.said }] : [];
    });
  }, [cube, slice, marks.data]);
  useEffect(() => sheet?.mark(new Set<Key>(found.map((mark) => keyOf(mark.ref)))), [sheet, found]);
  return found;
}

const placeOf = (item: string, members: Record<string, string>): string =>
  [item, ...Object.entries(members).map(([dim, code]) => `${dim}=${code}`).sort()].join("\u0000");
