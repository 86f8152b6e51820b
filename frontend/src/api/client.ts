/** The one way to the server: typed by the generated schema; adds the token, notices a lost session, throws `Problem`. */
import createClient, { type Middleware } from "openapi-fetch";
import { asProblem, problemOf } from "./problem";
import type { paths } from "./schema";
import { session } from "./session";

const guard: Middleware = {
  onRequest({ request }) {
    const token = session.token();
    request.headers.set("Accept-Language", document.documentElement.lang);
    if (token && request.method !== "GET") request.headers.set("X-CSRF-Token", token);
    return request;
  },
  onResponse({ response, request }) {
    if (response.status === 401 && !new URL(request.url).pathname.endsWith("/session")) session.lost();
  },
};

export const api = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin" });
api.use(guard);

interface Answer<T> {
  readonly data?: T | undefined;
  readonly error?: unknown;
  readonly response: Response;
}

/** The data, or a thrown `Problem`. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  let got: Answer<T>;
  try {
    got = await call;
  } catch (error) {
    throw asProblem(error);
  }
  if (!got.response.ok) throw problemOf(got.response, got.error);
  return got.data as T;
}
