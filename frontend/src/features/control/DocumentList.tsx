/** Requests with their status tags: one's own, or all that one may see. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Segmented, Select } from "antd";
import { useState } from "react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { withSearch } from "../../lib/search";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { useNarrow } from "../../ui/useNarrow";
import { DOCUMENT_STATES, DocumentTag } from "./DocumentTag";
import { spoken, yuan } from "./figures";
import { type DocumentRow, documentsQuery } from "./spendRequests";
import type { SpendPlace } from "./useSpendPlace";

const STEP = 50;

interface Props {
  readonly place: SpendPlace;
  readonly go: (part: Partial<SpendPlace>) => void;
  readonly mayAsk: boolean;
  readonly model: string | undefined;
}

export function DocumentList({ place, go, mayAsk, model }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const [limit, setLimit] = useState(STEP);
  const mine = place.whose !== "all";
  const found = useQuery(documentsQuery(model, mine, place.state, limit));
  const rows = found.data ?? [];
  return (
    <>
      <div className="toolbar">
        <Segmented
          size="small"
          aria-label={t("control.list.whose")}
          value={mine ? "mine" : "all"}
          options={[
            { value: "mine", label: t("control.list.mine") },
            { value: "all", label: t("control.list.all") },
          ]}
          onChange={(whose) => go({ whose: whose === "all" ? "all" : undefined })}
        />
        <Select
          size="small"
          aria-label={t("control.list.state")}
          popupMatchSelectWidth={false}
          value={place.state ?? ""}
          options={[{ value: "", label: t("control.list.anyState") }, ...DOCUMENT_STATES.map((state) => ({ value: state, label: t(`control.state.${state}`) }))]}
          onChange={(state: string) => go({ state: state || undefined })}
        />
        <span className="spring" />
        <span className="muted small" role="status">
          {found.data && t("control.list.count", { count: rows.length })}
        </span>
      </div>
      <div className="scroll" data-waiting={found.isPlaceholderData}>
        {found.isPending && <Loading />}
        {found.error && <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} reference={asProblem(found.error).reference} retry={() => void found.refetch()} />}
        {found.data?.length === 0 && <None filtered={place.state !== undefined} mayAsk={mayAsk} go={go} />}
        {rows.length > 0 && (narrow ? <Cards rows={rows} /> : <Table rows={rows} />)}
        {rows.length >= limit && (
          <p className="more">
            <Button onClick={() => setLimit(limit + STEP)}>{t("control.list.more")}</Button>
          </p>
        )}
      </div>
    </>
  );
}

function None({ filtered, mayAsk, go }: { readonly filtered: boolean; readonly mayAsk: boolean; readonly go: Props["go"] }) {
  const { t } = useTranslation();
  if (filtered) return <Empty action={<Button onClick={() => go({ state: undefined })}>{t("control.list.clear")}</Button>}>{t("control.list.emptyFiltered")}</Empty>;
  return <Empty action={mayAsk && <Button onClick={() => go({ tab: undefined })}>{t("control.list.new")}</Button>}>{t("control.list.empty")}</Empty>;
}

function Table({ rows }: { readonly rows: readonly DocumentRow[] }) {
  const { t } = useTranslation();
  return (
    <table className="data-table wide-rows" data-testid="documents">
      <thead>
        <tr>
          <th>{t("control.list.number")}</th>
          <th>{t("control.list.about")}</th>
          <th>{t("control.list.place")}</th>
          <th>{t("control.list.period")}</th>
          <th className="number">{t("control.list.amount")}</th>
          <th>{t("control.list.status")}</th>
          <th>{t("control.list.holder")}</th>
          <th>{t("control.list.by")}</th>
          <th>{t("control.list.filed")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td>
              <Open row={row}>{row.number}</Open>
            </td>
            <td className="about">{row.title}</td>
            <td>{placeOf(row, t)}</td>
            <td>{spanOf(row)}</td>
            <td className="number">{row.line_count > 0 ? yuan(row.amount) : ""}</td>
            <td>
              <DocumentTag state={row.state} />
            </td>
            <td className="muted">{waiting(row, t)}</td>
            <td>{row.requester_name}</td>
            <td className="muted">{clockTime(row.created_at)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cards({ rows }: { readonly rows: readonly DocumentRow[] }) {
  const { t } = useTranslation();
  return (
    <ul className="doc-cards" data-testid="documents">
      {rows.map((row) => (
        <li key={row.id}>
          <Open row={row}>
            <span className="line">
              <b>{row.title || row.number}</b>
              <b>{row.line_count > 0 ? yuan(row.amount) : ""}</b>
            </span>
            <span className="line small">
              <span className="muted">{[placeOf(row, t), spanOf(row)].filter(Boolean).join(" · ")}</span>
              <DocumentTag state={row.state} />
            </span>
            <span className="muted small">{[row.number, waiting(row, t)].filter(Boolean).join(" · ")}</span>
          </Open>
        </li>
      ))}
    </ul>
  );
}

function Open({ row, children }: { readonly row: DocumentRow; readonly children: React.ReactNode }) {
  return (
    <Link to="/spend" search={withSearch({ tab: "mine", id: row.id })}>
      {children}
    </Link>
  );
}

type Words = TFunction;

function placeOf(row: DocumentRow, t: Words): string {
  const names = Object.values(row.places[0] ?? {}).join(" · ");
  return row.line_count > 1 ? `${names} ${t("control.list.lines", { count: row.line_count })}` : names;
}

function spanOf(row: DocumentRow): string {
  const first = row.periods[0] ?? "";
  const last = row.periods.at(-1) ?? "";
  return first === last ? first : `${first}–${last}`;
}

function waiting(row: DocumentRow, t: Words): string {
  const { case: standing } = row;
  if (standing?.status !== "running" || standing.hours === null) return "";
  return t("control.list.waiting", { who: standing.holders.join(t("control.comma")), time: spoken(t, standing.hours) });
}
