/** Which rows of a long table are drawn: those in sight and a few around; the rest is empty space above and below. */
import { type RefCallback, type UIEvent, useCallback, useState } from "react";

const AROUND = 8;

export interface RowWindow {
  readonly from: number;
  readonly to: number; // not included
  readonly above: number; // pixels
  readonly below: number;
}

/** Pure: `top` is how far it is scrolled, `height` what is in sight, in pixels. */
export function rowsInSight(count: number, rowHeight: number, top: number, height: number): RowWindow {
  const from = Math.min(Math.max(0, Math.floor(top / rowHeight) - AROUND), Math.max(0, count - 1));
  const to = Math.min(count, Math.ceil((top + height) / rowHeight) + AROUND);
  return { from, to, above: from * rowHeight, below: (count - to) * rowHeight };
}

export function useWindow(count: number, rowHeight: number) {
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const host: RefCallback<HTMLDivElement> = useCallback((element) => {
    if (!element) return;
    const seen = new ResizeObserver(() => setHeight(element.clientHeight));
    seen.observe(element);
    return () => seen.disconnect();
  }, []);
  return { shown: rowsInSight(count, rowHeight, top, height), host, onScroll: (event: UIEvent<HTMLDivElement>) => setTop(event.currentTarget.scrollTop) };
}
