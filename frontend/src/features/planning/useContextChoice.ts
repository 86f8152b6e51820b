/** The page's context made whole: what the URL names if it exists, else the first sensible choice. */
import { useQuery } from "@tanstack/react-query";
import { usePageContext } from "../../lib/usePageContext";
import { useHolds } from "../process/useBusinessDay";
import { ORG } from "./planQuery";
import { type Cube, type Form, formsQuery, membersQuery, type Member, type ModelDetail, modelQuery, modelsQuery, type Unit, unitsQuery, type Version, versionsQuery } from "./requests";

export { ORG };

export interface ContextChoice {
  readonly models: readonly { readonly code: string; readonly title: string }[] | undefined;
  readonly model: ModelDetail | undefined;
  readonly versions: readonly Version[] | undefined;
  readonly version: Version | undefined;
  readonly orgs: readonly Member[];
  readonly org: Member | undefined;
  readonly forms: readonly Form[];
  readonly form: Form | undefined; // none: a plain table was asked for
  readonly cube: Cube | undefined;
  readonly unit: Unit | undefined; // the plan unit the organisation belongs to
  readonly choosing: boolean; // which model it is about is not known yet: what belongs to a model must not be shown
  readonly waiting: boolean; // what is shown first is not known yet
  readonly error: Error | null;
  readonly retry: () => void;
}

export function useContextChoice(): ContextChoice {
  const [context] = usePageContext();
  const models = useQuery(modelsQuery());
  const code = models.data?.find((one) => one.code === context.model)?.code ?? models.data?.[0]?.code;
  const model = useQuery({ ...modelQuery(code ?? ""), enabled: code !== undefined });
  const reads = useHolds("plan.read"); // who may not is not asked about versions and forms
  const versions = useQuery({ ...versionsQuery(code ?? ""), enabled: reads && code !== undefined });
  const version = versions.data?.find((one) => one.code === context.version) ?? currentVersion(versions.data);
  const hasOrg = model.data?.dimensions.some((dimension) => dimension.code === ORG) ?? false;
  const orgs = useQuery({ ...membersQuery(code ?? "", ORG), enabled: hasOrg && code !== undefined });
  const forms = useQuery({ ...formsQuery(code ?? ""), enabled: reads && code !== undefined });
  const units = useQuery({ ...unitsQuery(version?.id ?? 0), enabled: version !== undefined });
  const members = orgs.data ?? [];
  const org = members.find((one) => one.code === context.org) ?? homeOf(members, units.data ?? []);
  const shown = (forms.data ?? []).filter((form) => isFor(form, members, org));
  const form = context.table === undefined ? shown[0] : forms.data?.find((one) => one.code === context.table);
  const cubes = model.data?.cubes;
  return {
    models: models.data,
    model: model.data,
    versions: versions.data,
    version,
    orgs: members,
    org,
    forms: shown,
    form,
    cube: form ? cubes?.find((one) => one.code === form.cube) : (cubes?.find((one) => one.code === context.table) ?? cubes?.find(hasPeriod) ?? cubes?.[0]),
    unit: unitAt(units.data ?? [], members, org),
    choosing: code === undefined ? models.isPending : model.isPending,
    waiting: (reads && forms.isPending && code !== undefined) || (hasOrg && orgs.isPending) || (version !== undefined && units.isPending),
    error: models.error ?? model.error ?? versions.error ?? orgs.error,
    retry: () => void Promise.all([models.refetch(), model.refetch(), versions.refetch()]),
  };
}

/** Where one's plan units are: at the only one, or at the nearest organisation above all of them; without units at the top. */
export function homeOf(members: readonly Member[], units: readonly Unit[]): Member | undefined {
  const ways = units.map((unit) => above(members, members.find((one) => one.code === unit.org))).filter((way) => way.length > 0);
  const [first, ...others] = ways;
  return first?.find((up) => others.every((way) => way.some((one) => one.code === up.code))) ?? members[0];
}

/** A member and those above it, nearest first. */
function above(members: readonly Member[], member: Member | undefined): Member[] {
  const by = new Map(members.map((one) => [one.code, one]));
  const found: Member[] = [];
  for (let at = member; at; at = at.parent === null ? undefined : by.get(at.parent)) found.push(at);
  return found;
}

/** A form of some organisations is for them, what is below them, and whoever looks at them from above. */
function isFor(form: Form, members: readonly Member[], org: Member | undefined): boolean {
  if (form.orgs.length === 0) return true;
  const here = above(members, org).some((one) => form.orgs.includes(one.code));
  return here || members.some((one) => form.orgs.includes(one.code) && above(members, one).some((up) => up.code === org?.code));
}

export function unitAt(units: readonly Unit[], members: readonly Member[], org: Member | undefined): Unit | undefined {
  for (const member of above(members, org)) {
    const unit = units.find((one) => one.org === member.code);
    if (unit) return unit;
  }
  return undefined;
}

/** A table over time is what one opens first, not the parameters. */
const hasPeriod = (cube: Cube): boolean => cube.dims.some((dim) => dim.startsWith("period")) || cube.dims.length > 0;

/** The open budget; else a budget; else the first open version; else the first. */
export function currentVersion(versions: readonly Version[] | undefined): Version | undefined {
  const open = versions?.filter((one) => one.status === "open") ?? [];
  const isBudget = (one: Version): boolean => one.role === "预算";
  return open.find(isBudget) ?? versions?.find(isBudget) ?? open[0] ?? versions?.[0];
}
