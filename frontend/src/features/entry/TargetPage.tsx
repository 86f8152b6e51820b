/** 目标: what each organisation receives, keeps back, passes down; edited by keyboard, saved in one go, undone in one go. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import "../../styles/entry.css";
import { useNarrow } from "../../ui/useNarrow";
import { Empty, Loading } from "../../ui/states";
import { CycleHead, WithCycle, Wrong } from "./CycleHead";
import { TargetList } from "./TargetList";
import { TargetTable } from "./TargetTable";
import { type Cycle, targetsQuery } from "./requests";
import type { CycleChoice } from "./useCycle";

export function TargetPage() {
  return <WithCycle tab="targets">{(cycle, choice) => <Loaded key={cycle.id} cycle={cycle} choice={choice} />}</WithCycle>;
}

function Loaded({ cycle, choice }: { readonly cycle: Cycle; readonly choice: CycleChoice }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const wanted = cycle.keys.length > 0;
  const targets = useQuery({ ...targetsQuery(cycle.id), enabled: wanted });
  if (targets.data && targets.data.rows.length > 0) return narrow ? <TargetList data={targets.data} /> : <TargetTable data={targets.data} choice={choice} onReload={() => void targets.refetch()} />;
  return (
    <>
      <CycleHead cycle={cycle} tab="targets" />
      {!wanted ? (
        <Empty>{t("entry.noTargets")}</Empty>
      ) : targets.error ? (
        <Wrong error={targets.error} retry={() => void targets.refetch()} />
      ) : targets.data ? (
        <Empty>{t("entry.nothingHere")}</Empty>
      ) : (
        <Loading />
      )}
    </>
  );
}
