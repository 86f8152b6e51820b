/** Rights as the session tells them: patterns such as `plan.*`. For what is offered; the server decides again. */
export function holds(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => pattern === action || pattern === "*" || (pattern.includes("*") && new RegExp(`^${pattern.split("*").map(escaped).join(".*")}$`).test(action)));
}

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
