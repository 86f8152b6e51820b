/** What would make a refused request pass, each with what it takes to do it. */
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { withSearch } from "../../lib/search";
import { daysSince, yuan } from "./figures";
import type { Way } from "./spendRequests";

interface Props {
  readonly ways: readonly Way[];
  readonly lines: number;
  readonly onWay: (way: Way) => void;
}

export function Ways({ ways, lines, onWay }: Props) {
  return (
    <ol className="ways" data-testid="ways">
      {ways.map((way, index) => (
        <li key={`${way.kind} ${way.period ?? ""} ${way.name} ${way.number} ${way.line_no ?? ""}`} data-kind={way.kind}>
          <span className="way-number" aria-hidden="true">
            {index + 1}
          </span>
          <WayText way={way} many={lines > 1} />
          <span className="spring" />
          <Act way={way} onWay={onWay} />
        </li>
      ))}
    </ol>
  );
}

function WayText({ way, many }: { readonly way: Way; readonly many: boolean }) {
  const { t } = useTranslation();
  const days = way.since === null ? "" : daysSince(way.since) > 0 ? t("control.check.held", { count: daysSince(way.since) }) : t("control.check.heldToday");
  const said = { amount: yuan(way.amount), available: yuan(way.available), name: way.name, holder: way.holder, number: way.number, period: way.period ?? "", n: way.line_no ?? 1, days };
  const [title, note] = ((): [string, string] => {
    switch (way.kind) {
      case "smaller":
        return [t(many ? "control.check.smaller" : "control.check.smallerOne", said), t("control.check.smallerNote")];
      case "period":
        return [t("control.check.period", said), way.available === null ? t("control.check.periodNoteHidden") : t("control.check.periodNote", { amount: yuan(way.available) })];
      case "transfer":
        return [t("control.check.transfer", said), t("control.check.transferNote", said)];
      case "release":
        return [t("control.check.release", said), t(way.enough ? "control.check.releaseNote" : "control.check.releasePart", said)];
      case "supplement":
        return [t("control.check.supplement", said), t("control.check.supplementNote")];
    }
  })();
  return (
    <div>
      <b>{title}</b>
      <p className="small">{note}</p>
    </div>
  );
}

function Act({ way, onWay }: { readonly way: Way; readonly onWay: (way: Way) => void }): ReactNode {
  const { t } = useTranslation();
  switch (way.kind) {
    case "smaller":
      return <Button onClick={() => onWay(way)}>{t("control.check.change")}</Button>;
    case "period":
      return <Button onClick={() => onWay(way)}>{t("control.check.move")}</Button>;
    case "transfer":
      return (
        <Link className="ant-btn-like" to="/adjust" search={withSearch({ from: JSON.stringify(way.coordinate), amount: way.amount })}>
          {t("control.check.adjust")}
        </Link>
      );
    case "release":
      return (
        <Link className="ant-btn-like" to="/spend" search={withSearch({ tab: "mine", id: way.document_id })}>
          {t("control.check.view")}
        </Link>
      );
    case "supplement":
      return null;
  }
}
