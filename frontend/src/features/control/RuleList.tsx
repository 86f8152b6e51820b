/** Every rule that was checked: its verdict, what it leaves, its bar. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { Icon, type IconName } from "../../ui/icons";
import { negative, yuan } from "./figures";
import { ruleWords } from "./FormulaLine";
import { StageBar } from "./StageBar";
import type { Finding } from "./spendRequests";

const LOOK: Record<Finding["verdict"], readonly [string, IconName]> = { ok: ["ok", "check"], warn: ["warn", "warn"], refuse: ["error", "close"] };

/** `told`: the row that is explained above already. */
export function RuleList({ rules, told }: { readonly rules: readonly Finding[]; readonly told: number | undefined }) {
  return (
    <ul className="rule-list">
      {rules.map((rule) => (
        <li key={`${rule.rule} ${rule.key}`} data-testid={`rule-${rule.rule}`}>
          <Rule rule={rule} brief={rule.bucket === told} />
        </li>
      ))}
    </ul>
  );
}

function Rule({ rule, brief }: { readonly rule: Finding; readonly brief: boolean }) {
  const { t } = useTranslation();
  const [tone, icon] = LOOK[rule.verdict];
  return (
    <>
      <div className="rule-line">
        <span className="tag" data-tone={tone}>
          <Icon name={icon} />
          {t(`control.check.verdict.${rule.verdict}`)}
        </span>
        <span className="rule-name">{rule.title}</span>
        <span className="spring" />
        {rule.after !== null && <b className={negative(rule.after) ? "unfav" : ""}>{left(t, rule)}</b>}
      </div>
      {brief ? null : rule.seen === "verdict" ? (
        <p className="small muted">{t("control.check.hidden")}</p>
      ) : (
        <>
          <StageBar
            slim
            cap={rule.cap ?? "0"}
            limit={rule.limit}
            executed={rule.executed ?? "0"}
            committed={rule.committed ?? "0"}
            reserved={rule.reserved ?? "0"}
            asked={rule.asked}
          />
          <p className="small muted">{ruleWords(t, rule)}</p>
        </>
      )}
    </>
  );
}

function left(t: TFunction, rule: Finding): string {
  if (rule.verdict === "refuse") return t("control.check.short", { amount: yuan(rule.short) });
  return t("control.check.left", { amount: yuan(rule.after) });
}
