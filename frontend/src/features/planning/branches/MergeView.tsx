/** What merging a branch would change, and where both sides changed: decided cell by cell, then written in one go. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Radio } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { amount, tryAmount } from "../../../lib/amount";
import { show } from "../../../lib/display";
import { clockTime } from "../../../lib/times";
import { usePageContext } from "../../../lib/usePageContext";
import { Empty, Loading } from "../../../ui/states";
import { useDoing } from "../../process/useDoing";
import { type ModelDetail, undoChange, type Version } from "../requests";
import { itemMeasure } from "../slice";
import { Wrong } from "./BranchesPage";
import { type Choice, type Merge, mergeBranch, type MergedCell, mergeQuery } from "./requests";

interface Props {
  readonly model: ModelDetail;
  readonly versions: readonly Version[];
  readonly branch: number;
}

type Side = Choice["take"];
/** A decision holds for the value of the base one saw: when that moves on, the cell is asked again. */
const nameOf = (cell: MergedCell): string => JSON.stringify([cell.cube, cell.item, Object.entries(cell.members).sort(), cell.period, cell.base]);

export function MergeView({ model, versions, branch }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { busy, run } = useDoing();
  const found = useQuery(mergeQuery(branch));
  const [taken, setTaken] = useState<ReadonlyMap<string, Side>>(new Map());
  const [reason, setReason] = useState("");
  const [merged, setMerged] = useState<Merge>();
  if (found.error) return <Wrong error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Loading />;
  const { data } = found;
  const base = versions.find((one) => one.id === data.base)?.name ?? "";
  const name = versions.find((one) => one.id === branch)?.name ?? "";
  const decided = data.open.filter((cell) => taken.has(nameOf(cell)));
  const choices = decided.map((cell): Choice => ({ cube: cell.cube, item: cell.item, members: cell.members, period: cell.period, base: cell.base, take: taken.get(nameOf(cell)) ?? "base" }));
  const act = async (): Promise<void> => {
    let got: Merge | undefined;
    if (!(await run(async () => (got = await mergeBranch(branch, data.branch_seq, choices, reason)))) || !got) return;
    await client.invalidateQueries({ queryKey: ["versions"] });
    if (got.outcome === "conflicts") {
      client.setQueryData(mergeQuery(branch).queryKey, got);
      message.warning(t("branches.merging.again", { base, count: got.conflicts }), 6);
    } else setMerged(got);
  };
  const undo = async (): Promise<void> => {
    if (!merged || !(await run(() => undoChange(merged.base, merged.seq)))) return;
    setMerged(undefined);
    await found.refetch();
    message.success(t("branches.undone"));
  };
  if (merged)
    return (
      <Empty action={merged.outcome === "merged" && <Button loading={busy} onClick={() => void undo()} data-testid="undo-merge">{t("branches.undo")}</Button>}>
        {merged.outcome === "merged" ? t("branches.merging.done", { base, count: merged.changed }) : t("branches.merging.nothing")}
      </Empty>
    );
  if (data.conflicts === 0 && data.changed === 0) return <Empty>{t("branches.merging.nothing")}</Empty>;
  const takeAll = (side: Side): void => setTaken(new Map(data.open.map((cell) => [nameOf(cell), side])));
  return (
    <>
      <div className="toolbar">
        <b>{t("branches.merging.title", { branch: name, base })}</b>
      </div>
      <div className="merge-body">
        {data.conflicts > 0 && (
          <section className="card">
            <header>
              <h2>{t("branches.merging.conflicts", { count: data.conflicts })}</h2>
              <span className="spring" />
              <Button size="small" onClick={() => takeAll("base")}>{t("branches.merging.all.base", { name: base })}</Button>
              <Button size="small" onClick={() => takeAll("branch")}>{t("branches.merging.all.branch")}</Button>
            </header>
            {data.open.length < data.conflicts && <p className="muted small">{t("branches.merging.tooMany")}</p>}
            <Cells model={model} cells={data.open} heads={[t("branches.merging.fork"), t("branches.merging.baseSide", { name: base }), t("branches.merging.branchSide")]} taken={taken} onTake={(cell, side) => setTaken(new Map(taken).set(nameOf(cell), side))} />
          </section>
        )}
        {data.changed > 0 && (
          <section className="card">
            <header>
              <h2>{t("branches.merging.changes", { count: data.changed })}</h2>
              {data.changes.length < data.changed && <span className="muted small">{t("branches.merging.firstOnly", { count: data.changes.length })}</span>}
            </header>
            <Cells model={model} cells={data.changes} heads={[t("branches.merging.fork"), t("branches.merging.was"), t("branches.merging.now")]} />
          </section>
        )}
      </div>
      <div className="foot-bar merge-foot">
        {data.conflicts > 0 && (
          <span role="status" data-testid="decided">
            {t("branches.merging.decided", { done: decided.length, all: data.conflicts })}
          </span>
        )}
        <Input aria-label={t("branches.merging.reason")} placeholder={t("branches.merging.reason")} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />
        <Button type="primary" loading={busy} disabled={decided.length < data.open.length} onClick={() => void act()} data-testid="merge">
          {t("branches.merging.act")}
        </Button>
      </div>
    </>
  );
}

interface CellsProps {
  readonly model: ModelDetail;
  readonly cells: readonly MergedCell[];
  readonly heads: readonly string[];
  readonly taken?: ReadonlyMap<string, Side>;
  readonly onTake?: (cell: MergedCell, side: Side) => void;
}

function Cells({ model, cells, heads, taken, onTake }: CellsProps) {
  const { t } = useTranslation();
  const [context] = usePageContext();
  const figure = (cell: MergedCell, text: string | null): string =>
    text === null ? t("cell.blank") : show(amount(text), itemMeasure(model, cell.cube, cell.item, tryAmount(text)).measure, context.unit ?? "yuan");
  return (
    <ul className="merge-cells" data-testid={onTake ? "open-cells" : "changed-cells"}>
      {cells.map((cell) => (
        <li key={nameOf(cell)}>
          <span>
            <b>{cell.name}</b> <span className="muted small">{[...Object.values(cell.names), cell.period].join(" · ")}</span>
          </span>
          <span className="muted">
            {heads[0]} {figure(cell, cell.fork)}
          </span>
          {(["base", "branch"] as const).map((side, i) =>
            onTake ? (
              <Radio key={side} name={nameOf(cell)} checked={taken?.get(nameOf(cell)) === side} onChange={() => onTake(cell, side)}>
                {heads[i + 1]} <b>{figure(cell, cell[side])}</b>
                {side === "base" && cell.theirs && <span className="muted small"> {`${cell.theirs.author} · ${clockTime(cell.theirs.at)}`}</span>}
              </Radio>
            ) : (
              <span key={side}>
                <span className="muted">{heads[i + 1]}</span> <b>{figure(cell, cell[side])}</b>
              </span>
            ),
          )}
        </li>
      ))}
    </ul>
  );
}
