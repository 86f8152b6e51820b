/** The page head: the table's title, the version's state, one line of facts. */
import { useTranslation } from "react-i18next";
import type { MoneyUnit } from "../../lib/display";
import { Icon } from "../../ui/icons";
import type { Cube, Member, Version } from "./requests";
import { currentVersion } from "./useContextChoice";
import type { PlanSheet } from "./usePlanSheet";

interface Props {
  readonly cube: Cube;
  readonly version: Version;
  readonly versions: readonly Version[];
  readonly org: Member | undefined;
  readonly plan: PlanSheet;
  readonly unit: MoneyUnit;
}

export function PlanHead({ cube, version, versions, org, plan, unit }: Props) {
  const { t } = useTranslation();
  const facts = [cube.dims.includes("org") ? org?.name : undefined, version.name, plan.slice && t("plan.seq", { seq: plan.slice.seq }), t("plan.inUnit", { unit: t(`top.${unit}`) })];
  const other = currentVersion(versions)?.id !== version.id;
  return (
    <>
      <div className="page-head">
        <h1>{cube.title || cube.code}</h1>
        <VersionTag status={version.status} />
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
      </div>
      {other && <div className="strip">{t("top.notCurrent", { version: version.name })}</div>}
    </>
  );
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
