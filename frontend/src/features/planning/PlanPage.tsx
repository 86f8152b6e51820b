/** The page of 编制: a form, or a plain table, of a plan version, live: type, see it calculated, save, check, submit. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { usePageContext } from "../../lib/usePageContext";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { PlanTable } from "./PlanTable";
import type { CheckCell } from "./requests";
import { useContextChoice } from "./useContextChoice";
import "../../styles/form.css";

export function PlanPage() {
  const { t } = useTranslation();
  const [, change] = usePageContext();
  const choice = useContextChoice();
  const [jump, setJump] = useState<CheckCell | null>(null);
  const { models, model, versions, version, cube } = choice;
  if (choice.error) {
    const problem = asProblem(choice.error);
    const text = problem.kind === "forbidden" ? t("state.noPermissionHere") : t("problem.load", { reason: problemText(t, problem) });
    return <Failed what={text} reference={problem.reference} retry={choice.retry} />;
  }
  if (models?.length === 0) return <Empty>{t("plan.noModels")}</Empty>;
  if (versions?.length === 0) return <Empty>{t("plan.noVersions")}</Empty>;
  if (!model || !version || !cube || choice.waiting) return <Loading />;
  /** A check may fail on another form: that one is opened, and the cell is gone to once it is there. */
  const goTo = (cell: CheckCell): boolean => {
    const form = choice.forms.find((one) => one.cube === cell.cube);
    if (cell.cube !== cube.code && !form && !model.cubes.some((one) => one.code === cell.cube)) return false;
    setJump(cell);
    if (cell.cube !== cube.code) change({ table: form?.code ?? cell.cube });
    return true;
  };
  return (
    <PlanTable
      model={model}
      version={version}
      versions={versions ?? []}
      cube={cube}
      form={choice.form}
      forms={choice.forms}
      org={choice.org}
      unit={choice.unit}
      jump={jump}
      onJump={goTo}
      onJumped={() => setJump(null)}
    />
  );
}
