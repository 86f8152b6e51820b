/** 差错台: lines that could not be taken, by reason; mended in place, given a rule or left out, then loaded again. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, Input, Modal, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { problemText } from "../../ui/problemText";
import { Empty, Loading } from "../../ui/states";
import { Refused } from "./ConnectPage";
import { DeskTable } from "./DeskTable";
import { fen, sum } from "./figures";
import { batchesQuery, type Batch, correct, correctionsQuery, downloadAddress, everything, type Group, groupsQuery, rejectedQuery, reloadBatch, type Source, sourceQuery } from "./requests";
import { useMay } from "./rights";
import { RuleDialog } from "./RuleDialog";
import { useConnectSearch } from "./search";

/** The newest round of each file; earlier ones have handed their lines on. */
function openDesks(batches: readonly Batch[], sources: ReadonlySet<string>): Batch[] {
  const seen = new Set<number>();
  return batches.filter((batch) => {
    const root = batch.continues ?? batch.id;
    const newest = !seen.has(root);
    seen.add(root);
    return newest && sources.has(batch.source) && batch.rejected > 0;
  });
}

export function DeskView({ sources }: { readonly sources: readonly Source[] }) {
  const { t } = useTranslation();
  const [view, change] = useConnectSearch();
  const batches = useQuery(batchesQuery());
  if (batches.error) return <Refused error={batches.error} retry={() => void batches.refetch()} />;
  if (!batches.data) return <Loading />;
  const open = openDesks(batches.data, new Set(sources.map((source) => source.code)));
  const root = (batch: Batch): number => batch.continues ?? batch.id;
  const asked = batches.data.find((batch) => batch.id === view.batch);
  const batch = open.find((one) => asked !== undefined && root(one) === root(asked)) ?? (view.batch === undefined ? open[0] : undefined);
  if (!batch)
    return (
      <Empty action={view.batch !== undefined && open[0] && <Button onClick={() => change({ batch: undefined })}>{t("integration.desk.batch")}</Button>}>
        {t("integration.desk.none")}
      </Empty>
    );
  return <Desk key={batch.id} batch={batch} open={open} />;
}

function Desk({ batch, open }: { readonly batch: Batch; readonly open: readonly Batch[] }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [, change] = useConnectSearch();
  const mayLoad = useMay("integration.load");
  const mayDefine = useMay("integration.define");
  const [group, setGroup] = useState<Group>();
  const [picked, setPicked] = useState<ReadonlySet<number>>(new Set());
  const [asking, setAsking] = useState<"ignore" | "rule">();
  const groups = useQuery(groupsQuery(batch.id));
  const lines = useQuery(rejectedQuery(batch.id, group));
  const corrections = useQuery(correctionsQuery(batch.id));
  const source = useQuery(sourceQuery(batch.source));
  const failed = (error: unknown): void => void message.error(problemText(t, asProblem(error)), 8);
  const say = useMutation({
    mutationFn: (said: Parameters<typeof correct>[1]) => correct(batch.id, said),
    onSuccess: () => message.success(t("integration.desk.saved")),
    onError: failed,
    onSettled: () => client.invalidateQueries(everything),
  });
  const reload = useMutation({ mutationFn: () => reloadBatch(batch.id), onError: failed, onSettled: () => client.invalidateQueries(everything) });
  const shown = lines.data ?? [];
  const chosen = shown.filter((line) => picked.has(line.record));
  const total = groups.data?.reduce((count, one) => count + one.lines, 0) ?? 0;
  const dealt = new Set(corrections.data?.filter((said) => said.batch === batch.id).map((said) => said.record)).size;
  const error = groups.error ?? lines.error ?? source.error;
  if (error) return <Refused error={error} retry={() => void client.invalidateQueries(everything)} />;
  if (groups.data?.length === 0) return <Empty>{t("integration.desk.none")}</Empty>;
  const unmapped = group ?? groups.data?.find((one) => one.outcome === "UNMAPPED");
  return (
    <>
      <div className="toolbar">
        <label className="pair-label">
          <span>{t("integration.desk.batch")}</span>
          <Select
            size="small"
            aria-label={t("integration.desk.batch")}
            value={batch.id}
            popupMatchSelectWidth={false}
            options={open.map((one) => ({ value: one.id, label: `${one.file_name} · ${t("integration.run.rejectedLines", { count: one.rejected })}` }))}
            onChange={(id: number) => change({ batch: id })}
          />
        </label>
        <span className="muted">{mayLoad && t("integration.desk.edit")}</span>
        <span className="spring" />
        {mayDefine && (
          <Button size="small" onClick={() => setAsking("rule")}>
            {t("integration.desk.addRule")}
          </Button>
        )}
        <a href={downloadAddress(batch.id)} download>
          {t("integration.desk.download")}
        </a>
      </div>
      <div className="connect-body desk">
        <nav className="desk-groups" aria-label={t("integration.desk.reasons")}>
          <GroupButton name={t("integration.desk.all")} count={total} amount={null} on={group === undefined} onPick={() => pick(undefined)} />
          {groups.data?.map((one) => (
            <GroupButton
              key={`${one.outcome} ${one.field} ${one.value}`}
              name={t(`integration.outcome.${one.outcome as "UNMAPPED"}`)}
              detail={[one.column === "org" ? t("top.org") : one.column, one.value && t("integration.desk.found", { value: one.value })].filter(Boolean).join(" ")}
              count={one.lines}
              amount={one.amount}
              on={group?.outcome === one.outcome && group.field === one.field && group.value === one.value}
              onPick={() => pick(one)}
            />
          ))}
        </nav>
        <div className="desk-lines" data-stale={lines.isFetching}>
          {!lines.data || !source.data ? (
            <Loading />
          ) : (
            <DeskTable
              lines={shown}
              more={(group?.lines ?? total) - shown.length}
              fields={source.data.fields}
              may={mayLoad}
              picked={picked}
              onPick={setPicked}
              onMend={(mend) => say.mutate({ mend: [mend] })}
              onTakeBack={(line) => say.mutate({ take_back: [...line.mended.map((field) => back(line.record, field)), ...(line.ignored === null ? [] : [back(line.record, "")])] })}
            />
          )}
          <History corrections={corrections.data ?? []} fields={source.data?.fields ?? {}} />
        </div>
      </div>
      {mayLoad && (
        <div className="foot-bar" data-testid="desk-bar">
          {chosen.length > 0 ? (
            <>
              <span>{t("integration.desk.selected", { count: chosen.length, amount: fen(sum(chosen.map((line) => line.amount))) })}</span>
              <Button onClick={() => setAsking("ignore")}>{t("integration.desk.ignore")}</Button>
            </>
          ) : (
            <span className="muted">{dealt > 0 && t("integration.desk.reloadHint", { count: dealt })}</span>
          )}
          <span className="spring" />
          <Button type="primary" loading={reload.isPending} onClick={() => reload.mutate()}>
            {t("integration.desk.reload")}
          </Button>
        </div>
      )}
      {asking === "ignore" && (
        <IgnoreDialog
          count={chosen.length}
          amount={fen(sum(chosen.map((line) => line.amount)))}
          onCancel={() => setAsking(undefined)}
          onDone={(reason, whole) => {
            say.mutate({ ignore: chosen.map((line) => line.record), reason, whole_vouchers: whole });
            setAsking(undefined);
            setPicked(new Set());
          }}
        />
      )}
      {asking === "rule" && source.data && lines.data && (
        <RuleDialog source={source.data} seed={firstOf(shown, unmapped)} onClose={() => setAsking(undefined)} />
      )}
    </>
  );

  function pick(one: Group | undefined): void {
    setGroup(one);
    setPicked(new Set());
  }
}

