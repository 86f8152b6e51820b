/** What one does with a whole form: fill it from last year, write at a total, reallocate, export it, take the last change set back. */
import { App, Button } from "antd";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import type { MoneyUnit } from "../../lib/display";
import { problemText } from "../../ui/problemText";
import { type Asked, exportForm, fillForm, keep, redoChange, undoChange } from "./requests";

interface Needs {
  readonly asked: Asked;
  readonly version: number;
  readonly money: MoneyUnit;
  readonly editCount: number;
  readonly own: (change: () => Promise<number>) => Promise<number>;
  readonly closed: () => readonly string[];
}

const TOAST_SECONDS = 8;

export function useFormActions({ asked, version, money, editCount, own, closed }: Needs) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [filling, setFilling] = useState(false);
  const [acting, setActing] = useState<"spread" | "reallocate" | null>(null);

  /** Takes a change set back, or does it again; then tells so, with the way to the other. */
  const turn = async (seq: number, way: "undo" | "redo"): Promise<void> => {
    try {
      await own(async () => (await (way === "undo" ? undoChange : redoChange)(version, seq)).seq);
      if (way === "undo") tellWithWayBack(t("form.takenBack"), seq, "redo");
      else tellWithWayBack(t("form.redone"), seq, "undo");
    } catch (error) {
      message.error(t(way === "undo" ? "form.notTakenBack" : "form.notRedone", { reason: problemText(t, asProblem(error)) }));
    }
  };

  /** A toast with the way back, for as long as look.md says. */
  const tellWithWayBack = (text: string, seq: number, way: "undo" | "redo"): void => {
    const key = `undo-${seq}`;
    const go = (): void => {
      message.destroy(key);
      void turn(seq, way);
    };
    message.success({
      key,
      duration: TOAST_SECONDS,
      content: (
        <>
          {text}
          <Button type="link" size="small" onClick={go} data-testid={`${way}-saved`}>
            {t(way === "undo" ? "form.takeBack" : "form.redo")}
          </Button>
        </>
      ),
    });
  };
  const tellWithUndo = (text: string, seq: number): void => tellWithWayBack(text, seq, "undo");

  const startFill = (): void => {
    if (editCount > 0) message.warning(t("form.saveFirst", { count: editCount }));
    else setFilling(true);
  };
  const stopFill = useCallback(() => setFilling(false), []);
  const fill = async (factor: string, over: boolean): Promise<void> => {
    if (asked.kind !== "form") return;
    let cells = 0;
    const seq = await own(async () => {
      const found = await fillForm(asked.body, factor, over, false);
      ({ cells } = found);
      return found.seq;
    });
    setFilling(false);
    tellWithUndo(t("form.filled", { count: cells }), seq);
  };

  const start = (what: "spread" | "reallocate"): void => {
    if (editCount > 0) message.warning(t("form.spread.saveFirst", { count: editCount }));
    else setActing(what);
  };
  const stopActing = useCallback(() => setActing(null), []);
  /** Writes as one's own, so that the page follows it at once. */
  const write = async <T extends { readonly seq: number }>(change: () => Promise<T>): Promise<T> => {
    const told: T[] = [];
    await own(async () => {
      const made = await change();
      told.push(made);
      return made.seq;
    });
    return told[0] as T; // what throws does not come here
  };
  const done = (said: string, seq: number): void => {
    setActing(null);
    tellWithUndo(said, seq);
  };

  const exportNow = async (): Promise<void> => {
    if (asked.kind !== "form") return;
    try {
      const made = await exportForm(asked.body, money, closed());
      keep(made);
      const { name } = made;
      if (editCount > 0) message.warning(t("form.exportSaved", { count: editCount }));
      else message.success(t("form.exported", { name }));
    } catch (error) {
      message.error(t("form.exportFailed", { reason: problemText(t, asProblem(error)) }));
    }
  };

  return { filling, startFill, stopFill, fill, acting, start, stopActing, write, done, exportNow, tellWithUndo };
}
