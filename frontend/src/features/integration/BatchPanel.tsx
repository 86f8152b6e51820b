/** One batch: where each line went, its rounds, how its vouchers met spend requests. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import { Loading } from "../../ui/states";
import { Refused } from "./ConnectPage";
import { fen, fenOrNothing, isZero, whole } from "./figures";
import { type Batch, downloadAddress, type Match, matchesQuery, matchLinesQuery, roundsQuery } from "./requests";
import { useConnectSearch } from "./search";

export function BatchPanel({ batch, onClose }: { readonly batch: number; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const rounds = useQuery(roundsQuery(batch));
  const one = rounds.data?.find((round) => round.id === batch);
  useEffect(() => {
    const heard = (event: KeyboardEvent): void => {
      if (event.key === "Escape") onClose();
    };
    window.addEventListener("keydown", heard);
    return () => window.removeEventListener("keydown", heard);
  }, [onClose]);
  return (
    <aside className="side batch-side" aria-label={t("integration.batch.title", { id: batch })} data-testid="batch-panel">
      <header>
        <h2>{t("integration.batch.title", { id: batch })}</h2>
        <button type="button" className="plain close" aria-label={t("integration.batch.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {rounds.error && <Refused error={rounds.error} retry={() => void rounds.refetch()} />}
      {!rounds.error && !one && <Loading rows={6} />}
      {one && <Content batch={one} rounds={rounds.data ?? []} />}
    </aside>
  );
}

function Content({ batch, rounds }: { readonly batch: Batch; readonly rounds: readonly Batch[] }) {
  const { t } = useTranslation();
  const [, change] = useConnectSearch();
  return (
    <>
      <section>
        <h3>{t("integration.batch.outcomes")}</h3>
        <ul className="outcomes">
          {batch.counts.map((count) => (
            <li key={count.outcome} data-fate={count.fate}>
              <span>{t(`integration.outcome.${count.outcome as "ACCEPTED"}`)}</span>
              <span className="number">{t("integration.run.rejectedLines", { count: count.lines })}</span>
              <span className="muted small">
                {t("integration.batch.debit")} {fen(count.debit)} · {t("integration.batch.credit")} {fen(count.credit)}
              </span>
            </li>
          ))}
        </ul>
        <p className="links">
          {batch.rejected > 0 && rounds.at(-1)?.id === batch.id && (
            <>
              <button type="button" className="plain link" onClick={() => change({ tab: "desk", batch: batch.id })}>
                {t("integration.batch.toDesk")}
              </button>
              <a href={downloadAddress(batch.id)} download>
                {t("integration.batch.download")}
              </a>
            </>
          )}
          <button type="button" className="plain link" onClick={() => change({ tab: "tie", source: batch.source, batch: undefined })}>
            {t("integration.batch.toTie")}
          </button>
        </p>
      </section>
      {rounds.length > 1 && (
        <section>
          <h3>{t("integration.batch.rounds")}</h3>
          {rounds.map((round) => (
            <div className="pair" key={round.id}>
              <button type="button" className="plain link" onClick={() => change({ batch: round.id })}>
                {t("integration.run.round", { round: round.round })}
              </button>
              <span>
                {t("integration.run.rejected")} {t("integration.run.rejectedLines", { count: round.rejected })}
              </span>
            </div>
          ))}
        </section>
      )}
      <Matches batch={batch} />
    </>
  );
}

function Matches({ batch }: { readonly batch: Batch }) {
  const { t } = useTranslation();
  const matches = useQuery(matchesQuery(batch.id));
  return (
    <section>
      <h3>{t("integration.batch.matches")}</h3>
      {matches.error && <Refused error={matches.error} retry={() => void matches.refetch()} />}
      {matches.data?.length === 0 && <p className="muted">{t("integration.batch.noMatches")}</p>}
      <ul className="matches" data-testid="matches">
        {matches.data?.map((match) => (
          <MatchRow key={match.number} batch={batch.id} match={match} />
        ))}
      </ul>
    </section>
  );
}

function MatchRow({ batch, match }: { readonly batch: number; readonly match: Match }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const tone = { smaller: "info", equal: "ok", larger: "warn", unknown: "warn", none: undefined }[match.kind];
  const parts = [
    ["held", match.held],
    ["liquidated", match.liquidated],
    ["direct", match.direct],
    ["released", match.released],
    ["still", match.still_held],
  ] as const;
  return (
    <li data-kind={match.kind}>
      <span className="pair">
        <button type="button" className="plain link" aria-expanded={open} onClick={() => setOpen(!open)}>
          {match.number || t("integration.match.none")}
        </button>
        <span className="number">{fen(match.amount)}</span>
      </span>
      <span className="pair small">
        <span>
          {match.number && (
            <span className="tag" data-tone={tone}>
              {t(`integration.match.${match.kind}`)}
            </span>
          )}
        </span>
        <span className="muted">
          {t("integration.match.vouchers")} {whole(match.vouchers)}
        </span>
      </span>
      <span className="muted small">
        {parts
          .filter(([, amount]) => !isZero(amount))
          .map(([name, amount]) => `${t(`integration.match.${name}`)} ${fenOrNothing(amount)}`)
          .join(" · ")}
      </span>
      {open && <MatchLines batch={batch} number={match.number} />}
      {!isZero(match.forced) && <span className="why small">{t("integration.match.forced", { amount: fen(match.forced) })}</span>}
    </li>
  );
}

function MatchLines({ batch, number }: { readonly batch: number; readonly number: string }) {
  const { t } = useTranslation();
  const lines = useQuery(matchLinesQuery(batch, number));
  if (lines.error) return <Refused error={lines.error} retry={() => void lines.refetch()} />;
  if (!lines.data) return <Loading rows={2} />;
  const more = lines.data.count - lines.data.lines.length;
  return (
    <ul className="behind inner">
      {lines.data.lines.map((line) => (
        <li key={line.record}>
          <span className="pair small">
            <span>{[line.voucher, line.date, line.memo].filter(Boolean).join(" · ")}</span>
            <span className="number">{fen(line.amount)}</span>
          </span>
        </li>
      ))}
      {more > 0 && <li className="muted small">{t("integration.desk.more", { count: more })}</li>}
    </ul>
  );
}
