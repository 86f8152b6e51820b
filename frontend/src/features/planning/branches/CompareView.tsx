/** Two to six versions of one table side by side, the first being the base: the largest difference first, and who changed it. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { Checkbox, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { clockTime } from "../../../lib/times";
import { usePageContext } from "../../../lib/usePageContext";
import { useNarrow } from "../../../ui/useNarrow";
import { Empty, Loading } from "../../../ui/states";
import { queryOf } from "../planQuery";
import { historyQuery, type ModelDetail, type Query, type Version } from "../requests";
import { useContextChoice } from "../useContextChoice";
import { Wrong } from "./BranchesPage";
import { CompareList, CompareTable } from "./CompareTable";
import { type Compared, compareQuery } from "./requests";

interface Props {
  readonly model: ModelDetail;
  readonly versions: readonly Version[];
  readonly ids: readonly number[];
}

export function CompareView({ model, versions, ids }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const [context] = usePageContext();
  const { org, cube: usual, waiting } = useContextChoice();
  const [cubeCode, setCube] = useState<string>();
  const [dim, setDim] = useState<string>();
  const [leaves, setLeaves] = useState(false);
  const [picked, setPicked] = useState<Compared>();
  const cube = model.cubes.find((one) => one.code === cubeCode) ?? usual ?? model.cubes[0];
  const compared = ids.flatMap((id) => versions.find((one) => one.id === id) ?? []);
  const whole = compared.length === ids.length && compared.length >= 2;
  const dims = cube?.dims.filter((one) => model.dimensions.some((known) => known.code === one)) ?? [];
  const along = dims.find((one) => one === dim) ?? dims.find((one) => one !== "org") ?? dims[0];
  const first = compared[0];
  const plain = cube && first ? queryOf(model, first, cube, org, along) : undefined;
  // along the organisations, these are the rows: those below the one chosen above
  const query = plain && (along === "org" ? { ...plain, rows: { dim: "org", tree: "", root: org?.code ?? null, depth: null, members: null }, fixed: {} } : plain);
  const found = useQuery({ ...compareQuery(query ?? emptyQuery, ids, leaves), enabled: whole && query !== undefined && !waiting });
  const ask = (change: () => void): void => {
    change();
    setPicked(undefined);
  };
  if (!whole || !cube) return <Empty>{t("branches.compared.gone")}</Empty>;
  const data = found.data;
  const table = { rows: data?.rows ?? [], versions: compared, model, cube: cube.code, unit: context.unit ?? "yuan", picked, onPick: setPicked } as const;
  return (
    <>
      <div className="toolbar">
        <label htmlFor="compare-cube">{t("branches.compared.cube")}</label>
        <Select id="compare-cube" size="small" popupMatchSelectWidth={false} value={cube.code} options={model.cubes.map((one) => ({ value: one.code, label: one.title || one.code }))} onChange={(code) => ask(() => setCube(code))} />
        {dims.length > 1 && (
          <>
            <label htmlFor="compare-dim">{t("branches.compared.rows")}</label>
            <Select id="compare-dim" size="small" popupMatchSelectWidth={false} value={along as string} options={dims.map((one) => ({ value: one, label: model.dimensions.find((known) => known.code === one)?.name ?? one }))} onChange={(next) => ask(() => setDim(next))} />
          </>
        )}
        <Checkbox checked={leaves} onChange={(event) => ask(() => setLeaves(event.target.checked))}>
          {t("branches.compared.leaves")}
        </Checkbox>
        <span className="spring" />
        {data && (
          <span role="status" data-testid="compare-count">
            {t("branches.compared.count", { cells: data.cells, differing: data.differing })}
            {data.rows.length < data.differing && t("branches.compared.first", { shown: data.rows.length })}
          </span>
        )}
      </div>
      {found.error ? (
        <Wrong error={found.error} retry={() => void found.refetch()} />
      ) : !data ? (
        <Loading />
      ) : data.cells === 0 && leaves ? (
        <Empty>{t("branches.compared.noLeaves")}</Empty>
      ) : data.rows.length === 0 ? (
        <Empty>{t("branches.compared.same")}</Empty>
      ) : (
        <>
          {narrow ? <CompareList {...table} /> : <CompareTable {...table} />}
          <WhoChanged cell={picked} cube={cube.code} versions={compared} seqs={data.seqs} />
        </>
      )}
    </>
  );
}

/** Never asked: the question while it is not known which table. */
const emptyQuery: Query = { version: 0, cube: "", items: [], rows: null, fixed: {}, columns: "plan-with-totals", as_of: null, over: true, filled: false };

interface WhoProps {
  readonly cell: Compared | undefined;
  readonly cube: string;
  readonly versions: readonly Version[];
  readonly seqs: readonly number[];
}

/** Who put the figure there in each version, and when. */
function WhoChanged({ cell, cube, versions, seqs }: WhoProps) {
  const { t } = useTranslation();
  const found = useQueries({
    queries: versions.map((version, i) => ({
      ...historyQuery({ version: version.id, cube, item: cell?.item ?? "", members: cell?.members ?? {}, period: cell?.period ?? "", as_of: null }, seqs[i] ?? 0),
      enabled: cell !== undefined,
      retry: false,
    })),
  });
  if (!cell) return <div className="foot-bar muted">{t("branches.compared.pick")}</div>;
  return (
    <div className="foot-bar who-changed" role="status" data-testid="who-changed">
      <b>{`${cell.name} ${cell.period}`}</b>
      {versions.map((version, i) => {
        const last = found[i]?.data?.[0];
        const said = found[i]?.error ? t("branches.compared.total") : last ? t("branches.compared.at", { who: last.author, time: clockTime(last.at) }) : found[i]?.data ? t("branches.compared.never") : "…";
        return (
          <span key={version.id}>
            <span className="muted">{version.name}</span> {said}
          </span>
        );
      })}
    </div>
  );
}
