/** Targets on a phone: one organisation at a time, an item per line with its target and what remains. Read only. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { MoneyUnit } from "../../lib/display";
import { usePageContext } from "../../lib/usePageContext";
import { CycleHead } from "./CycleHead";
import { Against, Money } from "./figures";
import { OrgPicker } from "./OrgPicker";
import { TargetBook } from "./targetBook";
import type { Targets } from "./requests";

export function TargetList({ data }: { readonly data: Targets }) {
  const { t } = useTranslation();
  const [context] = usePageContext();
  const unit = context.unit ?? "yuan";
  const [picked, setPicked] = useState<string>();
  const org = data.orgs.find((one) => one.code === picked) ?? data.orgs.find((one) => one.code === context.org) ?? data.orgs.find((one) => one.may_keep) ?? data.orgs[0];
  const book = new TargetBook(data, new Map());
  if (!org) return null;
  const whole = book.total(org.code);
  const last = data.cycle.compare.length - 1;
  return (
    <>
      <CycleHead cycle={data.cycle} tab="targets" />
      <div className="phone-list" data-testid="target-list">
        <div className="phone-note">
          <OrgPicker orgs={data.orgs} value={org.code} onChange={setPicked} />{" "}
          {t("plan.phone")}
        </div>
        <div className="phone-figures">
          <Figure name={t("entry.figure.target")} value={whole.target} partial={whole.partial} unit={unit} />
          <Figure name={t("entry.figure.passed")} value={whole.passed} partial={false} unit={unit} />
          <Figure name={t("entry.figure.room")} value={whole.room} partial={false} unit={unit} />
        </div>
        <ul>
          {data.cycle.keys.map((key) => {
            const figures = book.cell(org.code, key.code);
            if (figures.hidden) return null;
            return (
              <li key={key.code}>
                <div className="line">
                  <span>{key.name}</span>
                  <b>
                    <Money value={figures.target} unit={unit} partial={figures.partial} />
                  </b>
                </div>
                <div className="line muted small">
                  <span>
                    {data.cycle.compare[last] && (
                      <>
                        {t("entry.column.against", { title: data.cycle.compare[last].title })} <Against value={figures.target} base={figures.compare[last] ?? null} />
                      </>
                    )}
                  </span>
                  <span>
                    {figures.room !== null && !org.leaf && (
                      <>
                        {t("entry.column.room")} <Money value={figures.room} unit={unit} />
                      </>
                    )}
                  </span>
                </div>
              </li>
            );
          })}
        </ul>
      </div>
    </>
  );
}

function Figure({ name, value, partial, unit }: { readonly name: string; readonly value: string | null; readonly partial: boolean; readonly unit: MoneyUnit }) {
  return (
    <div>
      <small>{name}</small>
      <b>{value === null ? "—" : <Money value={value} unit={unit} partial={partial} />}</b>
    </div>
  );
}
