/** The board itself: a tree on the left, figures, the stacked bar, the rate. On a phone a list of figures. */
import { useTranslation } from "react-i18next";
import type { MoneyUnit } from "../../lib/display";
import { Icon } from "../../ui/icons";
import type { Branch } from "./board";
import { Ahead, money, rate, StackedBar } from "./figures";
import type { Board } from "./requests";

interface Props {
  readonly board: Board;
  readonly branches: readonly Branch[];
  readonly open: ReadonlySet<string>;
  readonly alarmed: ReadonlySet<string>;
  readonly picked: string | undefined;
  readonly unit: MoneyUnit;
  readonly title: string;
  readonly narrow: boolean;
  readonly onToggle: (key: string) => void;
  readonly onPick: (branch: Branch) => void;
}

export function BoardTable(props: Props) {
  return props.narrow ? <BoardList {...props} /> : <BoardGrid {...props} />;
}

function Twist({ branch, open, onToggle }: { readonly branch: Branch; readonly open: boolean; readonly onToggle: Props["onToggle"] }) {
  const { t } = useTranslation();
  if (!branch.opens) return <span className="twist" />;
  return (
    <button type="button" className="plain twist" aria-expanded={open} aria-label={t(open ? "monitoring.fold" : "monitoring.unfold", { name: branch.label })} onClick={() => onToggle(branch.key)}>
      <Icon name={open ? "down" : "right"} size={12} />
    </button>
  );
}

function BoardGrid({ board, branches, open, alarmed, picked, unit, title, onToggle, onPick }: Props) {
  const { t } = useTranslation();
  return (
    <table className="board" data-testid="board">
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">{t("monitoring.budget")}</th>
          <th scope="col">{t("monitoring.spent")}</th>
          <th scope="col">{t("monitoring.committed")}</th>
          <th scope="col">{t("monitoring.reserved")}</th>
          <th scope="col">{t("monitoring.free")}</th>
          <th scope="col" className="bar-column">
            {t(board.span === "year" ? "monitoring.progressBar" : "monitoring.bar")}
          </th>
          <th scope="col">{t("monitoring.rate")}</th>
          <th scope="col">{t(board.span === "year" ? "monitoring.ahead" : "monitoring.difference")}</th>
        </tr>
      </thead>
      <tbody>
        {branches.map((branch) => {
          const { row } = branch;
          return (
            <tr key={branch.key} data-depth={branch.depth} data-alarm={alarmed.has(branch.key)} data-picked={picked === branch.key} data-testid="board-row">
              <th scope="row" style={{ paddingLeft: 8 + branch.depth * 16 }}>
                <Twist branch={branch} open={open.has(branch.key)} onToggle={onToggle} />
                <button type="button" className="plain name" onClick={() => onPick(branch)}>
                  {branch.label}
                  {row.partial && "*"}
                </button>
              </th>
              <td>{money(row.budget, unit)}</td>
              <td>
                <button type="button" className="plain figure" aria-label={t("monitoring.drill", { name: branch.label })} onClick={() => onPick(branch)}>
                  {money(row.executed, unit)}
                </button>
              </td>
              <td className="second">{money(row.committed, unit)}</td>
              <td className="second">{money(row.reserved, unit)}</td>
              <td className={row.available?.startsWith("-") ? "unfav strong" : ""}>{money(row.available, unit)}</td>
              <td className="bar-column">
                <StackedBar row={row} progress={board.progress} />
              </td>
              <td className="strong">{rate(row.execution_rate)}</td>
              <td>{board.span === "year" ? <Ahead row={row} favourable={board.favourable} /> : <Against branch={branch} board={board} unit={unit} />}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** The difference against a span that is over; what is held is not spent yet. */
function Against({ branch, board, unit }: { readonly branch: Branch; readonly board: Board; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const { row } = branch;
  if (row.difference === null) return null;
  if (row.verdict === "none") return <span className="muted">{t("monitoring.even")}</span>;
  const more = !row.difference.startsWith("-");
  return (
    <span className={row.verdict === "unfavourable" ? "unfav" : "fav"}>
      {more ? "▲ " : "▼ "}
      {t(board.favourable === "more" ? (more ? "monitoring.gainMore" : "monitoring.gainLess") : more ? "monitoring.spendMore" : "monitoring.spendLess")} {money(row.difference.replace("-", ""), unit)}
    </span>
  );
}

function BoardList({ board, branches, open, alarmed, picked, unit, onToggle, onPick }: Props) {
  const { t } = useTranslation();
  return (
    <ul className="board-list" data-testid="board">
      {branches.map((branch) => (
        <li key={branch.key} data-alarm={alarmed.has(branch.key)} data-picked={picked === branch.key} data-testid="board-row" style={{ paddingLeft: 12 + branch.depth * 12 }}>
          <div className="line">
            <Twist branch={branch} open={open.has(branch.key)} onToggle={onToggle} />
            <button type="button" className="plain name" onClick={() => onPick(branch)}>
              {branch.label}
              {branch.row.partial && "*"}
            </button>
            <b className={branch.row.available?.startsWith("-") ? "unfav" : ""}>{t("monitoring.freeIs", { amount: money(branch.row.available, unit) || "0" })}</b>
          </div>
          <div className="line second">
            <span>{t("monitoring.ofBudget", { spent: money(branch.row.executed, unit) || "0", budget: money(branch.row.budget, unit) || "0" })}</span>
            <span>
              {rate(branch.row.execution_rate)} {board.span === "year" && <Ahead row={branch.row} favourable={board.favourable} />}
            </span>
          </div>
          <StackedBar row={branch.row} progress={board.progress} />
        </li>
      ))}
    </ul>
  );
}
