/** The business date: a setting of the server, not the clock. Unknown until the server says it. */
export function useBusinessDate(): string | undefined {
  return undefined;
}
