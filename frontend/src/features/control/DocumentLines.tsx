/** The lines of a request: place, period, amounts with and without tax, what counts against the budget, what is still held. */
import { useTranslation } from "react-i18next";
import { useNarrow } from "../../ui/useNarrow";
import { sum, yuan } from "./figures";
import type { Document } from "./spendRequests";

type Line = Document["lines"][number];

export function DocumentLines({ document }: { readonly document: Document }) {
  const narrow = useNarrow();
  return narrow ? <Narrow lines={document.lines} /> : <Wide lines={document.lines} />;
}

const placeOf = (line: Line): string => Object.values(line.names).join(" · ");
/** What it is for, with the quantity and the words its rate standard asked for. */
const aboutOf = (line: Line): string =>
  [line.memo, line.quantity === null ? "" : `× ${Number(line.quantity)}`, ...Object.values(line.said ?? {})].filter(Boolean).join(" · ");
const rateOf = (line: Line): string => (Number(line.tax_rate) === 0 ? "" : `${Number(line.tax_rate)}%`);

function Wide({ lines }: { readonly lines: readonly Line[] }) {
  const { t } = useTranslation();
  return (
    <div className="table-box">
      <table className="data-table">
        <thead>
          <tr>
            <th>{t("control.list.place")}</th>
            <th>{t("control.form.memo")}</th>
            <th>{t("control.list.period")}</th>
            <th className="number">{t("control.doc.gross")}</th>
            <th className="number">{t("control.doc.rate")}</th>
            <th className="number">{t("control.doc.net")}</th>
            <th className="number">{t("control.doc.counted")}</th>
            <th className="number">{t("control.doc.stillReserved")}</th>
            <th className="number">{t("control.doc.stillCommitted")}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.line_no}>
              <td>{placeOf(line)}</td>
              <td className="about">{aboutOf(line)}</td>
              <td>{line.period}</td>
              <td className="number">{yuan(line.gross)}</td>
              <td className="number">{rateOf(line)}</td>
              <td className="number">{yuan(line.net)}</td>
              <td className="number">
                <b>{yuan(line.amount)}</b>
              </td>
              <td className="number">{yuan(line.reserved)}</td>
              <td className="number">{yuan(line.committed)}</td>
            </tr>
          ))}
        </tbody>
        {lines.length > 1 && (
          <tfoot>
            <tr>
              <td colSpan={3}>{t("control.doc.total")}</td>
              <td className="number">{yuan(sum(lines.map((one) => one.gross)))}</td>
              <td />
              <td className="number">{yuan(sum(lines.map((one) => one.net)))}</td>
              <td className="number">{yuan(sum(lines.map((one) => one.amount)))}</td>
              <td className="number">{yuan(sum(lines.map((one) => one.reserved)))}</td>
              <td className="number">{yuan(sum(lines.map((one) => one.committed)))}</td>
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

function Narrow({ lines }: { readonly lines: readonly Line[] }) {
  const { t } = useTranslation();
  return (
    <ul className="doc-cards plain-cards">
      {lines.map((line) => (
        <li key={line.line_no}>
          <span className="line">
            <span>{placeOf(line)}</span>
            <b>{yuan(line.amount)}</b>
          </span>
          <span className="muted small">{[line.period, aboutOf(line), rateOf(line) && t("control.form.split", { gross: yuan(line.gross), net: yuan(line.net), tax: yuan(String(sum([line.gross, `-${line.net}`]))) })].filter(Boolean).join(" · ")}</span>
        </li>
      ))}
    </ul>
  );
}
