/** A problem as a sentence: the server's own where it gave one, ours otherwise. */
import type { TFunction } from "i18next";
import type { Problem } from "../api/problem";

export function problemText(t: TFunction, problem: Problem): string {
  switch (problem.kind) {
    case "network":
      return t("problem.network");
    case "timeout":
    case "cancelled":
      return t("problem.timeout");
    case "signed-out":
      return t("signIn.expired");
    case "forbidden":
      return problem.detail || t("problem.forbidden");
    case "not-found":
      return problem.detail || t("problem.notFound");
    case "server":
      return t("problem.server");
    case "conflict":
    case "throttled":
    case "refused":
      return problem.detail || t("problem.server");
  }
}
