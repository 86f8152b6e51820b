/** Model, organisation and version, as the top bar offers them. */
import { Select, TreeSelect } from "antd";
import { useTranslation } from "react-i18next";
import { usePageContext } from "../../lib/usePageContext";
import type { Member } from "./requests";
import { useContextChoice } from "./useContextChoice";

/** ``org``, ``version``: whether the page at hand uses them. */
export function ContextPickers({ org: orgToo, version: versionToo }: { readonly org: boolean; readonly version: boolean }) {
  const { t } = useTranslation();
  const [, change] = usePageContext();
  const { models, model, versions, version, orgs, org } = useContextChoice();
  return (
    <>
      {models && models.length > 0 && (
        <span className="pick pick-model" data-only={models.length === 1}>
          <small>{t("top.model")}</small>
          <Select
            variant="borderless"
            aria-label={t("top.model")}
            popupMatchSelectWidth={false}
            value={model?.code ?? null}
            options={models.map((one) => ({ value: one.code, label: one.title }))}
            onChange={(code) => change({ model: code, version: undefined, org: undefined, table: undefined })}
          />
        </span>
      )}
      {orgToo && org && (
        <span className="pick">
          <TreeSelect
            variant="borderless"
            aria-label={t("top.org")}
            popupMatchSelectWidth={260}
            treeDefaultExpandAll
            showSearch={{ treeNodeFilterProp: "title" }}
            value={org.code}
            treeData={treeOf(orgs)}
            onChange={(code: string) => change({ org: code })}
          />
        </span>
      )}
      {versionToo && version && (
        <span className="pick">
          <small>{t("top.version")}</small>
          <Select
            variant="borderless"
            aria-label={t("top.version")}
            popupMatchSelectWidth={false}
            value={version.code}
            options={(versions ?? []).map((one) => ({ value: one.code, label: one.name }))}
            onChange={(code) => change({ version: code })}
          />
        </span>
      )}
    </>
  );
}

interface Node {
  readonly value: string;
  readonly title: string;
  readonly children: Node[];
}

/** Members in display order as a tree; one whose parent is not visible stands at the top. */
export function treeOf(members: readonly Member[]): Node[] {
  const nodes = new Map(members.map((member) => [member.code, { value: member.code, title: member.name, children: [] as Node[] }]));
  const tops: Node[] = [];
  for (const member of members) {
    const node = nodes.get(member.code);
    if (node) (member.parent === null ? tops : (nodes.get(member.parent)?.children ?? tops)).push(node);
  }
  return tops;
}
