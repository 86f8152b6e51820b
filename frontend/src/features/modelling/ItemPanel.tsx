/** One item in full: how it is made, and its neighbours in the chain of formulas. */
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import type { ModelDetail } from "../planning/requests";
import { dimNames } from "./names";
import type { Formulas, Item, ItemRef } from "./requests";

interface Props {
  readonly model: ModelDetail;
  readonly formulas: Formulas;
  readonly onPick: (item: string) => void;
}

export function ItemPanel({ model, formulas, onPick }: Props) {
  const { t } = useTranslation();
  const cube = model.cubes.find((one) => one.code === formulas.cube);
  const item = cube?.items.find((one) => one.code === formulas.item);
  if (!cube || !item) return null;
  return (
    <>
      <header>
        <h2>{item.name}</h2>
        <span className="muted small">
          {cube.title}!{item.code}
        </span>
      </header>
      {item.note && <p className="muted">{item.note}</p>}
      <section>
        <h3>{t("modelling.formulas")}</h3>
        {formulas.hidden ? (
          <p className="muted">{t("modelling.hiddenFormula")}</p>
        ) : formulas.texts.length === 0 ? (
          <p className="muted">{t("modelling.enteredHere")}</p>
        ) : (
          <ol className="formula-texts">
            {formulas.texts.map((text) => (
              <li key={text}>
                <code>{text}</code>
              </li>
            ))}
          </ol>
        )}
        {formulas.texts.length > 1 && <p className="muted small">{t("modelling.firstWins")}</p>}
      </section>
      <div className="model-chain">
        <Chain title={t("modelling.reads", { count: formulas.reads.length })} refs={formulas.reads} model={model} onPick={onPick} />
        <Icon name="right" />
        <b className="chain-here">{item.name}</b>
        <Icon name="right" />
        <Chain title={t("modelling.readBy", { count: formulas.read_by.length })} refs={formulas.read_by} model={model} onPick={onPick} />
      </div>
      <Facts item={item} model={model} />
    </>
  );
}

function Chain({ title, refs, model, onPick }: { readonly title: string; readonly refs: readonly ItemRef[]; readonly model: ModelDetail; readonly onPick: (item: string) => void }) {
  const { t } = useTranslation();
  const name = ({ cube, item }: ItemRef): string => model.cubes.find((one) => one.code === cube)?.items.find((one) => one.code === item)?.name ?? item;
  return (
    <div className="chain-side">
      <h3>{title}</h3>
      {refs.length === 0 ? (
        <span className="muted">{t("modelling.none")}</span>
      ) : (
        <ul>
          {refs.map((ref) => (
            <li key={`${ref.cube}!${ref.item}`}>
              <button type="button" className="plain link" onClick={() => onPick(`${ref.cube}!${ref.item}`)}>
                {name(ref)}
              </button>{" "}
              <span className="muted small">{ref.cube}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Facts({ item, model }: { readonly item: Item; readonly model: ModelDetail }) {
  const { t } = useTranslation();
  const facts: (readonly [string, string])[] = [
    [t("modelling.unit"), item.unit || "—"],
    [t("modelling.decimals"), String(item.decimals ?? item.scale ?? t("modelling.any"))],
    [t("modelling.dims"), dimNames(model, item.dims, t("modelling.period")) || t("modelling.noDims")],
    [t("modelling.grain"), item.grain === "" ? t("modelling.noPeriod") : item.grain === "base" ? t("modelling.base") : item.grain],
    [t("modelling.overTime"), t(`modelling.totals.${item.time}`, { defaultValue: item.time })],
    [t("modelling.overMembers"), t(`modelling.totals.${item.total}`, { defaultValue: item.total })],
    ...(item.favourable ? ([[t("modelling.favourable"), t(`modelling.better.${item.favourable}`, { defaultValue: item.favourable })]] as const) : []),
  ];
  return (
    <dl className="item-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
