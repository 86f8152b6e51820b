/** 集成: loads, the error desk, the tie-out to the books, the sources. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Tabs } from "antd";
import { useTranslation } from "react-i18next";
import { useLiveEvents } from "../../api/events";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import "../../styles/integration.css";
import { useContextChoice } from "../planning/useContextChoice";
import { DeskView } from "./DeskView";
import { LoadView } from "./LoadView";
import { everything, runsQuery, type Source, sourcesQuery } from "./requests";
import { type Tab, TABS, useConnectSearch } from "./search";
import { SourceView } from "./SourceView";
import { TieView } from "./TieView";

export function ConnectPage() {
  const { t } = useTranslation();
  const { model, choosing } = useContextChoice();
  const [view, change] = useConnectSearch();
  const sources = useQuery(sourcesQuery());
  useFreshness();
  const tab = view.tab ?? "loads";
  const ours = sources.data?.filter((one) => model === undefined || one.model === model.code);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t("integration.title")}</h1>
        <Tabs
          className="page-tabs connect-tabs"
          activeKey={tab}
          onChange={(key) => change({ tab: key as Tab })}
          items={TABS.map((key) => ({ key, label: t(`integration.tabs.${key}`) }))}
        />
        <span className="spring" />
        <span className="facts">{t("integration.facts")}</span>
      </div>
      {sources.error ? (
        <Refused error={sources.error} retry={() => void sources.refetch()} />
      ) : !ours || choosing ? (
        <Loading />
      ) : ours.length === 0 ? (
        <Empty>{t("integration.noSources")}</Empty>
      ) : (
        <View tab={tab} sources={ours} />
      )}
    </div>
  );
}

function View({ tab, sources }: { readonly tab: Tab; readonly sources: readonly Source[] }) {
  switch (tab) {
    case "loads":
      return <LoadView sources={sources} />;
    case "desk":
      return <DeskView sources={sources} />;
    case "tie":
      return <TieView sources={sources} />;
    case "sources":
      return <SourceView sources={sources} />;
  }
}

/** A load that moves is read again; one that ended may have changed everything on this page. */
function useFreshness(): void {
  const client = useQueryClient();
  useLiveEvents(["load.progress", "load.ended"], (event) => {
    if (event.topic === "load.progress") void client.invalidateQueries({ queryKey: runsQuery().queryKey });
    else void client.invalidateQueries(everything);
  });
}

export function Refused({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  const { t } = useTranslation();
  const problem = asProblem(error);
  if (problem.kind === "forbidden") return <Failed what={t("state.noPermissionHere")} />;
  return <Failed what={t("problem.load", { reason: problemText(t, problem) })} reference={problem.reference} retry={retry} />;
}
