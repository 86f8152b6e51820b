/** 对账: the books against the lines, account by account; every figure opens the lines behind it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, Select } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { compare } from "../../lib/amount";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { Empty, Loading } from "../../ui/states";
import { useNarrow } from "../../ui/useNarrow";
import { BehindPanel } from "./BehindPanel";
import { Refused } from "./ConnectPage";
import { amountOf, fen, fenOrNothing, isZero, sum } from "./figures";
import { everything, type Part, sendBooks, type Source, type TieRow, tieQuery } from "./requests";
import { useMay } from "./rights";
import { useConnectSearch } from "./search";

interface Figure {
  readonly account: string;
  readonly period: string;
  readonly part: Part;
}

export function TieView({ sources }: { readonly sources: readonly Source[] }) {
  const { t } = useTranslation();
  const [view, change] = useConnectSearch();
  const source = sources.find((one) => one.code === view.source) ?? sources.find((one) => one.vouchers) ?? sources[0];
  const rows = useQuery({ ...tieQuery(source?.code ?? ""), enabled: source !== undefined });
  const may = useMay("integration.load");
  const [onlyDiffers, setOnlyDiffers] = useState(false);
  const [figure, setFigure] = useState<Figure>();
  const periods = [...new Set(rows.data?.map((row) => row.period))].sort().reverse();
  const period = view.period ?? periods[0];
  const ours = (rows.data ?? []).filter((row) => row.period === period);
  const differing = ours.filter((row) => !isZero(row.difference));
  const shown = onlyDiffers ? differing : ours;
  return (
    <>
      <div className="toolbar">
        <label className="pair-label">
          <span>{t("integration.source")}</span>
          <Select
            size="small"
            aria-label={t("integration.source")}
            popupMatchSelectWidth={false}
            value={source?.code ?? null}
            options={sources.map((one) => ({ value: one.code, label: one.title }))}
            onChange={(code: string) => change({ source: code, period: undefined })}
          />
        </label>
        {periods.length > 0 && (
          <label className="pair-label">
            <span>{t("integration.tie.period")}</span>
            <Select size="small" aria-label={t("integration.tie.period")} value={period ?? null} options={periods.map((one) => ({ value: one, label: one }))} onChange={(one: string) => change({ period: one })} />
          </label>
        )}
        <Checkbox checked={onlyDiffers} onChange={(event) => setOnlyDiffers(event.target.checked)}>
          {t("integration.tie.onlyDiffers")}
        </Checkbox>
        <span className="muted tie-formula">{t("integration.tie.formula")}</span>
        <span className="spring" />
        {ours.length > 0 && <Verdict rows={differing} />}
        {may && source && <BooksUpload source={source.code} />}
      </div>
      <div className="connect-body">
        <div className="connect-main">
          {rows.error ? (
            <Refused error={rows.error} retry={() => void rows.refetch()} />
          ) : !rows.data ? (
            <Loading />
          ) : rows.data.length === 0 ? (
            <Empty>{t("integration.tie.noBooks")}</Empty>
          ) : shown.length === 0 ? (
            <Empty>{t("integration.tie.noneDiffers")}</Empty>
          ) : (
            <TieTable rows={shown} picked={figure} onPick={setFigure} />
          )}
        </div>
        {figure && source && <BehindPanel source={source.code} {...figure} onClose={() => setFigure(undefined)} />}
      </div>
    </>
  );
}

function Verdict({ rows }: { readonly rows: readonly TieRow[] }) {
  const { t } = useTranslation();
  if (rows.length === 0)
    return (
      <span className="tag" data-tone="ok" data-testid="tie-verdict">
        <Icon name="check" />
        {t("integration.tie.agrees")}
      </span>
    );
  const off = sum(rows.map((row) => (row.difference.startsWith("-") ? row.difference.slice(1) : row.difference)));
  return (
    <span className="tag" data-tone="error" data-testid="tie-verdict">
      <Icon name="warn" />
      {t("integration.tie.differs", { count: rows.length, amount: fen(off) })}
    </span>
  );
}

function BooksUpload({ source }: { readonly source: string }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const send = useMutation({
    mutationFn: (file: File) => sendBooks(source, file),
    onSuccess: (taken) => message.success(t("integration.tie.booksTaken", { rows: taken.rows, periods: taken.periods.join("、"), summaries: taken.summaries }), 6),
    onError: (error) => {
      const problem = asProblem(error);
      const body = problem.body as { detail?: string } | undefined;
      message.error(t("integration.upload.failed", { reason: body?.detail ?? problemText(t, problem) }), 10);
    },
    onSettled: () => {
      if (input.current) input.current.value = "";
      return client.invalidateQueries(everything);
    },
  });
  return (
    <>
      <Button size="small" type="primary" loading={send.isPending} onClick={() => input.current?.click()}>
        {t("integration.tie.uploadBooks")}
      </Button>
      <input
        ref={input}
        type="file"
        className="hidden-text"
        tabIndex={-1}
        aria-label={t("integration.tie.uploadBooks")}
        accept=".csv,.txt,.tsv,.xlsx,.xlsm"
        data-testid="books-file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) send.mutate(file);
        }}
      />
    </>
  );
}

interface TableProps {
  readonly rows: readonly TieRow[];
  readonly picked: Figure | undefined;
  readonly onPick: (figure: Figure) => void;
}

function TieTable({ rows, picked, onPick }: TableProps) {
  const { t } = useTranslation();
  const narrow = useNarrow(); // there the difference stands beside the account
  const rules = [...new Set(rows.flatMap((row) => Object.keys(row.excluded)))].sort();
  const plain = ["accepted", "ignored"] as const;
  const last = ["dismissed", "rejected"] as const;
  const sorted = [...rows].sort((a, b) => Number(isZero(a.difference)) - Number(isZero(b.difference)) || a.account.localeCompare(b.account));
  const cell = (row: TieRow, part: Part, text: string | undefined) => {
    const on = picked?.account === row.account && picked.period === row.period && picked.part === part;
    if (isZero(text)) return <td className="number" />;
    return (
      <td className="number" data-picked={on}>
        <button type="button" className="plain figure" onClick={() => onPick({ account: row.account, period: row.period, part })}>
          {fen(text)}
        </button>
      </td>
    );
  };
  return (
    <div className="table-scroll tall">
      <table className="lines tie" data-testid="tie">
        <thead>
          <tr>
            <th>{t("integration.tie.account")}</th>
            {narrow && <th className="number">{t("integration.tie.difference")}</th>}
            <th className="number">{t("integration.tie.control")}</th>
            <th className="number">{t("integration.tie.accepted")}</th>
            <th className="number">{t("integration.tie.ignored")}</th>
            {rules.map((rule) => (
              <th key={rule} className="number">
                {rule}
              </th>
            ))}
            <th className="number">{t("integration.tie.dismissed")}</th>
            <th className="number">{t("integration.tie.rejected")}</th>
            {!narrow && <th className="number">{t("integration.tie.difference")}</th>}
          </tr>
          <tr className="total">
            <th>{t("integration.tie.total")}</th>
            {narrow && <td className="number">{fen(sum(rows.map((row) => row.difference)))}</td>}
            <td className="number">{fen(sum(rows.map((row) => row.control)))}</td>
            {plain.map((name) => (
              <td key={name} className="number">
                {fenOrNothing(sum(rows.map((row) => row[name])))}
              </td>
            ))}
            {rules.map((rule) => (
              <td key={rule} className="number">
                {fenOrNothing(sum(rows.map((row) => row.excluded[rule])))}
              </td>
            ))}
            {last.map((name) => (
              <td key={name} className="number">
                {fenOrNothing(sum(rows.map((row) => row[name])))}
              </td>
            ))}
            {!narrow && <td className="number">{fen(sum(rows.map((row) => row.difference)))}</td>}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.account} data-account={row.account} data-off={compare(amountOf(row.difference), amountOf("0")) !== 0}>
              <th>{row.account}</th>
              {narrow && <Difference row={row} />}
              <td className="number">{fen(row.control)}</td>
              {plain.map((name) => (
                <Cell key={name}>{cell(row, name, row[name])}</Cell>
              ))}
              {rules.map((rule) => (
                <Cell key={rule}>{cell(row, "excluded", row.excluded[rule])}</Cell>
              ))}
              {last.map((name) => (
                <Cell key={name}>{cell(row, name, row[name])}</Cell>
              ))}
              {!narrow && <Difference row={row} />}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Difference({ row }: { readonly row: TieRow }) {
  const { t } = useTranslation();
  return (
    <td className="number difference">
      {fen(row.difference)}
      {row.unreadable > 0 && <div className="why small">{t("integration.tie.unreadable", { count: row.unreadable })}</div>}
    </td>
  );
}

const Cell = ({ children }: { readonly children: React.ReactNode }) => children;
