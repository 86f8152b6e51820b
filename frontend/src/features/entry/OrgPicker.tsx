/** One organisation of the page's tree, with search. */
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Org } from "./requests";

interface Props {
  readonly orgs: readonly Org[];
  readonly value: string;
  readonly onChange: (code: string) => void;
}

export function OrgPicker({ orgs, value, onChange }: Props) {
  const { t } = useTranslation();
  const levels = new Map(orgs.map((one) => [one.code, one.level]));
  return (
    <Select<string>
      aria-label={t("top.org")}
      value={value}
      popupMatchSelectWidth={false}
      showSearch={{ optionFilterProp: "label" }}
      options={orgs.map((one) => ({ value: one.code, label: one.name }))}
      optionRender={(option) => <span style={{ paddingLeft: (levels.get(String(option.value)) ?? 0) * 14 }}>{option.label}</span>}
      onChange={onChange}
    />
  );
}
