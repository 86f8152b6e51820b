/** Dimensions, each as the tree it is: hierarchies to choose from, weights other than one, properties, a search. */
import { useQuery } from "@tanstack/react-query";
import { Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import { Empty, Loading } from "../../ui/states";
import type { ModelDetail } from "../planning/requests";
import { Refused } from "./ModelPage";
import { openAtFirst, outline } from "./outline";
import { type Dimension, type Member, treeQuery } from "./requests";
import { useModelSearch } from "./search";

export function DimensionsView({ model }: { readonly model: ModelDetail }) {
  const { t } = useTranslation();
  const [view, change] = useModelSearch();
  const picked = model.dimensions.find((one) => one.code === view.dim) ?? model.dimensions[0];
  if (!picked) return <Empty>{t("modelling.noDimensions")}</Empty>;
  return (
    <div className="model-body">
      <nav className="model-dims" aria-label={t("modelling.tabs.dimensions")}>
        {model.dimensions.map((one) => (
          <button key={one.code} type="button" className="plain group" aria-pressed={one.code === picked.code} onClick={() => change({ dim: one.code, tree: undefined })}>
            <b>{one.name}</b>
            <span className="muted small">{t("modelling.memberCount", { count: one.members })}</span>
          </button>
        ))}
      </nav>
      <Tree key={`${picked.code} ${view.tree ?? ""}`} model={model.code} dimension={picked} tree={picked.trees.includes(view.tree ?? "") ? (view.tree ?? "") : ""} onTree={(tree) => change({ tree: tree || undefined })} />
    </div>
  );
}

function Tree({ model, dimension, tree, onTree }: { readonly model: string; readonly dimension: Dimension; readonly tree: string; readonly onTree: (tree: string) => void }) {
  const { t } = useTranslation();
  const found = useQuery(treeQuery(model, dimension.code, tree));
  const [find, setFind] = useState("");
  return (
    <section className="model-list" aria-label={dimension.name}>
      <div className="toolbar">
        <Input size="small" allowClear className="model-find" placeholder={t("modelling.findMember")} aria-label={t("modelling.findMember")} value={find} onChange={(event) => setFind(event.target.value)} />
        {dimension.trees.length > 1 && (
          <Select size="small" aria-label={t("modelling.tree")} popupMatchSelectWidth={false} value={tree} options={dimension.trees.map((one) => ({ value: one, label: one || t("modelling.mainTree") }))} onChange={onTree} />
        )}
        <span className="spring" />
        <span className="muted small">{t(`modelling.managed.${dimension.managed}`)}</span>
      </div>
      {found.error ? <Refused error={found.error} retry={() => void found.refetch()} /> : !found.data ? <Loading /> : found.data.length === 0 ? <Empty>{t("modelling.noMembers")}</Empty> : <Lines members={found.data} properties={dimension.properties} find={find.trim()} />}
    </section>
  );
}

function Lines({ members, properties, find }: { readonly members: readonly Member[]; readonly properties: readonly string[]; readonly find: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(() => openAtFirst(members));
  const lines = outline(members, open, find);
  const toggle = (code: string): void => {
    const next = new Set(open);
    if (!next.delete(code)) next.add(code);
    setOpen(next);
  };
  if (lines.length === 0) return <Empty>{t("modelling.nothingFound")}</Empty>;
  return (
    <div className="model-scroll">
      <table className="model-members" data-testid="members">
        <thead>
          <tr>
            <th scope="col">{t("modelling.member")}</th>
            <th scope="col">{t("modelling.code")}</th>
            {properties.map((one) => (
              <th scope="col" key={one}>
                {one}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(({ member, level, children, open: isOpen }) => (
            <tr key={member.code} data-member={member.code}>
              <th scope="row" style={{ paddingLeft: 10 + level * 18 + (children ? 0 : 22) }}>
                {children && (
                  <button type="button" className="plain toggle" aria-expanded={isOpen} aria-label={t(isOpen ? "modelling.fold" : "modelling.unfold", { name: member.name })} disabled={find !== ""} onClick={() => toggle(member.code)}>
                    <Icon name={isOpen ? "down" : "right"} />
                  </button>
                )}
                <span className={children ? "strong" : ""}>{member.name}</span>
                {member.weight !== 1 && <span className="tag">{t("modelling.weight", { weight: member.weight })}</span>}
              </th>
              <td className="muted">{member.code}</td>
              {properties.map((one) => (
                <td key={one}>{member.properties[one] ?? ""}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
