/** The page's context made whole: what the URL names if it exists, else the first sensible choice. */
import { useQuery } from "@tanstack/react-query";
import { usePageContext } from "../../lib/usePageContext";
import { type Cube, membersQuery, type Member, type ModelDetail, modelQuery, modelsQuery, type Version, versionsQuery } from "./requests";

export const ORG = "org";

export interface ContextChoice {
  readonly models: readonly { readonly code: string; readonly title: string }[] | undefined;
  readonly model: ModelDetail | undefined;
  readonly versions: readonly Version[] | undefined;
  readonly version: Version | undefined;
  readonly orgs: readonly Member[];
  readonly org: Member | undefined;
  readonly cube: Cube | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
}

export function useContextChoice(): ContextChoice {
  const [context] = usePageContext();
  const models = useQuery(modelsQuery());
  const code = models.data?.find((one) => one.code === context.model)?.code ?? models.data?.[0]?.code;
  const model = useQuery({ ...modelQuery(code ?? ""), enabled: code !== undefined });
  const versions = useQuery({ ...versionsQuery(code ?? ""), enabled: code !== undefined });
  const hasOrg = model.data?.dimensions.some((dimension) => dimension.code === ORG) ?? false;
  const orgs = useQuery({ ...membersQuery(code ?? "", ORG), enabled: hasOrg && code !== undefined });
  return {
    models: models.data,
    model: model.data,
    versions: versions.data,
    version: versions.data?.find((one) => one.code === context.version) ?? currentVersion(versions.data),
    orgs: orgs.data ?? [],
    org: orgs.data?.find((one) => one.code === context.org) ?? orgs.data?.[0],
    cube: model.data?.cubes.find((one) => one.code === context.table) ?? model.data?.cubes.find(hasPeriod) ?? model.data?.cubes[0],
    error: models.error ?? model.error ?? versions.error ?? orgs.error,
    retry: () => void Promise.all([models.refetch(), model.refetch(), versions.refetch()]),
  };
}

/** A table over time is what one opens first, not the parameters. */
const hasPeriod = (cube: Cube): boolean => cube.dims.some((dim) => dim.startsWith("period")) || cube.dims.length > 0;

/** The open budget; else the first open version; else the first. */
export function currentVersion(versions: readonly Version[] | undefined): Version | undefined {
  const open = versions?.filter((one) => one.status === "open") ?? [];
  return open.find((one) => one.role === "预算") ?? open[0] ?? versions?.[0];
}
