/** 透视: any slice of a cube, laid out as one likes, to look at; the layout stands in the address. */
import { Link } from "@tanstack/react-router";
import { useQueries } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../../api/problem";
import { withSearch } from "../../../lib/search";
import { problemText } from "../../../ui/problemText";
import { Empty, Failed, Loading } from "../../../ui/states";
import { useHolds } from "../../process/useBusinessDay";
import { type Cube, membersQuery, type ModelDetail, type Version } from "../requests";
import { ORG, useContextChoice } from "../useContextChoice";
import "../../../styles/pivot.css";
import { LayoutBar } from "./LayoutBar";
import { layoutOf, queryOf } from "./layout";
import { PivotTable } from "./PivotTable";
import { usePivotSearch } from "./search";

export function PivotPage() {
  const { t } = useTranslation();
  const choice = useContextChoice();
  const reads = useHolds("plan.read");
  const { model, models, version, versions, cube } = choice;
  return (
    <div className="page pivot" data-testid="pivot-page">
      <div className="page-head">
        <h1>{t("pivot.title")}</h1>
        {model && version && <span className="facts">{[model.title, version.name, choice.org?.name].filter(Boolean).join(" · ")}</span>}
        <span className="spring" />
        <Link to="/prepare" search={withSearch({ rows: undefined, tree: undefined, root: undefined, items: undefined, at: undefined, grain: undefined, filled: undefined, level: undefined })}>
          {t("pivot.back")}
        </Link>
      </div>
      {body()}
    </div>
  );

  function body() {
    if (!reads) return <Empty>{t("pivot.noRight")}</Empty>;
    if (choice.error) return <Wrong error={choice.error} retry={choice.retry} />;
    if (models?.length === 0) return <Empty>{t("plan.noModels")}</Empty>;
    if (versions?.length === 0) return <Empty>{t("plan.noVersions")}</Empty>;
    if (!model || !version || !cube || choice.waiting) return <Loading />;
    return <Laid model={model} version={version} cube={cube} org={choice.org} />;
  }
}

interface LaidProps {
  readonly model: ModelDetail;
  readonly version: Version;
  readonly cube: Cube;
  readonly org: ReturnType<typeof useContextChoice>["org"];
}

/** The members of the dimensions that stand on the page and on the rows are known before anything is asked. */
function Laid({ model, version, cube, org }: LaidProps) {
  const [view, change] = usePivotSearch();
  const { row, page } = layoutOf(cube, view);
  const trees = model.dimensions.find((one) => one.code === row)?.trees ?? [];
  const tree = trees.find((one) => one === view.tree) ?? "";
  const wanted = [...page, ...(row !== undefined && row !== ORG ? [row] : [])];
  const found = useQueries({ queries: wanted.map((dim) => membersQuery(model.code, dim, dim === row ? tree : "")) });
  const failed = found.find((one) => one.error);
  if (failed?.error) return <Wrong error={failed.error} retry={() => void failed.refetch()} />;
  if (found.some((one) => one.isPending)) return <Loading />;
  const members = new Map(wanted.map((dim, i) => [dim, found[i]?.data ?? []]));
  const query = queryOf({ model, version: version.id, cube, org, members }, view);
  return (
    <>
      <LayoutBar model={model} cube={cube} members={members} view={view} change={change} />
      <PivotTable model={model} cube={cube} query={query} level={view.level} onLevel={(level) => change({ level })} />
    </>
  );
}

function Wrong({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  const { t } = useTranslation();
  const problem = asProblem(error);
  if (problem.kind === "forbidden") return <Empty>{problem.detail || t("state.noPermissionHere")}</Empty>;
  return <Failed what={t("problem.load", { reason: problemText(t, problem) })} reference={problem.reference} retry={retry} />;
}
