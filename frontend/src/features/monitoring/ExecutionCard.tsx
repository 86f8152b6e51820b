/** This year's execution on the 工作台: what is left, the rate against the time, and the items under the top. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { withSearch } from "../../lib/search";
import { usePageContext } from "../../lib/usePageContext";
import { useContextChoice } from "../planning/useContextChoice";
import "../../styles/monitoring.css";
import { money, rate, StackedBar } from "./figures";
import { type Board, type BoardRow, boardQuery } from "./requests";

const SHOWN = 9;

export function ExecutionCard() {
  const { model, org } = useContextChoice();
  const board = useQuery({ ...boardQuery({ model: model?.code ?? "", span: "year", org: org?.code }), enabled: model !== undefined && org !== undefined, retry: false });
  if (!board.data) return null; // nothing was released yet, or nothing of it may be seen
  return <Card board={board.data} org={org?.name ?? ""} />;
}

interface Line {
  readonly name: string;
  readonly row: BoardRow;
  readonly total: boolean;
}

/** The rows at the top of every other tree, along the one tree that is not the organisation's. */
function linesOf(board: Board): Line[] {
  const along = Math.max(0, board.axes.findIndex((axis) => axis.dim !== "org"));
  const tops = board.axes.map((axis) => axis.nodes[0]?.code);
  const nodes = board.axes[along]?.nodes.filter((node) => node.depth <= 1) ?? [];
  return nodes.flatMap((node) => {
    const row = board.rows.find((one) => one.at.every((code, i) => code === (i === along ? node.code : tops[i])));
    return row ? [{ name: node.name, row, total: node.depth === 0 }] : [];
  });
}

function Card({ board, org }: { readonly board: Board; readonly org: string }) {
  const { t } = useTranslation();
  const [context] = usePageContext();
  const unit = context.unit ?? "yuan";
  const lines = linesOf(board);
  const total = lines[0]?.row;
  if (!total || total.budget === null) return null;
  const partial = total.partial;
  return (
    <section className="card execution" aria-label={t("process.block.execution", { year: board.period.slice(0, 4) })} data-testid="execution-card">
      <header>
        <h2>{t("process.block.execution", { year: board.period.slice(0, 4) })}</h2>
        <span className="muted small">
          {org} · {t("process.block.until", { period: board.period })} · {t(`top.${unit}`)}
        </span>
        <span className="spring" />
        <Link to="/monitor" search={withSearch({ model: board.model })}>
          {t("process.block.board")}
        </Link>
      </header>
      <dl className="facts-row">
        <div>
          <dt>{t("monitoring.free")}</dt>
          <dd className={total.available?.startsWith("-") ? "over" : ""}>{money(total.available, unit)}</dd>
          <small>
            {t("process.block.budget")} {money(total.budget, unit)}
          </small>
        </div>
        <div>
          <dt>{t("monitoring.rate")}</dt>
          <dd>{rate(total.execution_rate)}</dd>
          <small>{t("monitoring.timeOf", { rate: rate(board.progress) })}</small>
        </div>
      </dl>
      <table className="tbl">
        <thead>
          <tr>
            <th className="item">{t("process.review.item")}</th>
            <th className="number budget" style={{ width: 96 }}>
              {t("process.block.budget")}
            </th>
            <th className="number" style={{ width: 90 }}>
              {t("monitoring.free")}
            </th>
            <th className="bar" />
            <th className="number" style={{ width: 64 }}>
              {t("monitoring.rate")}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, SHOWN).map(({ name, row, total: isTotal }) => (
            <tr key={row.at.join("|")} className={isTotal ? "sum" : ""}>
              <td title={name}>
                {name}
                {isTotal && partial && " *"}
              </td>
              <td className="number budget">{money(row.budget, unit)}</td>
              <td className={`number ${row.available?.startsWith("-") ? "unfav strong" : ""}`}>{money(row.available, unit)}</td>
              <td>
                <StackedBar row={row} progress={board.progress} />
              </td>
              <td className="number">{rate(row.execution_rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {partial && <p className="muted small foot">{t("process.block.partial")}</p>}
    </section>
  );
}
