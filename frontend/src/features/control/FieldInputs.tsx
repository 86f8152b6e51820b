/** The fields of another system's document: of its head or of a line, by their kinds. */
import { Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Texts } from "./spendDraft";
import type { FormField } from "./spendRequests";

interface Props {
  readonly id: string;
  readonly fields: readonly FormField[];
  readonly values: Texts;
  readonly onChange: (values: Texts) => void;
}

export function FieldInputs({ id, fields, values, onChange }: Props) {
  const { t } = useTranslation();
  return fields.map(({ name, kind }) => {
    const change = (said: string): void => onChange({ ...values, [name]: said });
    const own = `${id}-${name}`;
    return (
      <div className="field" key={name}>
        <label htmlFor={own}>{name}</label>
        {kind === "truth" ? (
          <Select
            id={own}
            allowClear
            value={values[name] || null}
            options={["是", "否"].map((value) => ({ value, label: t(value === "是" ? "control.mapping.yes" : "control.mapping.no") }))}
            onChange={(said: string | undefined) => change(said ?? "")}
          />
        ) : (
          <Input
            id={own}
            autoComplete="off"
            value={values[name] ?? ""}
            {...(kind === "date" ? { type: "date" } : {})}
            {...(kind === "number" ? { inputMode: "decimal" as const, className: "number" } : {})}
            onChange={(event) => change(event.target.value)}
          />
        )}
      </div>
    );
  });
}
