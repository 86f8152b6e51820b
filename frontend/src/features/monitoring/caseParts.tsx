/** How cases are shown everywhere: the state's tag, whose turn it is, how long is left. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { clockTime } from "../../lib/times";
import { Icon, type IconName } from "../../ui/icons";
import type { Case } from "./requests";

const DAY = 86_400_000;

interface Look {
  readonly tone: "error" | "info" | "warn" | "ok" | undefined;
  readonly icon: IconName;
}

const LOOK: Record<Case["state"], Look> = {
  open: { tone: "error", icon: "pen" },
  explained: { tone: "info", icon: "right" },
  decided: { tone: "info", icon: "right" },
  approved: { tone: "info", icon: "right" },
  executed: { tone: "warn", icon: "question" },
  closed: { tone: "ok", icon: "check" },
};

export const isOverdue = (one: Case): boolean => one.closed_at === null && new Date(one.due_at).getTime() < Date.now();

export function StateTag({ one }: { readonly one: Case }) {
  const { t } = useTranslation();
  const look = LOOK[one.state];
  return (
    <span className="tag" data-tone={look.tone} data-testid="case-state">
      <Icon name={look.icon} />
      {t(`monitoring.state.${one.state}`)}
    </span>
  );
}

/** 今天到期 / 剩 2 天 / 已逾期 3 天; of a closed one how many days it took. */
export function dueText(t: TFunction, one: Case): string {
  if (one.closed_at !== null) {
    const took = Math.max(1, Math.ceil((new Date(one.closed_at).getTime() - new Date(one.opened_at).getTime()) / DAY));
    return t("monitoring.took", { count: took });
  }
  const left = Math.ceil((new Date(one.due_at).getTime() - Date.now()) / DAY);
  if (left < 0) return t("monitoring.overdue", { count: -left });
  return left === 0 ? t("monitoring.dueToday") : t("monitoring.left", { count: left });
}

/** Whose turn it is and since when; nobody's while the next load decides. */
export function holderText(t: TFunction, one: Case): string {
  if (one.state === "closed") return t("monitoring.byLoad");
  if (one.state === "executed") return t("monitoring.waitsForLoad");
  return one.holders.map((person) => person.name).join("、") || t("monitoring.nobody");
}

/** 说明 → 决策 → 同意 → 执行 → 核实 with who and when, the current one named by its holder. */
export function Steps({ one }: { readonly one: Case }) {
  const { t } = useTranslation();
  const order = ["open", "explained", "decided", "approved", "executed", "closed"] as const;
  const reached = order.indexOf(one.state);
  const doneBy = (event: string) => [...one.events].reverse().find((each) => each.event === event);
  const steps = [
    ["explained", "monitoring.step.explain"],
    ["decided", "monitoring.step.decide"],
    ["approved", "monitoring.step.approve"],
    ["executed", "monitoring.step.execute"],
    ["verified", "monitoring.step.verify"],
  ] as const;
  return (
    <ol className="case-steps">
      {steps.map(([event, word], i) => {
        const state = i < reached ? "done" : i === reached && one.state !== "closed" ? "now" : "later";
        const done = state === "done" ? doneBy(event) : undefined;
        return (
          <li key={event} data-state={state}>
            <b>{t(word)}</b>
            <span>{done ? `${done.name || t("monitoring.system")} · ${clockTime(done.at)}` : state === "now" ? holderText(t, one) : ""}</span>
          </li>
        );
      })}
    </ol>
  );
}
