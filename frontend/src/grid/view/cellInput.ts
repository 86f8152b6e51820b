/**
 * The one input of the grid. It lies over the active cell and always has the focus, so no key is ever lost and an input
 * method composes where the eye is. Idle it is a blue frame with clear ink; with the first character it becomes the editor.
 */
import type { Box } from "./drawing";

export interface InputEvents {
  /** A key while not editing; true = handled. */
  readonly command: (event: KeyboardEvent) => boolean;
  /** Typing is about to begin here: may it? A refusal is spoken by the owner. */
  readonly mayEdit: () => boolean;
  /** The text for F2 and a double click. */
  readonly currentText: () => string;
  /** The editor closes with this text; false = not a figure, stay. `then` is the way to step on. */
  readonly commit: (text: string, then: "down" | "up" | "right" | "left" | "stay") => boolean;
  readonly cancelled: () => void;
  readonly copy: () => string;
  readonly cut: () => string;
  readonly paste: (text: string) => void;
}

export class CellInput {
  readonly element: HTMLInputElement;
  #editing = false;
  #composing = false;
  readonly #stop = new AbortController();

  constructor(
    host: HTMLElement,
    label: string,
    private readonly events: InputEvents,
  ) {
    this.element = document.createElement("input");
    this.element.className = "cell-input";
    this.element.autocomplete = "off";
    this.element.spellcheck = false;
    this.element.setAttribute("aria-label", label);
    this.element.dataset["testid"] = "cell-input";
    this.element.hidden = true;
    host.append(this.element);
    this.#listen();
  }

  release(): void {
    this.#stop.abort();
    this.element.remove();
  }

  get editing(): boolean {
    return this.#editing;
  }

  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  /** Lies over the cell; out of sight when the cell is scrolled away, but never without the focus. */
  place(box: Box | null): void {
    const style = this.element.style;
    style.opacity = box ? "1" : "0";
    this.element.hidden = false;
    if (!box) return;
    style.left = `${box.left - 1}px`;
    style.top = `${box.top - 1}px`;
    style.width = `${box.width + 1}px`;
    style.height = `${box.height + 1}px`;
  }

  open(text: string): void {
    if (this.#editing || !this.events.mayEdit()) return;
    this.#show();
    this.element.value = text;
    this.element.setSelectionRange(text.length, text.length);
  }

  /** Closes the editor, keeping what was typed. False when it is not a figure. */
  close(then: "down" | "up" | "right" | "left" | "stay" = "stay"): boolean {
    if (!this.#editing) return true;
    const kept = this.events.commit(this.element.value, then);
    this.element.toggleAttribute("data-bad", !kept);
    if (kept) this.#hide();
    return kept;
  }

  cancel(): void {
    if (!this.#editing) return;
    this.#hide();
    this.events.cancelled();
  }

  #show(): void {
    this.#editing = true;
    this.element.dataset["editing"] = "true";
  }

  #hide(): void {
    this.#editing = false;
    this.#composing = false;
    delete this.element.dataset["editing"];
    this.element.removeAttribute("data-bad");
    this.element.value = "";
  }

  #listen(): void {
    const on = <K extends keyof HTMLElementEventMap>(type: K, handle: (event: HTMLElementEventMap[K]) => void): void =>
      this.element.addEventListener(type, handle, { signal: this.#stop.signal });
    on("keydown", (event) => this.#key(event));
    on("compositionstart", () => {
      this.#composing = true;
      if (!this.#editing && this.events.mayEdit()) this.#show();
    });
    on("compositionend", () => {
      this.#composing = false;
      if (!this.#editing) this.element.value = "";
    });
    on("beforeinput", (event) => {
      if (this.#editing || this.#composing) return;
      if (event.isComposing) return;
      if (this.events.mayEdit()) this.#show();
      else event.preventDefault();
    });
    on("input", () => {
      this.element.removeAttribute("data-bad");
      if (!this.#editing && !this.#composing) this.element.value = "";
    });
    on("copy", (event) => this.#clip(event, this.events.copy));
    on("cut", (event) => this.#clip(event, this.events.cut));
    on("paste", (event) => {
      if (this.#editing) return;
      event.preventDefault();
      this.events.paste(event.clipboardData?.getData("text/plain") ?? "");
    });
  }

  #clip(event: ClipboardEvent, block: () => string): void {
    if (this.#editing) return;
    event.preventDefault();
    event.clipboardData?.setData("text/plain", block());
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing || event.key === "Process" || this.#composing) return; // the input method's keys are its own
    if (this.#editing) this.#editorKey(event);
    else if (this.events.command(event)) event.preventDefault();
  }

  #editorKey(event: KeyboardEvent): void {
    const way = { Enter: event.shiftKey ? "up" : "down", Tab: event.shiftKey ? "left" : "right", ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (way) {
      event.preventDefault();
      this.close(way as "down" | "up" | "right" | "left");
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.cancel();
    }
  }
}
