/** The page of 编制: one table of a plan version, live: type, see it calculated, save, settle conflicts, see others' changes. */
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { PlanTable } from "./PlanTable";
import { useContextChoice } from "./useContextChoice";

export function PlanPage() {
  const { t } = useTranslation();
  const choice = useContextChoice();
  const { models, model, versions, version, cube } = choice;
  if (choice.error) {
    const problem = asProblem(choice.error);
    const text = problem.kind === "forbidden" ? t("state.noPermissionHere") : t("problem.load", { reason: problemText(t, problem) });
    return <Failed what={text} reference={problem.reference} retry={choice.retry} />;
  }
  if (models?.length === 0) return <Empty>{t("plan.noModels")}</Empty>;
  if (versions?.length === 0) return <Empty>{t("plan.noVersions")}</Empty>;
  if (!model || !version || !cube) return <Loading />;
  return <PlanTable model={model} version={version} versions={versions ?? []} cube={cube} org={choice.org} />;
}
