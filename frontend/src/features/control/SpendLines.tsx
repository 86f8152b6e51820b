/** The lines of a request: where, when, how much, with which tax. */
import { Button, Input, Segmented, Select, TreeSelect } from "antd";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import { yuan } from "./figures";
import { FieldInputs } from "./FieldInputs";
import { amountFault, askedOf, choices, dimensionName, fieldsOf, isMoney, type LineDraft, newLine, type RequestDraft, says, standardsOf, typedAmount } from "./spendDraft";
import type { FormDimension, FormMember, LineCheck, SpendForm } from "./spendRequests";

interface Props {
  readonly form: SpendForm;
  readonly request: RequestDraft;
  readonly checked: ReadonlyMap<number, LineCheck>; // by index of line
  readonly onChange: (lines: readonly LineDraft[]) => void;
}

export function SpendLines({ form, request, checked, onChange }: Props) {
  const { t } = useTranslation();
  const { lines } = request;
  const change = (index: number, part: Partial<LineDraft>): void => onChange(lines.map((one, i) => (i === index ? { ...one, ...part } : one)));
  const next = Math.max(0, ...lines.map((one) => one.id)) + 1;
  return (
    <>
      {lines.map((line, index) => (
        <fieldset className="spend-line" key={line.id} data-testid={`line-${index + 1}`}>
          <legend>{t("control.form.line", { n: index + 1 })}</legend>
          {lines.length > 1 && (
            <button type="button" className="plain remove" aria-label={t("control.form.remove")} onClick={() => onChange(lines.filter((one) => one.id !== line.id))}>
              <Icon name="close" />
            </button>
          )}
          <LineFields form={form} request={request} line={line} checked={checked.get(index)} onChange={(part) => change(index, part)} />
        </fieldset>
      ))}
      <Button size="small" onClick={() => onChange([...lines, newLine(form, request.kind, lines.at(-1), next)])}>
        {t("control.form.add")}
      </Button>
    </>
  );
}

interface LineProps {
  readonly form: SpendForm;
  readonly request: RequestDraft;
  readonly line: LineDraft;
  readonly checked: LineCheck | undefined;
  readonly onChange: (part: Partial<LineDraft>) => void;
}

function LineFields({ form, request, line, checked, onChange }: LineProps) {
  const { t } = useTranslation();
  const fault = amountFault(line.amount);
  const placed = checked?.coordinate ? { ...line, members: { ...line.members, ...checked.coordinate } } : line; // its fields said where
  const id = (name: string): string => `line-${line.id}-${name}`;
  return (
    <div className="spend-fields">
      <FieldInputs id={id("field")} fields={fieldsOf(form, request.kind, "line")} values={line.fields} onChange={(fields) => onChange({ fields })} />
      {askedOf(form, request.kind).map((dimension) => (
        <div className="field wide" key={dimension.code}>
          <label htmlFor={id(dimension.code)}>{dimensionName(dimension, t("control.department"))}</label>
          <MemberPicker
            id={id(dimension.code)}
            dimension={dimension}
            members={choices(form, request.kind, dimension)}
            value={line.members[dimension.code]}
            onChange={(code) => onChange({ members: { ...line.members, [dimension.code]: code } })}
          />
        </div>
      ))}
      {!says(form, request.kind, "period") && (
        <div className="field">
          <label htmlFor={id("period")}>{t("control.form.period")}</label>
          <Select id={id("period")} value={line.period || null} options={form.periods.map((one) => ({ value: one, label: one }))} onChange={(period) => onChange({ period })} />
        </div>
      )}
      {!says(form, request.kind, "amount") && (
        <div className="field">
          <label htmlFor={id("amount")}>{isMoney(form) ? t("control.form.amount") : t("control.form.amountOf", { unit: form.unit })}</label>
          <Input
            id={id("amount")}
            className="number"
            inputMode="decimal"
            autoComplete="off"
            value={line.amount}
            {...(fault || checked?.verdict === "refuse" ? { status: "error" as const } : {})}
            aria-describedby={id("note")}
            onChange={(event) => onChange({ amount: event.target.value })}
          />
        </div>
      )}
      <div className="field">
        <label htmlFor={id("rate")}>{t("control.form.rate")}</label>
        <Select
          id={id("rate")}
          value={line.rate}
          options={["0", ...form.rates.filter((one) => one !== "0")].map((one) => ({ value: one, label: one === "0" ? t("control.form.noTax") : `${one}%` }))}
          onChange={(rate) => onChange({ rate })}
        />
      </div>
      <div className="field">
        <span className="label">{t("control.form.basis")}</span>
        <Segmented
          block
          aria-label={t("control.form.basis")}
          disabled={line.rate === "0"}
          value={line.included}
          options={[
            { value: true, label: t("control.form.included") },
            { value: false, label: t("control.form.excluded") },
          ]}
          onChange={(included) => onChange({ included })}
        />
      </div>
      <StandardFields form={form} line={placed} id={id} onChange={onChange} />
      <div className="field wide">
        <label htmlFor={id("memo")}>{t("control.form.memo")}</label>
        <Input id={id("memo")} value={line.memo} onChange={(event) => onChange({ memo: event.target.value })} />
      </div>
      <p className="note small wide" id={id("note")} data-tone={fault || checked?.message || checked?.standards.some((one) => one.verdict === "refuse") ? "error" : undefined}>
        {(form.kinds.find((one) => one.code === request.kind)?.mapped.length ?? 0) > 0 && <PlacedAt form={form} checked={checked} />}
        <LineNote line={line} checked={checked} />
      </p>
    </div>
  );
}

