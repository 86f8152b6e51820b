/** Budget, actual, difference and its rate by place; the verdict follows the item's sense, not the sign. */
import { useTranslation } from "react-i18next";
import type { MoneyUnit } from "../../lib/display";
import { Icon } from "../../ui/icons";
import type { Branch } from "../monitoring/board";
import { money, rateChange } from "../monitoring/figures";
import type { Board, BoardRow } from "../monitoring/requests";

interface Props {
  readonly board: Board;
  readonly branches: readonly Branch[];
  readonly open: ReadonlySet<string>;
  readonly picked: string | undefined;
  readonly unit: MoneyUnit;
  readonly title: string;
  readonly onToggle: (key: string) => void;
  readonly onPick: (branch: Branch) => void;
}

export function VarianceTable({ board, branches, open, picked, unit, title, onToggle, onPick }: Props) {
  const { t } = useTranslation();
  return (
    <table className="board" data-testid="variance">
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">{t("monitoring.budget")}</th>
          <th scope="col">{t("monitoring.spent")}</th>
          <th scope="col">{t("monitoring.difference")}</th>
          <th scope="col">{t("analysis.rate")}</th>
        </tr>
      </thead>
      <tbody>
        {branches.map((branch) => (
          <tr key={branch.key} data-depth={branch.second && branch.depth === 0 ? undefined : branch.depth} data-picked={picked === branch.key}>
            <th scope="row" style={{ paddingLeft: 8 + branch.depth * 16 }}>
              {branch.opens ? (
                <button type="button" className="plain twist" aria-expanded={open.has(branch.key)} aria-label={t(open.has(branch.key) ? "monitoring.fold" : "monitoring.unfold", { name: branch.label })} onClick={() => onToggle(branch.key)}>
                  <Icon name={open.has(branch.key) ? "down" : "right"} size={12} />
                </button>
              ) : (
                branch.depth > 0 && <span className="twist" />
              )}
              <button type="button" className="plain name" onClick={() => onPick(branch)}>
                {branch.label}
                {branch.row.partial && "*"}
              </button>
            </th>
            <td>{money(branch.row.budget, unit)}</td>
            <td>{money(branch.row.executed, unit)}</td>
            <td>
              <Verdict row={branch.row} favourable={board.favourable} unit={unit} />
            </td>
            <td className="second">{branch.row.rate === null ? "—" : rateChange(branch.row.rate)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Verdict({ row, favourable, unit }: { readonly row: BoardRow; readonly favourable: Board["favourable"]; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  if (row.difference === null) return null;
  if (row.verdict === "none") return <span className="muted">{t("monitoring.even")}</span>;
  const more = !row.difference.startsWith("-");
  const word = favourable === "more" ? (more ? "monitoring.gainMore" : "monitoring.gainLess") : more ? "monitoring.spendMore" : "monitoring.spendLess";
  return (
    <span className={row.verdict === "unfavourable" ? "unfav" : "fav"}>
      {more ? "▲" : "▼"} {t(word)} {money(row.difference.replace("-", ""), unit)}
    </span>
  );
}
