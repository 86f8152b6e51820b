/** One more mapping rule: which codes, what they become. It is written into the model package as its next revision. */
import { useMutation, useQueries, useQueryClient } from "@tanstack/react-query";
import { App, Checkbox, Input, Modal, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, type Problem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { addRule, everything, membersOf, type SourceDetail } from "./requests";

interface Props {
  readonly source: SourceDetail;
  readonly seed: Readonly<Record<string, string>>; // what the line at hand says, by our field
  readonly onClose: () => void;
}

const IGNORE = "IGNORE";

export function RuleDialog({ source, seed, onClose }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [name, setName] = useState(seed["memo"] ? `${seed["account"] ?? ""} ${seed["memo"]}`.trim() : (seed["account"] ?? ""));
  const [when, setWhen] = useState<Readonly<Record<string, string>>>({ account: seed["account"] ?? "" });
  const [gives, setGives] = useState<Readonly<Record<string, string>>>({ item: source.items.length === 1 ? (source.items[0] ?? "") : "" });
  const [flip, setFlip] = useState(false);
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState("");
  const ignored = gives["item"] === IGNORE;
  const dims = Object.keys(source.dimensions);
  const members = useQueries({ queries: dims.map((dim) => membersOf(source.model, dim)) });
  const save = useMutation({
    mutationFn: () => addRule(source.code, { name, when: { ...when }, gives: ignored ? { item: IGNORE } : { ...gives }, sign: flip ? -1 : 1, reason }),
    onSuccess: ({ revision }) => {
      message.success(t("integration.rule.saved", { revision }));
      onClose();
    },
    onError: (error) => setWrong(wordsOf(asProblem(error))),
    onSettled: () => client.invalidateQueries(everything),
  });
  return (
    <Modal
      open
      width={480}
      title={t("integration.rule.title")}
      okText={t("integration.rule.save")}
      okButtonProps={{ disabled: !name.trim() || !gives["item"] }}
      confirmLoading={save.isPending}
      onOk={() => save.mutate()}
      onCancel={onClose}
    >
      <p className="dialog-text">{t("integration.rule.lead")}</p>
      <div className="rule-form" data-testid="rule-form">
        <label htmlFor="rule-name">{t("integration.rule.name")}</label>
        <Input id="rule-name" value={name} onChange={(event) => setName(event.target.value)} />
        {source.codes.map((field) => (
          <FieldRow key={field} id={`when-${field}`} label={`${t("integration.rule.when")} ${source.fields[field] ?? field}`}>
            <Input
              id={`when-${field}`}
              value={when[field] ?? ""}
              placeholder={t("integration.rule.any")}
              title={t("integration.rule.pattern")}
              onChange={(event) => setWhen({ ...when, [field]: event.target.value })}
            />
          </FieldRow>
        ))}
        <FieldRow id="gives-item" label={t("integration.rule.item")}>
          <Select
            id="gives-item"
            value={gives["item"] || null}
            options={[...source.items.map((item) => ({ value: item, label: item })), { value: IGNORE, label: t("integration.rule.ignoreItem") }]}
            onChange={(item: string) => setGives({ ...gives, item })}
          />
        </FieldRow>
        {!ignored &&
          dims.map((dim, i) => (
            <FieldRow key={dim} id={`gives-${dim}`} label={dim === "org" ? t("top.org") : (source.dimensions[dim] ?? dim)}>
              <Select
                id={`gives-${dim}`}
                showSearch={{ optionFilterProp: "label" }}
                value={gives[dim] ?? ""}
                options={targets(members[i]?.data ?? [])}
                onChange={(code: string) => setGives({ ...gives, [dim]: code })}
              />
            </FieldRow>
          ))}
        <label htmlFor="rule-why">{t("integration.rule.why")}</label>
        <Input id="rule-why" value={reason} onChange={(event) => setReason(event.target.value)} />
        {!ignored && (
          <Checkbox className="wide" checked={flip} onChange={(event) => setFlip(event.target.checked)}>
            {t("integration.rule.flip")}
          </Checkbox>
        )}
      </div>
      {wrong && (
        <p className="why" role="alert">
          {wrong}
        </p>
      )}
    </Modal>
  );

  function targets(found: readonly { readonly code: string; readonly name: string }[]) {
    const copies = source.codes.map((field) => ({ value: `=${field}`, label: t("integration.rule.copy", { column: source.fields[field] ?? field }) }));
    const own = found.map((member) => ({ value: member.code, label: member.code === member.name ? member.code : `${member.code} ${member.name}` }));
    return [{ value: "", label: t("integration.rule.byDefault") }, ...copies, ...own];
  }

  /** The server names everything that is wrong; found and expected, one line each. */
  function wordsOf(problem: Problem): string {
    const body = problem.body as { facts?: { problems?: readonly { found?: string; expected?: string }[] } } | undefined;
    const named = body?.facts?.problems?.map((one) => [one.found, one.expected].filter(Boolean).join(" → ")) ?? [];
    return named.length > 0 ? named.join("；") : problemText(t, problem);
  }
}

function FieldRow({ id, label, children }: { readonly id: string; readonly label: string; readonly children: React.ReactNode }) {
  return (
    <>
      <label htmlFor={id}>{label}</label>
      {children}
    </>
  );
}
