/** 办理记录: who did what when and what they said, newest first; and whether the chain is whole. */
import { useTranslation } from "react-i18next";
import { clockTime } from "../../lib/times";
import { Icon } from "../../ui/icons";
import type { CaseDetail } from "./requests";
import { ActTag } from "./StatusTag";

const FACES = ["#5b6f94", "#7a6a9b", "#4d7d86", "#8b6b55", "#56708b"];
const faceOf = (login: string): string => FACES[Array.from(login, (char) => char.codePointAt(0) ?? 0).reduce((sum, code) => sum + code, 0) % FACES.length] ?? "#5b6f94";

export function Trail({ subject }: { readonly subject: CaseDetail }) {
  const { t } = useTranslation();
  const actions = [...subject.actions].reverse();
  return (
    <section className="card trail" aria-label={t("process.trail")}>
      <header>
        <h2>{t("process.trail")}</h2>
        <span className="muted small">{t("process.trailCount", { count: actions.length })}</span>
      </header>
      {subject.chain_broken_at !== null && (
        <p className="strip" data-tone="error">
          <Icon name="warn" />
          {t("process.broken", { seq: subject.chain_broken_at })}
        </p>
      )}
      <ul data-testid="trail">
        {actions.map((one) => (
          <li key={one.seq}>
            <span className="face" aria-hidden="true" style={{ background: faceOf(one.actor) }}>
              {one.name.slice(0, 1)}
            </span>
            <div>
              <div className="line">
                <b className="strong">{one.name}</b>
                {one.node && <span className="muted small">{one.node}</span>}
                <ActTag action={one.action} />
                {one.target_name && <span className="muted small">{t("process.to", { name: one.target_name })}</span>}
                <span className="spring" />
                <time className="muted small">{clockTime(one.at)}</time>
              </div>
              {one.comment && <p>{one.comment}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
