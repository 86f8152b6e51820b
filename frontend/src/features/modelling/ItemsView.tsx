/** Items by cube with what they are made of; the picked one beside them: its formulas, what it reads, what reads it. */
import { useQuery } from "@tanstack/react-query";
import { Button, Input, Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import { Empty, Loading } from "../../ui/states";
import { useNarrow } from "../../ui/useNarrow";
import type { ModelDetail } from "../planning/requests";
import { ItemPanel } from "./ItemPanel";
import { Refused } from "./ModelPage";
import { type Cube, type Formulas, formulasQuery, type Item } from "./requests";
import { useModelSearch } from "./search";
import { dimNames } from "./names";

const KINDS = ["all", "entered", "computed"] as const;
type Kind = (typeof KINDS)[number];

export const refOf = (cube: string, item: string): string => `${cube}!${item}`;

export function ItemsView({ model }: { readonly model: ModelDetail }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const [view, change] = useModelSearch();
  const [find, setFind] = useState("");
  const [kind, setKind] = useState<Kind>("all");
  const found = useQuery(formulasQuery(model.code));
  if (found.error) return <Refused error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Loading />;
  const formulas = new Map(found.data.map((one) => [refOf(one.cube, one.item), one]));
  const picked = formulas.get(view.item ?? "");
  const wanted = (cube: Cube, item: Item): boolean => matches(item, formulas.get(refOf(cube.code, item.code)), find.trim().toLowerCase(), kind);
  const cubes = model.cubes.map((cube) => ({ cube, items: cube.items.filter((item) => wanted(cube, item)) })).filter(({ items }) => items.length > 0);
  return (
    <div className="model-body" data-picked={picked !== undefined}>
      {!(narrow && picked) && (
        <section className="model-list" aria-label={t("modelling.tabs.items")}>
          <div className="toolbar">
            <Input size="small" allowClear className="model-find" placeholder={t("modelling.findItem")} aria-label={t("modelling.findItem")} value={find} onChange={(event) => setFind(event.target.value)} />
            <Segmented<Kind> size="small" aria-label={t("modelling.kind")} value={kind} options={KINDS.map((one) => ({ value: one, label: t(`modelling.kinds.${one}`) }))} onChange={setKind} />
          </div>
          {cubes.length === 0 ? <Empty>{t("modelling.nothingFound")}</Empty> : cubes.map(({ cube, items }) => <CubeItems key={cube.code} model={model} cube={cube} items={items} formulas={formulas} picked={view.item} onPick={(item) => change({ item })} />)}
        </section>
      )}
      {picked && (
        <aside className="model-detail" aria-label={t("modelling.detail")} data-testid="item-detail">
          {narrow && (
            <Button type="link" size="small" icon={<Icon name="back" />} onClick={() => change({ item: undefined })}>
              {t("modelling.back")}
            </Button>
          )}
          <ItemPanel model={model} formulas={picked} onPick={(item) => change({ item })} />
        </aside>
      )}
    </div>
  );
}

function matches(item: Item, formulas: Formulas | undefined, find: string, kind: Kind): boolean {
  const computed = (formulas?.texts.length ?? 0) > 0 || (formulas?.hidden ?? false);
  if (kind !== "all" && computed !== (kind === "computed")) return false;
  return find === "" || [item.code, item.name, ...(formulas?.texts ?? [])].some((text) => text.toLowerCase().includes(find));
}

interface CubeProps {
  readonly model: ModelDetail;
  readonly cube: Cube;
  readonly items: readonly Item[];
  readonly formulas: ReadonlyMap<string, Formulas>;
  readonly picked: string | undefined;
  readonly onPick: (item: string) => void;
}

function CubeItems({ model, cube, items, formulas, picked, onPick }: CubeProps) {
  const { t } = useTranslation();
  return (
    <div className="model-cube">
      <h2>
        {cube.title} <span className="muted small">{dimNames(model, cube.dims, t("modelling.period")) || t("modelling.noDims")}</span>
      </h2>
      <table className="model-items">
        <tbody>
          {items.map((item) => {
            const ref = refOf(cube.code, item.code);
            const one = formulas.get(ref);
            return (
              <tr key={ref} data-item={ref} data-picked={ref === picked}>
                <th scope="row">
                  <button type="button" className="plain link" onClick={() => onPick(ref)}>
                    {item.name}
                  </button>
                </th>
                <td className="muted">{item.unit}</td>
                <td>{one?.hidden ? <span className="muted">{t("modelling.hiddenFormula")}</span> : one && one.texts.length > 0 ? <code>{one.texts.join("; ")}</code> : <span className="muted">{t("modelling.kinds.entered")}</span>}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
