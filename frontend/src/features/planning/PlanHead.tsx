/** The page head: the form's title, where its unit stands and with whom, and the numbers that matter. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { duration } from "../process/spoken";
import { clockTime } from "../../lib/times";
import type { MoneyUnit } from "../../lib/display";
import { Icon, type IconName } from "../../ui/icons";
import { HeadFigures } from "./HeadFigures";
import type { Cube, Form, Member, Unit, Version } from "./requests";
import { currentVersion } from "./useContextChoice";
import type { PlanSheet } from "./usePlanSheet";

interface Props {
  readonly cube: Cube;
  readonly form: Form | undefined;
  readonly version: Version;
  readonly versions: readonly Version[];
  readonly org: Member | undefined;
  readonly unit: Unit | undefined;
  readonly plan: PlanSheet;
  readonly money: MoneyUnit;
}

export function PlanHead({ cube, form, version, versions, org, unit, plan, money }: Props) {
  const { t } = useTranslation();
  const words = useUnitWords();
  const facts = [
    cube.dims.includes("org") ? org?.name : undefined,
    unit?.round,
    ...(unit ? words(unit) : []),
    unit ? undefined : version.name,
    unit ? undefined : plan.slice && t("plan.seq", { seq: plan.slice.seq }),
    form ? undefined : t("plan.inUnit", { unit: t(`top.${money}`) }),
  ];
  const other = currentVersion(versions)?.id !== version.id;
  return (
    <>
      <div className="page-head">
        <h1>{form?.title ?? (cube.title || cube.code)}</h1>
        {unit && version.status === "open" ? <UnitTag unit={unit} /> : <VersionTag status={version.status} />}
        <span className="facts">{facts.filter(Boolean).join(" · ")}</span>
        <span className="spring" />
        {plan.othersChanged && (
          <span className="tag" data-tone="info" role="status" data-testid="others-changed">
            {t("plan.otherEdit", { who: plan.othersChanged })}
          </span>
        )}
        {!plan.live && (
          <span className="tag" data-tone="warn">
            <Icon name="warn" />
            {t("plan.offline")}
          </span>
        )}
        <Link to="/prepare/pivot">{t("pivot.title")}</Link>
        <Link to="/prepare/versions">{t("branches.title")}</Link>
        {plan.sheet && form && <HeadFigures sheet={plan.sheet} unit={unit} money={money} />}
      </div>
      {other && <div className="strip">{t("top.notCurrent", { version: version.name })}</div>}
    </>
  );
}

type State = "not_started" | "preparing" | "returned" | "submitted" | "in_approval" | "approved" | "released" | "overdue";
const LOOK: Record<State, readonly [tone: "info" | "ok" | "warn" | "error" | undefined, icon: IconName]> = {
  not_started: [undefined, "pen"],
  preparing: ["info", "pen"],
  returned: ["error", "undo"],
  submitted: ["info", "send"],
  in_approval: ["info", "clock"],
  approved: ["ok", "check"],
  released: ["ok", "lock"],
  overdue: ["warn", "clock"],
};

export function stateOf(unit: Unit): State {
  const state = (unit.state) as State;
  if (unit.overdue && state !== "returned") return "overdue";
  return state in LOOK ? state : "preparing";
}

function UnitTag({ unit }: { readonly unit: Unit }) {
  const { t } = useTranslation();
  const state = stateOf(unit);
  const [tone, icon] = LOOK[state];
  return (
    <span className="tag" data-tone={tone} data-testid="unit-state">
      <Icon name={icon} />
      {t(`form.state.${state}`)}
    </span>
  );
}

/** Due date with the days left, and who has it for how long. */
function useUnitWords(): (unit: Unit) => string[] {
  const { t } = useTranslation();
  return (unit) => {
    const said: string[] = [];
    if (unit.due_at && unit.status === "preparing") {
      const days = unit.days_left ?? 0;
      const left = days < 0 ? t("form.daysLate", { count: -days }) : t("form.daysLeft", { count: days });
      const date = unit.due_at.includes("T") ? clockTime(unit.due_at) : unit.due_at.slice(5);
      said.push(`${t("form.due", { date })}（${left}）`);
    }
    if (unit.status === "submitted") said.push(t("form.heldBy", { who: unit.holder_name, time: duration(t, unit.held_hours) }));
    return said;
  };
}

function VersionTag({ status }: { readonly status: Version["status"] }) {
  const { t } = useTranslation();
  if (status === "open")
    return (
      <span className="tag" data-tone="info">
        <Icon name="pen" />
        {t("plan.open")}
      </span>
    );
  return (
    <span className="tag" data-tone={status === "released" ? "ok" : undefined}>
      <Icon name={status === "released" ? "check" : "lock"} />
      {t(status === "released" ? "plan.released" : "plan.closed")}
    </span>
  );
}
