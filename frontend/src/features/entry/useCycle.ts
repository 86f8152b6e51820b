/** Which cycle the page is about: the one of the version in the address, else the newest open one of the model. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { usePageContext } from "../../lib/usePageContext";
import { modelsQuery } from "../planning/requests";
import { type Cycle, cyclesQuery } from "./requests";

export interface CycleChoice {
  readonly model: string | undefined;
  readonly noModels: boolean;
  readonly cycles: readonly Cycle[] | undefined;
  readonly cycle: Cycle | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
  readonly choose: (id: number) => void;
  readonly show: (version: string) => void; // the cycle of a version, also one just opened
}

export function useCycle(): CycleChoice {
  const [context, change] = usePageContext();
  const models = useQuery(modelsQuery());
  const model = models.data?.find((one) => one.code === context.model)?.code ?? models.data?.[0]?.code;
  const cycles = useQuery({ ...cyclesQuery(model ?? ""), enabled: model !== undefined });
  const found = cycles.data;
  const cycle = found?.find((one) => one.version === context.version) ?? found?.find((one) => one.status === "open") ?? found?.[0];
  const unnamed = context.version === undefined ? cycle?.version : undefined;
  useEffect(() => {
    if (unnamed !== undefined) change({ version: unnamed }); // the top bar then says which version the page is about
  }, [unnamed, change]);
  return {
    model,
    noModels: models.data?.length === 0,
    cycles: found,
    cycle,
    error: models.error ?? cycles.error,
    retry: () => void Promise.all([models.refetch(), cycles.refetch()]),
    choose: (id) => change({ version: found?.find((one) => one.id === id)?.version }),
    show: (version) => change({ version }),
  };
}
