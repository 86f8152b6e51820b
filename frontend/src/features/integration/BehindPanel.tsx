/** The voucher lines behind one figure of the tie-out. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import { Loading } from "../../ui/states";
import { Refused } from "./ConnectPage";
import { fen, whole } from "./figures";
import { behindQuery, type Part } from "./requests";

interface Props {
  readonly source: string;
  readonly account: string;
  readonly period: string;
  readonly part: Part;
  readonly onClose: () => void;
}

export function BehindPanel({ source, account, period, part, onClose }: Props) {
  const { t } = useTranslation();
  const found = useQuery(behindQuery(source, account, period, part));
  const name = part === "excluded" ? t("integration.sources.exclusions") : t(`integration.tie.${part}`);
  useEffect(() => {
    const heard = (event: KeyboardEvent): void => {
      if (event.key === "Escape") onClose();
    };
    window.addEventListener("keydown", heard);
    return () => window.removeEventListener("keydown", heard);
  }, [onClose]);
  const outcome = (rule: string): string => t(`integration.outcome.${rule as "UNMAPPED"}`, { defaultValue: rule });
  return (
    <aside className="side batch-side" aria-label={t("integration.tie.behind", { account, period, part: name })} data-testid="behind">
      <header>
        <h2>{t("integration.tie.behind", { account, period, part: name })}</h2>
        <button type="button" className="plain close" aria-label={t("integration.batch.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {found.error && <Refused error={found.error} retry={() => void found.refetch()} />}
      {!found.error && !found.data && <Loading rows={6} />}
      {found.data && (
        <section>
          <h3>{t("integration.tie.behindFacts", { count: found.data.count, amount: fen(found.data.amount) })}</h3>
          <ul className="behind">
            {found.data.lines.map((line) => (
              <li key={`${line.batch ?? ""} ${line.record}`}>
                <span className="pair">
                  <b>{[line.voucher, line.date].filter(Boolean).join(" · ") || whole(line.record)}</b>
                  <span className="number">{fen(line.amount)}</span>
                </span>
                <span className="small">{line.memo}</span>
                <span className="muted small">{[line.item.split("!").at(-1), ...Object.values(line.members), part === "rejected" || part === "dismissed" ? outcome(line.rule) : line.rule].filter(Boolean).join(" · ")}</span>
              </li>
            ))}
          </ul>
          {found.data.count > found.data.lines.length && <p className="muted small">{t("integration.desk.more", { count: found.data.count - found.data.lines.length })}</p>}
        </section>
      )}
    </aside>
  );
}
