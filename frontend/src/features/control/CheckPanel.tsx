/** The right side of the form: what the rules say to the request as it is typed, why not, and what would make it pass. */
import { App, Button } from "antd";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import { Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { amount, compare } from "../../lib/amount";
import { minuteOf } from "../../lib/times";
import { FormulaLine, ruleWords } from "./FormulaLine";
import { minus, negative, yuan } from "./figures";
import { RuleList } from "./RuleList";
import { StageBar } from "./StageBar";
import type { Check, Finding, Way } from "./spendRequests";
import type { SpendCheck } from "./useSpendCheck";
import { UseTable } from "./UseTable";
import { Ways } from "./Ways";

interface Props {
  readonly asked: SpendCheck;
  readonly lacking: readonly string[];
  readonly onWay: (way: Way) => void;
}

export function CheckPanel({ asked, lacking, onWay }: Props) {
  const { t } = useTranslation();
  const { check, waiting, problem } = asked;
  return (
    <section className="card check-panel" aria-label={t("control.check.rules", { count: check?.rules.length ?? 0 })} aria-busy={waiting}>
      {problem && (
        <div className="strip" data-tone="error" role="alert">
          {t("control.check.failed", { reason: problemText(t, problem) })}
          <Button size="small" onClick={asked.again}>
            {t("state.retry")}
          </Button>
        </div>
      )}
      {check ? <Answer check={check} waiting={waiting} onWay={onWay} /> : waiting ? <Loading rows={6} /> : <Nothing lacking={lacking} />}
    </section>
  );
}

function Nothing({ lacking }: { readonly lacking: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <div className="check-empty" data-testid="check-empty">
      <p>{t("control.check.empty")}</p>
      {lacking.length > 0 && <p className="muted small">{t("control.check.incomplete", { what: lacking.join(t("control.comma")) })}</p>}
    </div>
  );
}

function Answer({ check, waiting, onWay }: { readonly check: Check; readonly waiting: boolean; readonly onWay: (way: Way) => void }) {
  const { t } = useTranslation();
  const deciding = check.rules[0];
  const told = deciding && deciding.verdict === check.verdict && deciding.verdict !== "ok" ? deciding : undefined;
  return (
    <div className="check-answer" data-waiting={waiting} data-testid="check-answer" data-verdict={check.verdict}>
      <VerdictHead check={check} deciding={told} />
      {told && told.seen !== "verdict" && (
        <>
          <div className="section formula-section">
            <FormulaLine finding={told} />
            <StageBar
              cap={told.cap ?? "0"}
              limit={told.limit}
              executed={told.executed ?? "0"}
              committed={told.committed ?? "0"}
              reserved={told.reserved ?? "0"}
              asked={told.asked}
              legend
            />
            {told.notes.map((note) => (
              <p key={note} className="small" data-testid="check-note">
                {note}
              </p>
            ))}
          </div>
          <div className="section">
            <h3>{t("control.check.uses")}</h3>
            <UseTable uses={told.documents} direct={told.direct} />
          </div>
        </>
      )}
      {told?.seen === "verdict" && <p className="section muted">{t("control.check.hiddenHelp")}</p>}
      {check.ways.length > 0 && (
        <div className="section">
          <h3>{t("control.check.ways")}</h3>
          <Ways ways={check.ways} lines={check.lines.length} onWay={onWay} />
        </div>
      )}
      <div className="section">
        <h3>{t("control.check.rules", { count: check.rules.length })}</h3>
        <RuleList rules={check.rules} told={told?.bucket} />
      </div>
      <Foot check={check} told={told} />
    </div>
  );
}

function VerdictHead({ check, deciding }: { readonly check: Check; readonly deciding: Finding | undefined }) {
  const { t } = useTranslation();
  const faulty = check.lines.find((one) => one.message);
  const tone = check.verdict === "ok" ? "ok" : check.verdict === "warn" ? "warn" : "error";
  const over = check.lines.flatMap((one) => one.standards).filter((one) => one.verdict === check.verdict && one.verdict !== "ok");
  const text = (): string => {
    if (deciding?.verdict === "refuse")
      return deciding.short === null ? t("control.check.cannotHidden", { title: deciding.title }) : t("control.check.cannot", { title: objectOf(deciding), amount: yuan(deciding.short) });
    if (faulty?.message) return t("control.check.cannotLine", { message: faulty.message });
    if (over[0]) return t(over[0].verdict === "refuse" ? "control.check.cannotLine" : "control.check.canLine", { message: over[0].explanation });
    if (deciding?.verdict === "warn") return warned(t, deciding);
    return t("control.check.can");
  };
  return (
    <div className="verdict-head" data-tone={tone} role="status" aria-live="polite">
      <span className="badge" aria-hidden="true">
        <Icon name={tone === "ok" ? "check" : tone === "warn" ? "warn" : "close"} size={16} />
      </span>
      <div>
        <b data-testid="verdict">{text()}</b>
        {deciding && <p>{ruleWords(t, deciding)}</p>}
      </div>
    </div>
  );
}

/** What a rule's row is about, in names: 动力市场部 · 差旅费. */
export const objectOf = (rule: { readonly members: Finding["members"]; readonly title: string }): string =>
  rule.members.length > 0 ? rule.members.map((one) => one.name.replace(/^池:/, "")).join(" · ") : rule.title;

/** A row that lets pass and has something to say: beyond its budget, or near it. */
function warned(t: TFunction, finding: Finding): string {
  const over = overCap(finding);
  if (compare(amount(over), amount("0")) <= 0) return t("control.check.canNear", { title: finding.title, amount: yuan(finding.after ?? "0") });
  const word = finding.strength === "flexible" && finding.tolerance !== null ? "canWarn" : "canOver";
  return t(`control.check.${word}`, { title: finding.title, amount: yuan(over), tolerance: finding.tolerance ?? "" });
}

/** How far the row will stand beyond its budget; a row that only watches counts from the budget itself. */
function overCap(finding: Finding): string {
  return minus(minus(finding.limit ?? finding.cap ?? "0", finding.cap ?? "0"), finding.after ?? "0");
}

function Foot({ check, told }: { readonly check: Check; readonly told: Finding | undefined }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const moment = new Date(check.at);
  const time = `${minuteOf(moment)}:${String(moment.getSeconds()).padStart(2, "0")}`;
  const copy = async (): Promise<void> => {
    const said = [...check.rules, ...check.lines.flatMap((one) => one.standards)].filter((one) => one.verdict !== "ok");
    await navigator.clipboard.writeText(said.map((one) => one.explanation).join("\n"));
    message.success(t("control.check.copied"));
  };
  return (
    <footer className="check-foot small muted">
      <span>{t("control.check.at", { time })}</span>
      <span className="spring" />
      {told && (
        <Button type="link" size="small" onClick={() => void copy()}>
          {t("control.check.copy")}
        </Button>
      )}
    </footer>
  );
}

/** The small block under the form: what is left, what is asked, what would be left, by the rule that is tightest. */
export function LiveRemaining({ check }: { readonly check: Check }) {
  const { t } = useTranslation();
  const seen = check.rules.filter((one) => one.seen !== "verdict" && one.after !== null);
  const tightest = [...seen].sort((a, b) => compare(amount(a.after ?? "0"), amount(b.after ?? "0")))[0];
  if (!tightest) return null;
  return (
    <div className="live-remaining" data-tone={negative(tightest.after) ? "unfav" : undefined} data-testid="remaining" aria-live="polite">
      <div className="pair">
        <span>
          {objectOf(tightest)} {t("control.check.available")}
        </span>
        <b>{yuan(tightest.available)}</b>
      </div>
      <div className="pair">
        <span>{t("control.check.asked")}</span>
        <b>{yuan(tightest.asked)}</b>
      </div>
      <div className="pair last">
        <span>{t("control.check.after")}</span>
        <b data-testid="after">{yuan(tightest.after)}</b>
      </div>
    </div>
  );
}
