/** 控制台: open holds with owner and age, budget by its origin, exceptions, and the proof that counters, entries and documents agree. */
import { useQuery } from "@tanstack/react-query";
import { Segmented, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { ExceptionTable } from "./ExceptionTable";
import { HoldTable } from "./HoldTable";
import { MappingView } from "./MappingView";
import { OriginTable } from "./OriginTable";
import { ProofView } from "./ProofView";
import { SignalList } from "./SignalList";
import { SimulateView } from "./SimulateView";
import { policiesQuery } from "./spendRequests";
import type { SpendPlace } from "./useSpendPlace";

const PARTS = ["holds", "signals", "origins", "exceptions", "proof", "mapping", "simulate"] as const;
type Part = (typeof PARTS)[number];

interface Props {
  readonly model: string | undefined;
  readonly place: SpendPlace;
  readonly go: (part: Partial<SpendPlace>) => void;
}

export function DeskView({ model, place, go }: Props) {
  const { t } = useTranslation();
  const [part, setPart] = useState<Part>("holds");
  const found = useQuery(policiesQuery());
  if (found.isPending) return <Loading />;
  if (found.error) return <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} retry={() => void found.refetch()} />;
  const policies = found.data.filter((one) => one.periods.length > 0 && (model === undefined || one.model === model));
  const policy = policies.find((one) => one.code === place.policy) ?? policies[0];
  if (!policy) return <Empty>{t("control.balance.none")}</Empty>;
  const period = policy.periods.find((one) => one === place.period) ?? policy.period ?? policy.periods[0] ?? "";
  return (
    <>
      <div className="toolbar">
        <Segmented<Part> size="small" value={part} options={PARTS.map((value) => ({ value, label: t(`control.desk.${value}`) }))} onChange={setPart} />
        {policies.length > 1 && (
          <Select
            size="small"
            aria-label={t("control.balance.policy")}
            popupMatchSelectWidth={false}
            value={policy.code}
            options={policies.map((one) => ({ value: one.code, label: one.title }))}
            onChange={(code) => go({ policy: code, rule: undefined, period: undefined, bucket: undefined })}
          />
        )}
        {part === "origins" && (
          <Select
            size="small"
            aria-label={t("control.balance.period")}
            popupMatchSelectWidth={false}
            value={period}
            options={policy.periods.map((one) => ({ value: one, label: one }))}
            onChange={(next) => go({ period: next })}
          />
        )}
      </div>
      <div className="scroll" data-testid={`desk-${part}`}>
        {part === "holds" && <HoldTable policy={policy.code} />}
        {part === "signals" && <SignalList policy={policy.code} go={go} />}
        {part === "origins" && <OriginTable policy={policy.code} period={period} />}
        {part === "exceptions" && <ExceptionTable />}
        {part === "mapping" && <MappingView key={policy.code} policy={policy} />}
        {part === "simulate" && <SimulateView key={policy.code} policy={policy.code} />}
        {part === "proof" && <ProofView key={policy.code} policy={policy.code} />}
      </div>
    </>
  );
}
