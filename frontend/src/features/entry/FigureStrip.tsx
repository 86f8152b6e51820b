/** The figure and its differences: against the last submission and against the year before. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { add, type Amount, amount, divide, subtract } from "../../lib/amount";
import { type MoneyUnit, show, showChange } from "../../lib/display";
import { type Changes, type Figure, unitTargetsQuery } from "./review";
import { measureOf, orNull, senseOf, size } from "./sense";

interface Props {
  readonly figure: Figure;
  readonly changes: Changes;
  readonly unit: MoneyUnit;
}

export function FigureStrip({ figure, changes, unit }: Props) {
  const { t } = useTranslation();
  const measure = measureOf(figure.item);
  const now = orNull(figure.after);
  const before = orNull(figure.before);
  const last = orNull(figure.last_year);
  return (
    <section className="card strip-of-figures" aria-label={figure.item.name} data-testid="figures">
      <div>
        <span className="label">
          {t("process.review.now", { n: changes.submission })}
          {figure.partial && " *"}
        </span>
        <b className="figure" data-testid="figure-now">
          {now === null ? "—" : show(now, measure, unit)}
          <small>{t(`top.${unit}`)}</small>
        </b>
      </div>
      {before !== null && now !== null && <Difference label={t("process.review.toRound", { n: changes.before ?? 0 })} now={now} base={before} figure={figure} unit={unit} />}
      <Target unit={unit} id={changes.unit_id} />
      {last !== null && now !== null && changes.last_year !== null && (
        <Difference label={`${t(`process.review.${changes.last_year_kind}`, { year: changes.last_year })} ${show(last, measure, unit)}`} now={now} base={last} figure={figure} unit={unit} />
      )}
    </section>
  );
}

/** What is planned against the target of the unit's cycle, over its key items; nothing where there is none. */
function Target({ id, unit }: { readonly id: number; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const rows = (useQuery(unitTargetsQuery(id)).data ?? []).filter((one) => one.target !== null && one.room !== null);
  if (rows.length === 0) return null;
  const sum = (pick: (row: (typeof rows)[number]) => string | null): Amount => rows.reduce<Amount>((all, row) => add(all, amount(pick(row) ?? "0")), amount("0"));
  const [target, room] = [sum((row) => row.target), sum((row) => row.room)];
  const over = room.startsWith("-");
  return (
    <div>
      <span className="label">{t("process.review.target", { amount: show(target, { kind: "money", places: 0 }, unit) })}</span>
      <b className="figure" data-tone={over ? "unfav" : "none"}>
        {show(size(room), { kind: "money", places: 0 }, unit)}
        <small>{t(over ? "process.review.overTarget" : "process.review.underTarget")}</small>
      </b>
    </div>
  );
}

interface DifferenceProps extends Omit<Props, "changes"> {
  readonly label: string;
  readonly now: Amount;
  readonly base: Amount;
}

function Difference({ label, now, base, figure, unit }: DifferenceProps) {
  const { t } = useTranslation();
  const measure = measureOf(figure.item);
  const delta = subtract(now, base);
  const ratio = divide(delta, size(base), 4);
  const sense = senseOf(delta, figure.item.favourable);
  return (
    <div>
      <span className="label">{label}</span>
      <b className="figure" data-tone={sense.tone} data-testid="figure-change">
        {sense.word === "same" ? t("process.review.same") : `${sense.arrow} ${show(size(delta), measure, unit)}`}
        {sense.word !== "same" && (
          <small>
            {ratio !== null && `${showChange(ratio, { kind: "percent", places: 1 }, unit)} `}
            {figure.item.favourable && t(`process.review.${figure.item.favourable === "more" ? "income" : "cost"}.${sense.word}`)}
          </small>
        )}
      </b>
    </div>
  );
}
