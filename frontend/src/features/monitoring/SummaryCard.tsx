/** The head of the board: the year in one bar, what is left, and the closing rate with numerator and denominator. */
import { useTranslation } from "react-i18next";
import type { MoneyUnit } from "../../lib/display";
import { money, rate, roomOf, sharesOf, StackedBar } from "./figures";
import type { Board, BoardRow, Closing } from "./requests";

interface Props {
  readonly board: Board;
  readonly total: BoardRow;
  readonly closing: Closing | undefined;
  readonly unit: MoneyUnit;
  readonly onCases: () => void;
}

export function SummaryCard({ board, total, closing, unit, onCases }: Props) {
  const { t } = useTranslation();
  const kinds = ["spent", "committed", "reserved", "free"] as const;
  const shares = sharesOf(total);
  const room = shares ? roomOf(shares, true) : 100;
  const figure = { spent: total.executed, committed: total.committed, reserved: total.reserved, free: total.available };
  return (
    <section className="card summary" aria-label={t("monitoring.summary")}>
      <dl>
        <div>
          <dt>{t(`monitoring.budgetOf.${board.span}`)}</dt>
          <dd data-testid="total-budget">
            {money(total.budget, unit)}
            {total.partial && "*"}
          </dd>
        </div>
        {kinds.map((kind) => (
          <div key={kind}>
            <dt>
              <i className={`dot ${kind}`} />
              {t(`monitoring.${kind}`)}
            </dt>
            <dd className={kind === "free" && total.available?.startsWith("-") ? "unfav" : ""}>{money(figure[kind] ?? "0", unit)}</dd>
          </div>
        ))}
        <div>
          <dt>{t("monitoring.rate")}</dt>
          <dd>
            {rate(total.execution_rate)} {board.span === "year" && <small>{t("monitoring.timeOf", { rate: rate(board.progress) })}</small>}
          </dd>
        </div>
        <div>
          <dt>{t("monitoring.closing")}</dt>
          <dd>
            {closing?.rate === undefined || closing.rate === null ? "—" : rate(closing.rate)}{" "}
            <button type="button" className="plain link small" onClick={onCases}>
              {closing ? t("monitoring.closingOf", { closed: closing.closed, due: closing.due }) : ""}
            </button>
          </dd>
        </div>
      </dl>
      <div className="tick-line">
        {board.span === "year" && <span style={{ left: `${Number(board.progress) * room}%` }}>{t("monitoring.timeTick", { passed: board.passed, periods: board.periods })}</span>}
      </div>
      <StackedBar row={total} progress={board.progress} wide />
      {total.partial && <p className="muted small">{t("monitoring.partialNote")}</p>}
    </section>
  );
}
