/** One editable amount: shows it formatted, edits it with all its digits; arrows, Enter, Esc, a pasted column. */
import { type ClipboardEvent, type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { type Amount, amount } from "../../lib/amount";
import { editText, type Measure, type MoneyUnit, readTyped, show } from "../../lib/display";

export const MONEY: Measure = { kind: "money", places: 0 };

interface Props {
  readonly id: string;
  readonly column: string;
  readonly label: string;
  readonly value: string | null;
  readonly unit: MoneyUnit;
  readonly edited: boolean;
  readonly problem: string | undefined;
  readonly onChange: (value: Amount | null) => void;
  readonly onBad: (text: string) => void;
  readonly onPaste: (id: string, column: string, values: readonly (Amount | null)[]) => void;
}

export function EditCell({ id, column, label, value, unit, edited, problem, onChange, onBad, onPaste }: Props) {
  const [text, setText] = useState<string | null>(null);
  const left = useRef(false);
  const entered = useRef(false);
  const box = useRef<HTMLInputElement>(null);
  // before the next key comes: selecting later would swallow what was typed meanwhile
  useLayoutEffect(() => {
    if (entered.current) box.current?.select();
    entered.current = false;
  }, [text]);
  const opened = (): string => (value === null ? "" : editText(amount(value), MONEY, unit));

  /** True when the text is taken, or nothing was typed. */
  const commit = (): boolean => {
    if (text === null || text === opened()) return true;
    const typed = readTyped(text, MONEY, unit);
    if (typed.kind === "bad") {
      onBad(typed.text);
      return false;
    }
    onChange(typed.kind === "blank" ? null : typed.amount);
    return true;
  };
  const keys = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      setText(opened());
      return;
    }
    const step = event.key === "ArrowUp" || (event.key === "Enter" && event.shiftKey) ? -1 : event.key === "ArrowDown" || event.key === "Enter" ? 1 : 0;
    if (step === 0) return;
    event.preventDefault();
    if (!commit()) return;
    left.current = true;
    setText(null);
    if (!neighbour(event.currentTarget, column, step)) event.currentTarget.blur();
  };
  const paste = (event: ClipboardEvent<HTMLInputElement>): void => {
    const lines = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "").split(/\r?\n/);
    if (lines.length < 2) return;
    event.preventDefault();
    const typed = lines.map((line) => readTyped(line.split("\t")[0] ?? "", MONEY, unit));
    const bad = typed.find((one) => one.kind === "bad");
    if (bad?.kind === "bad") onBad(bad.text);
    else onPaste(id, column, typed.map((one) => (one.kind === "amount" ? one.amount : null)));
  };
  return (
    <input
      ref={box}
      className="amount-input"
      inputMode="decimal"
      autoComplete="off"
      aria-label={label}
      aria-invalid={problem !== undefined}
      title={problem}
      data-cell={id}
      data-column={column}
      data-edited={edited}
      value={text ?? (value === null ? "" : show(amount(value), MONEY, unit))}
      onFocus={() => {
        left.current = false;
        entered.current = true;
        setText(opened());
      }}
      onBlur={() => {
        if (!left.current) commit();
        setText(null);
      }}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={keys}
      onPaste={paste}
    />
  );
}

/** Puts the focus on the next editable amount of the same column; false at the end. */
function neighbour(from: HTMLElement, column: string, step: number): boolean {
  const all = [...document.querySelectorAll<HTMLInputElement>(`input.amount-input[data-column="${column}"]`)];
  const next = all[all.indexOf(from as HTMLInputElement) + step];
  next?.focus();
  return next !== undefined;
}
