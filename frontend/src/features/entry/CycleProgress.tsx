/** The open cycle on the 工作台: its rounds, how far the units one sees have come, and one's own target and room. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { add, type Amount, amount } from "../../lib/amount";
import { type MoneyUnit, show } from "../../lib/display";
import { withSearch } from "../../lib/search";
import { usePageContext } from "../../lib/usePageContext";
import { Icon } from "../../ui/icons";
import { type Cycle, cyclesQuery, unitsQuery } from "./requests";
import { unitTargetsQuery } from "./review";
import { size } from "./sense";

export function CycleProgress() {
  const cycles = useQuery(cyclesQuery(""));
  const cycle = cycles.data?.find((one) => one.status === "open");
  return cycle ? <Progress cycle={cycle} /> : null;
}

function Progress({ cycle }: { readonly cycle: Cycle }) {
  const { t } = useTranslation();
  const units = useQuery(unitsQuery(cycle.id));
  const at = cycle.rounds.findIndex((one) => one.code === cycle.round);
  if (!units.data || units.data.length === 0) return null;
  const own = units.data.length === 1 ? units.data[0] : undefined;
  const count = (...states: string[]): number => units.data.filter((unit) => states.includes(unit.state)).length;
  const submitted = count("submitted", "in_approval", "approved", "released");
  const approved = count("approved", "released");
  const late = units.data.filter((unit) => unit.overdue).length;
  return (
    <section className="card cycle" aria-label={cycle.title} data-testid="cycle-progress">
      <header>
        <h2>{cycle.title}</h2>
        <span className="muted small">{[own?.org_name, t("process.block.nowAt", { round: cycle.round })].filter(Boolean).join(" · ")}</span>
        <span className="spring" />
        <Link to="/target/summary" search={withSearch({ model: cycle.model, version: cycle.version })}>
          {t("process.block.progress")}
        </Link>
      </header>
      <ol className="rounds">
        {cycle.rounds.map((round, i) => (
          <li key={round.code} data-state={i < at ? "done" : i === at ? "current" : "ahead"} aria-current={i === at ? "step" : undefined}>
            <i aria-hidden="true">{i < at && <Icon name="check" size={9} />}</i>
            <b>{round.code}</b>
            <span>{t("process.block.due", { due: round.due.slice(5) })}</span>
          </li>
        ))}
      </ol>
      <dl className="facts-row">
        {own && <Own unit={own.id} />}
        <div>
          <dt>{t("process.block.units")}</dt>
          <dd>
            {submitted} / {units.data.length} <small>{t("process.block.submitted")}</small>
          </dd>
        </div>
        <div>
          <dt>{t("process.block.approved")}</dt>
          <dd>{approved}</dd>
        </div>
        <div>
          <dt>{t("process.block.late")}</dt>
          <dd className={late > 0 ? "over" : ""}>{late}</dd>
        </div>
      </dl>
    </section>
  );
}

const sumOf = (texts: readonly (string | null)[]): Amount | null => {
  const known = texts.filter((text): text is string => text !== null);
  return known.length === 0 ? null : known.reduce<Amount>((sum, text) => add(sum, amount(text)), amount("0"));
};

function Own({ unit }: { readonly unit: number }) {
  const { t } = useTranslation();
  const [context] = usePageContext();
  const money: MoneyUnit = context.unit ?? "yuan";
  const targets = useQuery(unitTargetsQuery(unit));
  const target = sumOf((targets.data ?? []).map((one) => one.target));
  const current = sumOf((targets.data ?? []).map((one) => one.current));
  const room = sumOf((targets.data ?? []).map((one) => one.room));
  if (target === null) return null;
  const shown = (value: Amount | null): string => (value === null ? "—" : show(value, { kind: "money", places: 0 }, money));
  return (
    <>
      <div>
        <dt>{t("process.block.target")}</dt>
        <dd>{shown(target)}</dd>
      </div>
      <div>
        <dt>{t("process.block.planned")}</dt>
        <dd>
          {shown(current)}{" "}
          {room !== null && (
            <small data-tone={room.startsWith("-") ? "unfav" : "none"}>
              {room.startsWith("-") ? `▲ ${t("process.block.over", { amount: shown(size(room)) })}` : t("process.block.left", { amount: shown(room) })}
            </small>
          )}
        </dd>
      </div>
    </>
  );
}
