/** The availability formula in numbers, and a rule in words. */
import type { TFunction } from "i18next";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { compare, amount } from "../../lib/amount";
import { minus, yuan } from "./figures";
import type { Bucket, Finding } from "./spendRequests";

type WindowMode = "month" | "quarter" | "half" | "year" | "total" | "span" | "quarter_to_date" | "cumulative" | "life" | "sliding";

const ZERO = amount("0");

/** `规则“差旅费”：动力市场部 · 差旅费，期初至今，窗口 2026≤2026-11，刚性，超出即拦截`. */
export function ruleWords(t: TFunction, rule: Bucket): string {
  const mode = rule.mode as WindowMode;
  const strength = rule.strength === "rigid" || rule.strength === "bands" ? rule.strength : rule.tolerance === null ? "watch" : "flexible";
  const parts = [
    rule.members.map((one) => one.name.replace(/^池:/, "")).join(" · "),
    t(`control.check.mode.${mode}`),
    t("control.check.window", { window: rule.window }),
    t(`control.check.strength.${strength}`, { tolerance: rule.tolerance ?? "" }),
  ];
  return t("control.ruleLine", { title: rule.title, text: parts.filter(Boolean).join(t("control.clause")) });
}

export function FormulaLine({ finding }: { readonly finding: Finding }) {
  const { t } = useTranslation();
  const tolerance = finding.limit === null || finding.cap === null ? ZERO : minus(finding.limit, finding.cap);
  const plus: [string, string][] = [[t("control.check.original"), finding.original ?? "0"]];
  if (finding.adjusted && compare(amount(finding.adjusted), ZERO) !== 0) plus.push([t("control.check.adjusted"), finding.adjusted]);
  if (compare(tolerance, ZERO) !== 0) plus.push([t("control.check.tolerance"), tolerance]);
  const less: [string, string | null][] = [
    [t("control.check.executed"), finding.executed],
    [t("control.check.committed"), finding.committed],
    [t("control.check.reserved"), finding.reserved],
  ];
  const refused = finding.verdict === "refuse";
  return (
    <div className="formula-line" data-testid="formula">
      {plus.map(([name, value], index) => (
        <Fragment key={name}>
          {index > 0 && <s>+</s>}
          <Term name={name} value={value} />
        </Fragment>
      ))}
      {less.map(([name, value]) => (
        <Fragment key={name}>
          <s>−</s>
          <Term name={name} value={value ?? "0"} />
        </Fragment>
      ))}
      <s>=</s>
      <Term name={t("control.check.available")} value={finding.available ?? "0"} look="result" />
      <s>{refused ? "＜" : "≥"}</s>
      <Term name={t("control.check.asked")} value={finding.asked} look={refused ? "bad" : "result"} />
    </div>
  );
}

function Term({ name, value, look }: { readonly name: string; readonly value: string; readonly look?: "result" | "bad" }) {
  return (
    <div className="term" data-look={look}>
      <span>{name}</span>
      <b>{yuan(value)}</b>
    </div>
  );
}
