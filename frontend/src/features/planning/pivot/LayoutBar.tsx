/** The layout of the pivot page: cube, items, what is on rows, what is held on the page, periods. By pointer or by key. */
import { Checkbox, Select, TreeSelect } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { usePageContext } from "../../../lib/usePageContext";
import { Icon } from "../../../ui/icons";
import { treeOf } from "../ContextPickers";
import type { Cube, ModelDetail } from "../requests";
import { ORG } from "../useContextChoice";
import { grainsOf, heldAt, layoutOf, type Members } from "./layout";
import type { PivotSearch } from "./search";

interface Props {
  readonly model: ModelDetail;
  readonly cube: Cube;
  readonly members: Members;
  readonly view: PivotSearch;
  readonly change: (part: PivotSearch) => void;
}

const DRAGGED = "application/x-bihuan-dimension";

export function LayoutBar({ model, cube, members, view, change }: Props) {
  const { t, i18n } = useTranslation();
  const [, changeContext] = usePageContext();
  const [over, setOver] = useState(false);
  const { row, page } = layoutOf(cube, view);
  const named = (dim: string): string => {
    const name = model.dimensions.find((one) => one.code === dim)?.name ?? dim;
    return name === ORG ? t("top.org") : name; // a model need not name it
  };
  const trees = model.dimensions.find((one) => one.code === row)?.trees ?? [];
  const toRows = (dim: string): void => change({ rows: dim, tree: undefined, root: undefined, level: undefined });
  const dropped = (event: React.DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const dim = event.dataTransfer.getData(DRAGGED);
    if (dim !== row && cube.dims.includes(dim)) toRows(dim);
  };
  const grain = grainsOf(model).find((one) => one === view.grain) ?? "all";
  const grainName = (one: string): string => (one === "all" || one === "base" ? t(`pivot.grains.${one}`) : (GROUPINGS[one]?.[i18n.language === "en" ? 1 : 0] ?? one));
  const others = [...page, ...(row !== ORG && cube.dims.includes(ORG) ? [ORG] : [])];
  return (
    <div className="pivot-bar" role="group" aria-label={t("pivot.layout")}>
      <label>
        <span className="muted">{t("pivot.table")}</span>
        <Select
          size="small"
          data-testid="pivot-cube"
          aria-label={t("pivot.table")}
          popupMatchSelectWidth={false}
          value={cube.code}
          options={model.cubes.map((one) => ({ value: one.code, label: one.title || one.code }))}
          onChange={(table) => {
            changeContext({ table });
            change({ rows: undefined, tree: undefined, root: undefined, items: undefined, at: undefined, level: undefined });
          }}
        />
      </label>
      <label>
        <span className="muted">{t("pivot.items")}</span>
        <Select
          size="small"
          mode="multiple"
          className="pivot-items"
          maxTagCount="responsive"
          allowClear
          aria-label={t("pivot.items")}
          placeholder={t("pivot.allItems")}
          popupMatchSelectWidth={false}
          showSearch={{ optionFilterProp: "label" }}
          value={[...(view.items ?? [])]}
          options={cube.items.map((one) => ({ value: one.code, label: one.name }))}
          onChange={(items) => change({ items: items.length > 0 ? items : undefined })}
        />
      </label>
      {row !== undefined && (
        <div
          className="pivot-rows"
          data-testid="pivot-rows"
          data-over={over || undefined}
          title={t("pivot.dropHere")}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={dropped}
        >
          <span className="muted">{t("pivot.rows")}</span>
          <Select
            size="small"
            data-testid="pivot-row"
            aria-label={t("pivot.rows")}
            popupMatchSelectWidth={false}
            value={row}
            options={[row, ...others].map((dim) => ({ value: dim, label: named(dim) }))}
            onChange={toRows}
          />
          {trees.length > 1 && (
            <Select
              size="small"
              aria-label={t("pivot.tree")}
              popupMatchSelectWidth={false}
              value={trees.find((one) => one === view.tree) ?? ""}
              options={trees.map((one) => ({ value: one, label: one || named(row) }))}
              onChange={(tree) => change({ tree: tree || undefined, root: undefined, level: undefined })}
            />
          )}
          {row !== ORG && (
            <TreeSelect
              size="small"
              className="pivot-member"
              aria-label={t("pivot.root")}
              placeholder={t("pivot.fromTop")}
              allowClear
              treeDefaultExpandAll
              showSearch={{ treeNodeFilterProp: "title" }}
              popupMatchSelectWidth={260}
              {...(view.root === undefined ? {} : { value: view.root })}
              treeData={treeOf(members.get(row) ?? [])}
              onChange={(root: string | null | undefined) => change({ root: root ?? undefined, level: undefined })}
            />
          )}
        </div>
      )}
      {others.map((dim) => (
        <div key={dim} className="pivot-chip" data-dim={dim} draggable onDragStart={(event) => event.dataTransfer.setData(DRAGGED, dim)}>
          <span className="muted">{named(dim)}</span>
          {dim !== ORG && (
            <TreeSelect
              size="small"
              className="pivot-member"
              aria-label={named(dim)}
              treeDefaultExpandAll
              showSearch={{ treeNodeFilterProp: "title" }}
              popupMatchSelectWidth={260}
              value={heldAt(members.get(dim), view.at?.[dim])?.code ?? ""}
              treeData={treeOf(members.get(dim) ?? [])}
              onChange={(code: string) => change({ at: { ...view.at, [dim]: code } })}
            />
          )}
          <button type="button" className="plain" aria-label={t("pivot.toRows", { name: named(dim) })} title={t("pivot.toRows", { name: named(dim) })} onClick={() => toRows(dim)}>
            <Icon name="swap" />
          </button>
        </div>
      ))}
      <label>
        <span className="muted">{t("pivot.grain")}</span>
        <Select
          size="small"
          data-testid="pivot-grain"
          aria-label={t("pivot.grain")}
          popupMatchSelectWidth={false}
          value={grain}
          options={grainsOf(model).map((one) => ({ value: one, label: grainName(one) }))}
          onChange={(one) => change({ grain: one === "all" ? undefined : one })}
        />
      </label>
      <Checkbox checked={view.filled ?? false} onChange={(event) => change({ filled: event.target.checked || undefined })} data-testid="pivot-filled">
        {t("pivot.filled")}
      </Checkbox>
    </div>
  );
}

const GROUPINGS: Readonly<Record<string, readonly [string, string]>> = { quarter: ["季", "Quarters"], half: ["半年", "Half years"], year: ["年", "Years"], month: ["月", "Months"], week: ["周", "Weeks"] };
