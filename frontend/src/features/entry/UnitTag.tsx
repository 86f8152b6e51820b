/** Where a plan unit stands, and its due date, in words. */
import { useTranslation } from "react-i18next";
import { Icon, type IconName } from "../../ui/icons";
import type { Unit } from "./requests";
import type { entryZh } from "./words.zh";

export type State = Exclude<keyof (typeof entryZh)["state"], "overdue">;
export const STATES: readonly State[] = ["released", "approved", "in_approval", "submitted", "preparing", "returned", "not_started"];

const LOOK: Record<State, readonly [tone: string | undefined, icon: IconName | undefined]> = {
  not_started: [undefined, undefined],
  preparing: ["info", "pen"],
  returned: ["error", "undo"],
  submitted: ["info", "right"],
  in_approval: ["info", "right"],
  approved: ["ok", "check"],
  released: ["ok", "lock"],
};

export const stateOf = (text: string): State => STATES.find((one) => one === text) ?? "not_started";

export function UnitTag({ unit }: { readonly unit: Unit }) {
  const { t } = useTranslation();
  const state = stateOf(unit.state);
  const [tone, icon] = LOOK[state];
  return (
    <span className="tag" data-tone={tone}>
      {icon && <Icon name={icon} />}
      {t(`entry.state.${state}`)}
    </span>
  );
}

/** The date, and how far it is; late only while the unit is not submitted. */
export function Due({ unit }: { readonly unit: Unit }) {
  const { t } = useTranslation();
  if (unit.due_at === null) return null;
  const days = unit.days_left ?? 0;
  const waiting = ["not_started", "preparing", "returned"].includes(unit.state);
  return (
    <span className="due">
      {unit.due_at.slice(5)}
      {waiting && (
        <span className="muted small">
          {" "}
          {unit.overdue ? (
            <span className="over">{t("entry.late", { days: -days })}</span>
          ) : days === 0 ? (
            t("entry.dueToday")
          ) : (
            t("entry.daysLeft", { days })
          )}
        </span>
      )}
    </span>
  );
}
