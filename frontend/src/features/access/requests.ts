/** Signing in and out. */
import { answer, api } from "../../api/client";
import { Problem } from "../../api/problem";
import { session } from "../../api/session";

export async function signIn(login: string, password: string): Promise<void> {
  const info = await answer(api.POST("/api/v1/session", { body: { login, password } }));
  session.set({ kind: "in", info });
}

/** Asks once at the start who is signed in; an anonymous visitor is not an error. */
export async function whoAmI(): Promise<void> {
  try {
    session.set({ kind: "in", info: await answer(api.GET("/api/v1/session")) });
  } catch (error) {
    if (error instanceof Problem && error.kind === "signed-out") session.set({ kind: "out" });
    else throw error;
  }
}

export async function signOut(): Promise<void> {
  await answer(api.DELETE("/api/v1/session"));
  session.set({ kind: "out" });
}

/** Moves the business date; the session shows it, so it is asked again. */
export async function setBusinessDate(day: string, reason: string): Promise<void> {
  await answer(api.PUT("/api/v1/business-date", { body: { day, reason } }));
  await whoAmI();
}
