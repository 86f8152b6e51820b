/** What changed, the largest first; on a phone a row each, old → new. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Amount, amount, compare, divide, subtract } from "../../lib/amount";
import { type MoneyUnit, show, showChange } from "../../lib/display";
import { clockTime } from "../../lib/times";
import { useNarrow } from "../../ui/useNarrow";
import type { Against, Change, Changes, Figure } from "./review";
import { measureOf, orNull, orZero, periodWord, senseOf, size } from "./sense";

interface Props {
  readonly changes: Changes;
  readonly figure: Figure | undefined;
  readonly against: Against;
  readonly unit: MoneyUnit;
}

const FIRST = { desk: 8, phone: 4 } as const;

export function ChangeTable(props: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const [all, setAll] = useState(false);
  const first = narrow ? FIRST.phone : FIRST.desk;
  const rows = all ? props.changes.rows : props.changes.rows.slice(0, first);
  if (props.changes.rows.length === 0) return <p className="said muted">{t("process.review.nothing")}</p>;
  const rest = props.changes.rows.length - rows.length;
  return (
    <>
      {narrow ? <Lines {...props} rows={rows} /> : <Table {...props} rows={rows} />}
      {rest > 0 && (
        <button type="button" className="plain more" onClick={() => setAll(true)}>
          {t("process.review.more", { count: rest })}
        </button>
      )}
    </>
  );
}

type Shown = Props & { readonly rows: readonly Change[] };

const nameOf = (row: Change): string => row.members.map((member) => member.name).join(" · ") || row.item.name;
/** The item is named where the members alone do not say which figure it is. */
const itemOf = (row: Change): string => (row.members.length === 0 ? "" : row.item.money && row.item.name === "金额" ? "" : row.item.name);
const shown = (row: Change, text: string | null, unit: MoneyUnit): string => (text === null ? "" : show(amount(text), measureOf(row.item), unit));

function Table({ changes, figure, against, unit, rows }: Shown) {
  const { t } = useTranslation();
  const largest = rows.filter((row) => row.item.money).reduce<Amount>((most, row) => (compare(size(amount(row.delta)), most) > 0 ? size(amount(row.delta)) : most), amount("0"));
  const byRound = against === "round";
  return (
    <table className="tbl changes" data-testid="changes">
      <thead>
        <tr>
          <th>{t("process.review.item")}</th>
          {byRound && <th style={{ width: 56 }}>{t("process.review.month")}</th>}
          <th className="number">{byRound ? t("process.review.before") : t(`process.review.${changes.last_year_kind}`, { year: changes.last_year ?? "" })}</th>
          <th className="number">{t("process.review.after")}</th>
          <th style={{ width: 76 }} />
          <th className="number">{t("process.review.delta")}</th>
          <th className="number">{byRound ? t("process.review.year") : t("process.review.ratio")}</th>
          {byRound && <th>{t("process.review.why")}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <ChangeRow key={`${row.item.cube}!${row.item.item}|${row.members.map((m) => m.code).join("|")}|${row.period}`} row={row} largest={largest} byRound={byRound} unit={unit} />
        ))}
        {figure && <Total figure={figure} byRound={byRound} changes={changes} unit={unit} />}
      </tbody>
    </table>
  );
}

function ChangeRow({ row, largest, byRound, unit }: { readonly row: Change; readonly largest: Amount; readonly byRound: boolean; readonly unit: MoneyUnit }) {
  const { t, i18n } = useTranslation();
  const delta = amount(row.delta);
  const sense = senseOf(delta, row.item.favourable);
  const share = row.item.money ? divide(size(delta), largest, 4) : null;
  return (
    <tr>
      <td title={nameOf(row)}>
        {nameOf(row)} <span className="muted small">{itemOf(row)}</span>
        {row.partial && <span className="muted"> *</span>}
      </td>
      {byRound && <td className="quiet">{periodWord(row.period, i18n.language)}</td>}
      <td className="number quiet">{shown(row, row.before, unit)}</td>
      <td className="number strong">{shown(row, row.after, unit)}</td>
      <td>
        <i className="bar" data-tone={sense.tone} style={{ width: `${Number(share ?? 0) * 100}%` }} aria-hidden="true" />
      </td>
      <td className="number" data-tone={sense.tone}>
        {sense.arrow} {show(size(delta), measureOf(row.item), unit)}
      </td>
      <td className="number quiet">{byRound ? shown(row, row.year, unit) : row.ratio === null ? "—" : showChange(amount(row.ratio), { kind: "percent", places: 1 }, unit)}</td>
      {byRound && (
        <td title={row.reason ?? ""}>
          {row.reason}
          {row.who !== null && (
            <span className="muted small">
              {row.reason && " · "}
              {row.who} {row.at && clockTime(row.at)}
            </span>
          )}
          {row.who === null && <span className="muted small">{t("process.review.byFormula")}</span>}
        </td>
      )}
    </tr>
  );
}

function Total({ figure, byRound, changes, unit }: { readonly figure: Figure; readonly byRound: boolean; readonly changes: Changes; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const measure = measureOf(figure.item);
  const base = byRound ? figure.before : figure.last_year;
  const delta = subtract(orZero(figure.after), orZero(base));
  const sense = senseOf(delta, figure.item.favourable);
  const ratio = base === null ? null : divide(delta, size(amount(base)), 4);
  return (
    <tr className="sum">
      <td>{figure.item.name === "金额" ? t("process.review.total") : `${t("process.review.total")} · ${figure.item.name}`}</td>
      {byRound && <td />}
      <td className="number">{base === null ? "" : show(amount(base), measure, unit)}</td>
      <td className="number">{figure.after === null ? "" : show(amount(figure.after), measure, unit)}</td>
      <td />
      <td className="number" data-tone={sense.tone}>
        {sense.arrow} {show(size(delta), measure, unit)}
      </td>
      <td className="number">{byRound ? "" : ratio === null ? "—" : showChange(ratio, { kind: "percent", places: 1 }, unit)}</td>
      {byRound && <td className="muted small">{t("process.review.unchanged", { count: changes.unchanged })}</td>}
    </tr>
  );
}

function Lines({ rows, against, unit }: Shown) {
  const { t, i18n } = useTranslation();
  return (
    <ul className="old-new" data-testid="changes">
      {rows.map((row) => {
        const delta = amount(row.delta);
        const sense = senseOf(delta, row.item.favourable);
        const before = orNull(row.before);
        return (
          <li key={`${row.item.cube}!${row.item.item}|${row.members.map((m) => m.code).join("|")}|${row.period}`}>
            <div>
              <b>
                {nameOf(row)} <span className="muted small">{itemOf(row)}</span>
              </b>
              <span>
                {against === "round" && periodWord(row.period, i18n.language)}
                {against === "round" && (row.reason ?? row.who) && ` · ${row.reason || row.who}`}
              </span>
            </div>
            <div className="number">
              <span>
                {before === null ? t("process.review.blank") : shown(row, row.before, unit)} → <b>{row.after === null ? t("process.review.blank") : shown(row, row.after, unit)}</b>
              </span>
              <em data-tone={sense.tone}>
                {sense.arrow} {show(size(delta), measureOf(row.item), unit)}
              </em>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
