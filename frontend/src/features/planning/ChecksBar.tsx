/** What does not hold, at the foot of the form: kind, what, numbers, and the way to the cell or to the reason. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon, type IconName } from "../../ui/icons";
import type { Checks, Finding } from "./requests";

interface Props {
  readonly checks: Checks;
  readonly onLocate: ((finding: Finding) => void) | undefined; // none where there is no grid to go to
  readonly onExplain: (() => void) | undefined; // none for who may not submit
}

const SHOWN = 3;
export const KINDS: Record<Finding["kind"], readonly [tone: "error" | "warn" | undefined, icon: IconName]> = {
  mandatory: ["error", "close"],
  verify: ["warn", "warn"],
  hint: [undefined, "flag"],
};
const ORDER: readonly Finding["kind"][] = ["mandatory", "verify", "hint"];

export const sorted = (findings: readonly Finding[]): Finding[] => [...findings].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));

export function ChecksBar({ checks, onLocate, onExplain }: Props) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const findings = sorted(checks.findings);
  if (findings.length === 0) return null;
  const shown = all ? findings : findings.slice(0, findings.length > SHOWN ? SHOWN - 1 : SHOWN);
  const left = findings.length - shown.length;
  return (
    <div className="checks-bar" data-testid="checks-bar" data-count={Math.min(SHOWN, findings.length)}>
      {shown.map((finding) => (
        <div key={finding.key} data-kind={finding.kind} data-check={finding.check}>
          <KindTag kind={finding.kind} />
          <span className="words">
            <b>{finding.title}</b>
            <div title={finding.message}>{finding.message}</div>
          </span>
          {finding.cell && onLocate && (
            <button type="button" className="link" onClick={() => onLocate(finding)}>
              {t("form.checks.locate")}
            </button>
          )}
          {finding.kind === "verify" && onExplain && (
            <button type="button" className="link" onClick={onExplain}>
              {t("form.checks.explain")}
            </button>
          )}
        </div>
      ))}
      {(left > 0 || (all && findings.length > SHOWN)) && (
        <div>
          <button type="button" className="link" onClick={() => setAll(!all)}>
            {left > 0 ? t("form.checks.more", { count: left }) : t("form.checks.less")}
          </button>
        </div>
      )}
    </div>
  );
}

export function KindTag({ kind }: { readonly kind: Finding["kind"] }) {
  const { t } = useTranslation();
  const [tone, icon] = KINDS[kind];
  return (
    <span className="tag" data-tone={tone}>
      <Icon name={icon} />
      {t(`form.checks.${kind}`)}
    </span>
  );
}
