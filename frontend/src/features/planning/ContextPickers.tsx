/** Organisation and version, as the top bar offers them. */
export function ContextPickers() {
  return null;
}
