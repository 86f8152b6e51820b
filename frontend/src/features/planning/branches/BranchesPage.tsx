/** 方案与分支: the versions of a model and their branches; compared, merged back, closed. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../../api/problem";
import { withSearch } from "../../../lib/search";
import { problemText } from "../../../ui/problemText";
import { Empty, Failed, Loading } from "../../../ui/states";
import { useHolds } from "../../process/useBusinessDay";
import "../../../styles/entry.css";
import "../../../styles/branches.css";
import { useContextChoice } from "../useContextChoice";
import { BranchList } from "./BranchList";
import { CompareView } from "./CompareView";
import { MergeView } from "./MergeView";
import { idsOf, useBranchSearch } from "./search";

export function BranchesPage() {
  const { t } = useTranslation();
  const { model, models, versions, error, retry } = useContextChoice();
  const [view] = useBranchSearch();
  const reads = useHolds("plan.read");
  const branches = versions?.filter((one) => one.base !== null).length ?? 0;
  const inside = view.compare !== undefined || view.merge !== undefined;
  return (
    <div className="page branches">
      <div className="page-head">
        <h1>{t("branches.title")}</h1>
        {model && versions && <span className="facts">{t("branches.facts", { model: model.title, versions: versions.length - branches, branches })}</span>}
        <span className="spring" />
        {inside ? (
          <Link to="/prepare/versions" search={withSearch({ compare: undefined, merge: undefined })}>
            {t("branches.toList")}
          </Link>
        ) : (
          <Link to="/prepare">{t("branches.back")}</Link>
        )}
      </div>
      {body()}
    </div>
  );

  function body() {
    if (!reads) return <Empty>{t("branches.noRight")}</Empty>;
    if (error) return <Wrong error={error} retry={retry} />;
    if (models?.length === 0) return <Empty>{t("plan.noModels")}</Empty>;
    if (!model || !versions) return <Loading />;
    if (versions.length === 0) return <Empty>{t("branches.none")}</Empty>;
    if (view.merge !== undefined) return <MergeView key={view.merge} model={model} versions={versions} branch={view.merge} />;
    if (view.compare !== undefined) return <CompareView model={model} versions={versions} ids={idsOf(view.compare)} />;
    return <BranchList versions={versions} />;
  }
}

export function Wrong({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  const { t } = useTranslation();
  const problem = asProblem(error);
  if (problem.kind === "forbidden") return <Empty>{problem.detail || t("state.noPermissionHere")}</Empty>;
  return <Failed what={t("problem.load", { reason: problemText(t, problem) })} reference={problem.reference} retry={retry} />;
}