const back = (record: number, field: string) => ({ record, field, after: "", before: null });

/** The codes a new rule starts from: those of the first line with the picked reason. */
function firstOf(lines: readonly { readonly outcome: string; readonly field: string; readonly value: string; readonly fields: Readonly<Record<string, string>> }[], group: Group | undefined) {
  return lines.find((line) => line.outcome === group?.outcome && (group.value === "" || line.value === group.value))?.fields ?? {};
}

interface GroupProps {
  readonly name: string;
  readonly detail?: string;
  readonly count: number;
  readonly amount: string | null;
  readonly on: boolean;
  readonly onPick: () => void;
}

function GroupButton({ name, detail, count, amount, on, onPick }: GroupProps) {
  const { t } = useTranslation();
  return (
    <button type="button" className="plain group" aria-pressed={on} onClick={onPick}>
      <span className="pair">
        <b>{name}</b>
        <span>{t("integration.desk.lines", { count })}</span>
      </span>
      {(detail !== undefined || amount !== null) && (
        <span className="pair small muted">
          <span>{detail}</span>
          <span>{fen(amount)}</span>
        </span>
      )}
    </button>
  );
}

function History({ corrections, fields }: { readonly corrections: readonly { readonly id: number; readonly record: number; readonly kind: string; readonly field: string; readonly before: string; readonly after: string; readonly reason: string; readonly author: string; readonly at: string }[]; readonly fields: Readonly<Record<string, string>> }) {
  const { t } = useTranslation();
  const blank = (text: string): string => text || t("integration.desk.blank");
  if (corrections.length === 0) return null;
  return (
    <details className="history" data-testid="corrections">
      <summary>
        {t("integration.desk.history")} {corrections.length}
      </summary>
      <ul>
        {[...corrections].reverse().map((said) => (
          <li key={said.id}>
            <span>
              {said.kind === "set"
                ? t("integration.desk.set", { record: said.record, field: fields[said.field] ?? said.field, before: blank(said.before), after: blank(said.after) })
                : said.kind === "ignore"
                  ? t("integration.desk.ignoredLine", { record: said.record, reason: said.reason })
                  : t("integration.desk.tookBack", { record: said.record })}
            </span>
            <span className="muted small">
              {said.author} {clockTime(said.at)}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

interface IgnoreProps {
  readonly count: number;
  readonly amount: string;
  readonly onCancel: () => void;
  readonly onDone: (reason: string, whole: boolean) => void;
}

function IgnoreDialog({ count, amount, onCancel, onDone }: IgnoreProps) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const [whole, setWhole] = useState(true);
  return (
    <Modal
      open
      width={480}
      title={t("integration.desk.ignoreTitle", { count })}
      okText={t("integration.desk.ignore")}
      okButtonProps={{ disabled: reason.trim() === "" }}
      onOk={() => onDone(reason, whole)}
      onCancel={onCancel}
    >
      <p className="dialog-text">{t("integration.desk.ignoreBody", { amount })}</p>
      <label className="field-label" htmlFor="ignore-why">
        {t("integration.desk.why")}
      </label>
      <Input.TextArea id="ignore-why" autoFocus rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
      <Checkbox className="dialog-check" checked={whole} onChange={(event) => setWhole(event.target.checked)}>
        {t("integration.desk.whole")}
      </Checkbox>
    </Modal>
  );
}
