/** The plan units: where each stands, who has it, since when, due when; filtered by status. */
import { Button, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Unit } from "./requests";
import { Due, STATES, UnitTag } from "./UnitTag";

const FILTERS = [...STATES, "overdue"] as const;
type Filter = (typeof FILTERS)[number];

export function UnitCard({ units }: { readonly units: readonly Unit[] }) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState<Filter | "">("");
  const fits = (unit: Unit, by: Filter): boolean => (by === "overdue" ? unit.overdue : unit.state === by);
  const shown = units.filter((unit) => filter === "" || fits(unit, filter));
  return (
    <section className="card units" aria-label={t("entry.units")} data-testid="units">
      <header>
        <h2>{t("entry.units")}</h2>
        <span className="muted small">{t("entry.allUnits", { count: units.length })}</span>
        <span className="spring" />
        <Select<Filter | "">
          size="small"
          aria-label={t("entry.filterState")}
          popupMatchSelectWidth={false}
          value={filter}
          options={[
            { value: "", label: t("entry.filterAny") },
            ...FILTERS.flatMap((one) => {
              const count = units.filter((unit) => fits(unit, one)).length;
              return count > 0 ? [{ value: one, label: `${t(`entry.state.${one}`)} ${count}` }] : [];
            }),
          ]}
          onChange={setFilter}
        />
      </header>
      <div className="table-host">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{t("top.org")}</th>
              <th scope="col">{t("entry.filterState")}</th>
              <th scope="col">{t("entry.holder")}</th>
              <th scope="col">{t("entry.dueCol")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((unit) => (
              <tr key={unit.id} data-unit={unit.org}>
                <td>{unit.org_name}</td>
                <td>
                  <UnitTag unit={unit} />
                </td>
                <td>{unit.holder_name || <span className="muted">{t("entry.nobody")}</span>}</td>
                <td>
                  <Due unit={unit} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length === 0 && (
          <p className="notice">
            {t(units.length === 0 ? "entry.noUnits" : "entry.noMatch")}
            {units.length > 0 && <Button onClick={() => setFilter("")}>{t("entry.clear")}</Button>}
          </p>
        )}
      </div>
    </section>
  );
}
