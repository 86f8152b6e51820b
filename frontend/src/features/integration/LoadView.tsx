/** 装载: choose a file, see it go through its stages, find every load with what became of its lines. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, Select } from "antd";
import { type DragEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { Empty, Loading } from "../../ui/states";
import { BatchPanel } from "./BatchPanel";
import { Refused } from "./ConnectPage";
import { batchesQuery, isOver, LIMIT_MB, runsQuery, type Source, startLoad } from "./requests";
import { useMay } from "./rights";
import { RunStrip } from "./RunStrip";
import { RunTable } from "./RunTable";
import { useConnectSearch } from "./search";

export function LoadView({ sources }: { readonly sources: readonly Source[] }) {
  const { t } = useTranslation();
  const [view, change] = useConnectSearch();
  const runs = useQuery({ ...runsQuery(), refetchInterval: ({ state }) => (state.data?.some((run) => !isOver(run)) ? 2000 : false) });
  const batches = useQuery(batchesQuery());
  const may = useMay("integration.load");
  const known = new Set(sources.map((source) => source.code));
  const ours = runs.data?.filter((run) => known.has(run.source));
  const going = ours?.filter((run) => !isOver(run)) ?? [];
  const error = runs.error ?? batches.error;
  return (
    <>
      {going.map((run) => (
        <RunStrip key={run.id} run={run} may={may} />
      ))}
      <div className="connect-body">
        <div className="connect-main">
          {may ? <Upload sources={sources} /> : <p className="muted small reader-words">{t("integration.upload.noRight")}</p>}
          <section className="connect-card" aria-label={t("integration.run.title")}>
            <h2>{t("integration.run.title")}</h2>
            {error ? (
              <Refused error={error} retry={() => void runs.refetch()} />
            ) : !ours || !batches.data ? (
              <Loading rows={6} />
            ) : ours.length === 0 ? (
              <Empty>{t("integration.run.none")}</Empty>
            ) : (
              <RunTable runs={ours} batches={batches.data} sources={sources} picked={view.batch} onPick={(batch) => change({ batch })} />
            )}
          </section>
        </div>
        {view.batch !== undefined && <BatchPanel batch={view.batch} onClose={() => change({ batch: undefined })} />}
      </div>
    </>
  );
}

function Upload({ sources }: { readonly sources: readonly Source[] }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [view, change] = useConnectSearch();
  const [checkOnly, setCheckOnly] = useState(false);
  const [sending, setSending] = useState("");
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  // who sees the sources of several companies says which: a file must not go to another one's books by itself
  const own = new Set(sources.map((one) => one.model)).size === 1 ? sources : [];
  const source = sources.find((one) => one.code === view.source) ?? own.find((one) => one.vouchers) ?? own[0];

  const send = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    if (!source) {
      message.warning(t("integration.upload.noSource"));
      return;
    }
    if (file.size > LIMIT_MB << 20) {
      message.error(t("integration.upload.tooLarge", { size: Math.ceil(file.size / (1 << 20)), limit: LIMIT_MB }));
      return;
    }
    setSending(file.name);
    try {
      await startLoad(source.code, file, checkOnly);
      await client.invalidateQueries({ queryKey: runsQuery().queryKey });
    } catch (error) {
      message.error(t("integration.upload.failed", { reason: problemText(t, asProblem(error)) }), 8);
    } finally {
      setSending("");
      if (input.current) input.current.value = "";
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void send(event.dataTransfer.files[0]);
  };
  return (
    <section
      className="connect-card drop"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label className="pair-label">
        <span>{t("integration.source")}</span>
        <Select
          aria-label={t("integration.source")}
          style={{ minWidth: 168 }}
          value={source?.code ?? null}
          options={sources.map((one) => ({ value: one.code, label: one.title }))}
          onChange={(code: string) => change({ source: code })}
        />
      </label>
      <span className="drop-words">{t("integration.upload.drop")}</span>
      <Button type="primary" loading={sending !== ""} disabled={!source} onClick={() => input.current?.click()}>
        {t("integration.upload.choose")}
      </Button>
      <input
        ref={input}
        type="file"
        className="hidden-text"
        tabIndex={-1}
        aria-label={t("integration.upload.choose")}
        accept=".csv,.txt,.tsv,.xlsx,.xlsm"
        data-testid="voucher-file"
        onChange={(event) => void send(event.target.files?.[0])}
      />
      <Checkbox checked={checkOnly} onChange={(event) => setCheckOnly(event.target.checked)}>
        {t("integration.upload.checkOnly")}
      </Checkbox>
      <span className="muted small" aria-live="polite">
        {sending ? t("integration.upload.sending", { name: sending }) : t("integration.upload.hint", { size: LIMIT_MB })}
      </span>
    </section>
  );
}
