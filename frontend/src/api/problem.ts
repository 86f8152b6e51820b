/** What went wrong with a request, in a form the screen can speak about. */

export type ProblemKind = "network" | "timeout" | "signed-out" | "forbidden" | "not-found" | "conflict" | "throttled" | "refused" | "server" | "cancelled";

export class Problem extends Error {
  constructor(
    readonly kind: ProblemKind,
    readonly detail: string,
    readonly status = 0,
    readonly reference?: string,
    readonly retryAfter?: number,
    readonly body?: unknown,
  ) {
    super(detail || kind);
    this.name = "Problem";
  }

  /** A fact the server stated, as text: amounts come as decimal strings. */
  fact(name: string): string | undefined {
    const facts: unknown = typeof this.body === "object" && this.body !== null ? (this.body as Record<string, unknown>)["facts"] : undefined;
    return field(facts, name);
  }
}

function kindOf(status: number): ProblemKind {
  if (status === 401) return "signed-out";
  if (status === 403) return "forbidden";
  if (status === 404) return "not-found";
  if (status === 409) return "conflict";
  if (status === 429) return "throttled";
  return status >= 500 ? "server" : "refused";
}

function field(body: unknown, name: string): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const value: unknown = (body as Record<string, unknown>)[name];
  return typeof value === "string" && value ? value : undefined;
}

/** The server's sentence: what happened, then what to do, in the reader's language. `detail` is for the log, not for people. */
function sentence(body: unknown): string {
  const stop = /[\u4e00-\u9fff]/.test(field(body, "title") ?? "") ? "。" : ". ";
  return [field(body, "title"), field(body, "action")].filter(Boolean).map((part) => `${part}${stop}`).join("").trim();
}

/** Reads a problem response (RFC 9457); `request_id` is the reference a user can quote. */
export function problemOf(response: Response, body: unknown): Problem {
  const after = Number(response.headers.get("retry-after") ?? "");
  return new Problem(
    kindOf(response.status),
    sentence(body),
    response.status,
    field(body, "request_id") ?? response.headers.get("x-request-id") ?? undefined,
    Number.isFinite(after) && after > 0 ? after : undefined,
    body,
  );
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DOMException && error.name === "AbortError") return new Problem("cancelled", "");
  if (error instanceof DOMException && error.name === "TimeoutError") return new Problem("timeout", "");
  if (error instanceof TypeError) return new Problem("network", "");
  return new Problem("server", error instanceof Error ? error.message : String(error));
}
