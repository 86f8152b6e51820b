/** Every load: file, who, what became of it in lines and amounts, whether the books agree. */
import { useTranslation } from "react-i18next";
import { clockTime } from "../../lib/times";
import { Icon, type IconName } from "../../ui/icons";
import { fen, sum, whole } from "./figures";
import type { Batch, Run, Source } from "./requests";

interface Props {
  readonly runs: readonly Run[];
  readonly batches: readonly Batch[];
  readonly sources: readonly Source[];
  readonly picked: number | undefined;
  readonly onPick: (batch: number | undefined) => void;
}

export function RunTable({ runs, batches, sources, picked, onPick }: Props) {
  const { t } = useTranslation();
  const byId = new Map(batches.map((batch) => [batch.id, batch]));
  const titles = new Map(sources.map((source) => [source.code, source.title]));
  return (
    <div className="table-scroll">
      <table className="lines" data-testid="runs">
        <thead>
          <tr>
            <th>{t("integration.run.file")}</th>
            <th>{t("integration.source")}</th>
            <th>{t("integration.run.state")}</th>
            <th className="number">{t("integration.run.lines")}</th>
            <th className="number">{t("integration.run.accepted")}</th>
            <th className="number">{t("integration.run.rejected")}</th>
            <th>{t("integration.run.tie")}</th>
            <th>{t("integration.run.who")}</th>
            <th>{t("integration.run.when")}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => {
            const batch = run.batch === null ? undefined : byId.get(run.batch);
            return (
              <tr key={run.id} data-picked={batch !== undefined && batch.id === picked} data-run={run.id}>
                <td>
                  {batch ? (
                    <button type="button" className="plain link" onClick={() => onPick(batch.id)}>
                      {run.file_name}
                    </button>
                  ) : (
                    run.file_name
                  )}
                  {batch && batch.round > 1 && <span className="muted small"> {t("integration.run.round", { round: batch.round })}</span>}
                </td>
                <td>{titles.get(run.source) ?? run.source}</td>
                <td>
                  <RunTag run={run} batch={batch} />
                  <Why run={run} />
                </td>
                <td className="number">{batch && whole(batch.records)}</td>
                <td className="number">{batch?.state === "published" ? fen(entered(batch)) : ""}</td>
                <td className="number">{batch && batch.rejected > 0 && t("integration.run.rejectedLines", { count: batch.rejected })}</td>
                <td>{run.state === "done" && <Tie run={run} />}</td>
                <td>{run.author}</td>
                <td>{clockTime(run.finished_at ?? run.requested_at)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Debit less credit of the lines that count, as the file says them. */
function entered(batch: Batch): string {
  const counted = batch.counts.find((one) => one.outcome === "ACCEPTED");
  return counted ? sum([counted.debit, counted.credit.startsWith("-") ? counted.credit.slice(1) : `-${counted.credit}`]) : "0";
}

export function RunTag({ run, batch }: { readonly run: Run; readonly batch: Batch | undefined }) {
  const { t } = useTranslation();
  const [tone, icon, word] = look();
  return (
    <span className="tag" data-tone={tone}>
      <Icon name={icon} />
      {word}
    </span>
  );

  function look(): [string | undefined, IconName, string] {
    switch (run.state) {
      case "queued":
        return [undefined, "question", t("integration.run.queued")];
      case "running":
        return ["info", "right", t("integration.run.running")];
      case "done":
        return batch && batch.rejected > 0 ? ["warn", "warn", t("integration.run.part")] : ["ok", "check", t("integration.run.done")];
      case "held":
        return ["warn", "warn", t(run.message === "check_only" ? "integration.run.held" : "integration.run.tooMany")];
      case "failed":
        return ["error", "close", t("integration.run.failed")];
      case "cancelled":
        return [undefined, "close", t("integration.run.cancelled")];
    }
  }
}

function Why({ run }: { readonly run: Run }) {
  const { t } = useTranslation();
  const detail = useDetail();
  const [code = "", ...rest] = run.message.split(": ");
  if (run.state === "done" && code === "same_file") return <div className="muted small">{t("integration.run.same")}</div>;
  if (run.state !== "failed") return null;
  return <div className="why small">{words()}</div>;

  function words(): string {
    if (code === "internal") return t("integration.run.internal");
    if (code === "job_died") return t("integration.run.jobDied");
    if (code === "forbidden") return t("integration.run.forbidden");
    const known: string = t(`integration.file.${code as "CORRUPT_FILE"}`, { defaultValue: "" });
    return [known || code, detail(rest.join(": "))].filter(Boolean).join(t("integration.run.colon"));
  }
}

/** What the reader of files says in short, in the reader's own language where it names something. */
function useDetail(): (text: string) => string {
  const { t } = useTranslation();
  return (text) => {
    const missing = /^no column (.+); the file has (.+)$/.exec(text);
    if (missing) return t("integration.run.noColumn", { missing: missing[1] ?? "", has: missing[2] ?? "" });
    const record = /^record (\d+)/.exec(text);
    return record ? t("integration.run.atRecord", { record: record[1] ?? "" }) : "";
  };
}

function Tie({ run }: { readonly run: Run }) {
  const { t } = useTranslation();
  if (run.unexplained === null) return <span className="muted">{t("integration.run.noBooks")}</span>;
  if (run.unexplained === 0) return <span className="fine">{t("integration.run.agrees")}</span>;
  return <span className="why">{t("integration.run.differs", { count: run.unexplained })}</span>;
}
