/** 模型: items with their formulas, dimensions with their hierarchies, the revisions; as far as the reader may know of them. */
import { Tabs } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import type { ModelDetail } from "../planning/requests";
import { useContextChoice } from "../planning/useContextChoice";
import "../../styles/modelling.css";
import { DimensionsView } from "./DimensionsView";
import { HintsView } from "./HintsView";
import { ItemsView } from "./ItemsView";
import { RevisionsView } from "./RevisionsView";
import { type Tab, TABS, useModelSearch } from "./search";

export function ModelPage() {
  const { t } = useTranslation();
  const { models, model, error, retry } = useContextChoice();
  const [view, change] = useModelSearch();
  const tab = view.tab ?? "items";
  return (
    <div className="page model-page">
      <div className="page-head">
        <h1>{t("nav.model")}</h1>
        <Tabs className="page-tabs" activeKey={tab} onChange={(key) => change({ tab: key === "items" ? undefined : (key as Tab) })} items={TABS.map((key) => ({ key, label: t(`modelling.tabs.${key}`) }))} />
        {model && <span className="facts">{t("modelling.facts", { title: model.title, revision: model.revision })}</span>}
      </div>
      {error ? <Refused error={error} retry={retry} /> : models?.length === 0 ? <Empty>{t("modelling.noModels")}</Empty> : model ? <View tab={tab} model={model} /> : <Loading />}
    </div>
  );
}

function View({ tab, model }: { readonly tab: Tab; readonly model: ModelDetail }) {
  switch (tab) {
    case "items":
      return <ItemsView model={model} />;
    case "dimensions":
      return <DimensionsView model={model} />;
    case "hints":
      return <HintsView model={model} />;
    case "revisions":
      return <RevisionsView model={model} />;
  }
}

interface RefusedProps {
  readonly error: Error;
  readonly retry: () => void;
  readonly noRight?: string; // what to say where it needs a right beyond looking at models
}

export function Refused({ error, retry, noRight }: RefusedProps) {
  const { t } = useTranslation();
  const problem = asProblem(error);
  if (problem.kind === "forbidden") return <Empty>{noRight ?? t("modelling.noRight")}</Empty>;
  return <Failed what={problemText(t, problem)} reference={problem.reference} retry={retry} />;
}
