/** What a figure of the board consists of: the formula, the voucher lines, the documents that hold the rest. Esc closes. */
import { useQuery } from "@tanstack/react-query";
import { Button, Tabs } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import type { MoneyUnit } from "../../lib/display";
import { clockTime } from "../../lib/times";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import { money, rate } from "./figures";
import { type BoardRow, type Hold, holdsQuery, linesQuery, PAGE_LINES, type Place } from "./requests";

interface Props {
  readonly model: string;
  readonly place: Place;
  readonly title: string;
  readonly row: BoardRow;
  readonly progress: string;
  readonly unit: MoneyUnit;
  readonly onClose: () => void;
}

export function DrillPanel({ model, place, title, row, progress, unit, onClose }: Props) {
  const { t } = useTranslation();
  useEffect(() => {
    const leave = (event: KeyboardEvent): void => {
      if (event.key === "Escape") onClose();
    };
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, [onClose]);
  const terms = [
    ["original", row.original],
    ["adjusted", row.adjusted],
    ["spent", row.executed],
    ["committed", row.committed],
    ["reserved", row.reserved],
  ] as const;
  return (
    <aside className="side drill" aria-label={t("monitoring.drillTitle")} data-testid="drill">
      <header>
        <h2>{title}</h2>
        <button type="button" className="plain close" aria-label={t("panel.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <section>
        <h3>{t("monitoring.free")}</h3>
        <div className="key-figure">
          <b className={row.available?.startsWith("-") ? "unfav" : ""}>{money(row.available, unit) || "0"}</b>
          <span className="muted">{t("monitoring.rateAgainst", { rate: rate(row.execution_rate), time: rate(progress) })}</span>
        </div>
        <table className="terms">
          <tbody>
            {terms.map(([name, value], i) => (
              <tr key={name}>
                <th scope="row">
                  {i > 1 ? "− " : i === 1 ? "+ " : ""}
                  {t(`monitoring.${name}`)}
                </th>
                <td>{money(value, unit) || "0"}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {row.partial && <p className="muted small">{t("monitoring.partialNote")}</p>}
      </section>
      <Tabs
        className="drill-tabs"
        items={[
          { key: "lines", label: t("monitoring.vouchers"), children: <Lines model={model} place={place} unit={unit} /> },
          { key: "holds", label: t("monitoring.openDocuments"), children: <Holds model={model} place={place} unit={unit} /> },
        ]}
      />
    </aside>
  );
}

function Lines({ model, place, unit }: Pick<Props, "model" | "place" | "unit">) {
  const { t } = useTranslation();
  const [skip, setSkip] = useState(0);
  const found = useQuery(linesQuery(model, place, skip));
  if (found.error) return <Failed what={problemText(t, asProblem(found.error))} retry={() => void found.refetch()} />;
  if (!found.data) return <Loading rows={6} />;
  const { count, amount, lines } = found.data;
  if (count === 0) return <Empty>{t("monitoring.noVouchers")}</Empty>;
  return (
    <>
      <p className="muted small card-text" data-testid="line-count">
        {t("monitoring.lineCount", { count, amount: money(amount, unit, 2) })}
      </p>
      <ul className="voucher-lines">
        {lines.map((line, i) => (
          <li key={`${text(line, "batch")}-${text(line, "record")}-${i}`}>
            <div className="line">
              <b>{text(line, "src_voucher")}</b>
              <span className="muted">{text(line, "period")}</span>
              <span className="spring" />
              <b>{money(text(line, "amount"), unit, 2)}</b>
            </div>
            <div className="muted small">{[text(line, "memo"), text(line, "src_account"), text(line, "document")].filter(Boolean).join(" · ")}</div>
          </li>
        ))}
      </ul>
      {count > PAGE_LINES && (
        <div className="pager">
          <Button size="small" disabled={skip === 0} onClick={() => setSkip(skip - PAGE_LINES)}>
            {t("monitoring.before")}
          </Button>
          <span className="muted small">{t("monitoring.pageOf", { from: skip + 1, to: Math.min(skip + PAGE_LINES, count), count })}</span>
          <Button size="small" disabled={skip + PAGE_LINES >= count} onClick={() => setSkip(skip + PAGE_LINES)}>
            {t("monitoring.after")}
          </Button>
        </div>
      )}
    </>
  );
}

const text = (line: Record<string, unknown>, name: string): string => (typeof line[name] === "string" ? line[name] : "");

function Holds({ model, place, unit }: Pick<Props, "model" | "place" | "unit">) {
  const { t } = useTranslation();
  const found = useQuery(holdsQuery(model, place));
  if (found.error) return <Failed what={problemText(t, asProblem(found.error))} retry={() => void found.refetch()} />;
  if (!found.data) return <Loading rows={4} />;
  if (found.data.length === 0) return <Empty>{t("monitoring.noDocuments")}</Empty>;
  return (
    <ul className="voucher-lines">
      {found.data.map((hold: Hold) => (
        <li key={`${hold.document_id}-${hold.period}-${hold.stage}-${Object.values(hold.members).join()}`}>
          <div className="line">
            <b>{hold.number}</b>
            <span className="muted">{t(`monitoring.${hold.stage}`)}</span>
            <span className="spring" />
            <b>{money(hold.amount, unit, 2)}</b>
          </div>
          <div className="muted small">{[hold.title || hold.kind, hold.requester, hold.period, clockTime(hold.created_at)].filter(Boolean).join(" · ")}</div>
        </li>
      ))}
    </ul>
  );
}
