/** Keys outside the editor, as commands. */
import type { Move } from "../model/selection";

export type Command =
  | { readonly kind: "move"; readonly move: Move; readonly extend: boolean }
  | { readonly kind: "step"; readonly way: "down" | "up" | "right" | "left" }
  | { readonly kind: "edit" | "clear" | "all" | "undo" | "redo" | "explain" | "comment" | "expand" | "collapse" | "save" };

const ARROWS = { ArrowUp: ["up", "edgeUp"], ArrowDown: ["down", "edgeDown"], ArrowLeft: ["left", "edgeLeft"], ArrowRight: ["right", "edgeRight"] } as const;

export function commandOf(event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">): Command | null {
  const { key, shiftKey } = event;
  const ctrl = event.ctrlKey || event.metaKey;
  if (event.altKey) return altCommand(key);
  if (key in ARROWS) {
    const [step, edge] = ARROWS[key as keyof typeof ARROWS];
    return { kind: "move", move: ctrl ? edge : step, extend: shiftKey };
  }
  switch (key) {
    case "Home":
      return { kind: "move", move: ctrl ? "first" : "home", extend: shiftKey };
    case "End":
      return { kind: "move", move: ctrl ? "last" : "end", extend: shiftKey };
    case "PageUp":
      return { kind: "move", move: "pageUp", extend: shiftKey };
    case "PageDown":
      return { kind: "move", move: "pageDown", extend: shiftKey };
    case "Enter":
      return { kind: "step", way: shiftKey ? "up" : "down" };
    case "F2":
      return { kind: "edit" };
    case "Delete":
    case "Backspace":
      return { kind: "clear" };
    default:
      return ctrl ? ctrlCommand(key.toLowerCase(), shiftKey) : key === "Tab" ? { kind: "step", way: shiftKey ? "left" : "right" } : null;
  }
}

function altCommand(key: string): Command | null {
  if (key.toLowerCase() === "e") return { kind: "explain" };
  if (key.toLowerCase() === "m") return { kind: "comment" };
  if (key === "ArrowRight") return { kind: "expand" };
  return key === "ArrowLeft" ? { kind: "collapse" } : null;
}

function ctrlCommand(key: string, shift: boolean): Command | null {
  if (key === "a") return { kind: "all" };
  if (key === "s") return { kind: "save" };
  if (key === "y" || (key === "z" && shift)) return { kind: "redo" };
  return key === "z" ? { kind: "undo" } : null;
}