/** What the rate standards of a line's place ask for: how many, and one word of each list. */
function StandardFields({ form, line, id, onChange }: Pick<LineProps, "form" | "line" | "onChange"> & { readonly id: (name: string) => string }) {
  const { t } = useTranslation();
  const standards = standardsOf(form, line);
  const [first] = standards;
  if (!first) return null;
  const ask = Object.entries(Object.assign({}, ...standards.map((one) => one.ask)) as Record<string, readonly string[]>);
  return (
    <>
      <div className="field">
        <label htmlFor={id("quantity")}>{t("control.form.quantity", { unit: first.unit })}</label>
        <Input id={id("quantity")} className="number" inputMode="decimal" autoComplete="off" value={line.quantity} onChange={(event) => onChange({ quantity: event.target.value })} />
      </div>
      {ask.map(([name, words]) => (
        <div className="field" key={name}>
          <label htmlFor={id(`said-${name}`)}>{name}</label>
          <Select
            id={id(`said-${name}`)}
            value={line.said[name] ?? null}
            options={words.map((one) => ({ value: one, label: one }))}
            onChange={(word) => onChange({ said: { ...line.said, [name]: word } })}
          />
        </div>
      ))}
    </>
  );
}

/** Where the fields of a line lead. */
function PlacedAt({ form, checked }: { readonly form: SpendForm; readonly checked: LineCheck | undefined }) {
  const { t } = useTranslation();
  const place = checked?.coordinate;
  if (!place) return null;
  const names = form.dimensions.map((one) => one.members.find((member) => member.code === place[one.code])?.name ?? place[one.code]).filter(Boolean);
  return <span data-testid="placed">{t("control.form.placed", { place: [...names, checked.period, yuan(checked.counted ?? "0")].join(" · ") })}</span>;
}

function LineNote({ line, checked }: { readonly line: LineDraft; readonly checked: LineCheck | undefined }) {
  const { t } = useTranslation();
  const fault = amountFault(line.amount);
  if (fault) return t(`control.form.${fault}`, { text: line.amount });
  if (!checked) return null;
  if (checked.message) return checked.message;
  const split = checked.tax === "0.00" ? null : t("control.form.split", { gross: yuan(checked.gross), net: yuan(checked.net), tax: yuan(checked.tax) });
  const basis = checked.tax === "0.00" ? null : t(checked.basis === "net" ? "control.form.countsNet" : "control.form.countsGross");
  const most = checked.largest && typedAmount(checked.largest) !== null ? t("control.check.lineLeft", { amount: yuan(checked.largest) }) : null;
  const standards = checked.standards.map((one) => one.explanation.replace(/。$/, ""));
  return [split, basis, ...standards, most].filter(Boolean).join("；");
}

interface PickerProps {
  readonly id: string;
  readonly dimension: FormDimension;
  readonly members: readonly FormMember[];
  readonly value: string | undefined;
  readonly onChange: (code: string) => void;
}

function MemberPicker({ id, dimension, members, value, onChange }: PickerProps) {
  const { t } = useTranslation();
  const picks = members.filter((one) => one.pick);
  if (picks.length === 1) return <Input id={id} readOnly value={picks[0]?.name ?? ""} />;
  return (
    <TreeSelect
      id={id}
      aria-label={dimension.name}
      placeholder={t("control.form.pick", { name: dimension.name })}
      treeDefaultExpandAll
      showSearch={{ treeNodeFilterProp: "title" }}
      popupMatchSelectWidth={300}
      {...(value ? { value } : {})}
      treeData={treeOf(members)}
      onChange={(code: string) => onChange(code)}
    />
  );
}

interface Node {
  readonly value: string;
  readonly title: string;
  readonly selectable: boolean;
  readonly children: Node[];
}

/** Members as a tree; only what may be picked can be. */
function treeOf(members: readonly FormMember[]): Node[] {
  const nodes = new Map(members.map((one) => [one.code, { value: one.code, title: one.name, selectable: one.pick, children: [] as Node[] }]));
  const tops: Node[] = [];
  for (const member of members) {
    const node = nodes.get(member.code);
    if (node) (member.parent === null ? tops : (nodes.get(member.parent)?.children ?? tops)).push(node);
  }
  return tops;
}
