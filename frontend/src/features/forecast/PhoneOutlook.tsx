/** On a phone: item, full year and difference to the budget; the months of the row looked at stand in the chart above. */
import { useTranslation } from "react-i18next";
import { Difference } from "./Difference";
import { type Figures, rateText } from "./figures";
import type { Outlook } from "./requests";
import { useTree } from "./useTree";

interface Props {
  readonly outlook: Outlook;
  readonly figures: Figures;
  readonly selected: string;
  readonly onSelect: (node: string) => void;
}

export function PhoneOutlook({ outlook, figures, selected, onSelect }: Props) {
  const { t } = useTranslation();
  const tree = useTree(outlook.rows);
  return (
    <ul className="phone-outlook" data-testid="outlook">
      {tree.visible.map((row) => (
        <li key={row.node} data-level={row.level} data-selected={row.node === selected}>
          <button type="button" className="plain" aria-pressed={row.node === selected} onClick={() => { onSelect(row.node); if (tree.hasChildren(row) && row.level > 0) tree.toggle(row); }}>
            <span className="line">
              <span className={row.level < 2 ? "strong" : undefined} style={{ paddingLeft: row.level * 10 }}>
                {row.name}
                {row.partial && "*"}
              </span>
              <b className="strong">{figures.of(row.year)}</b>
            </span>
            <span className="line small muted">
              <span style={{ paddingLeft: row.level * 10 }}>
                {t("forecast.budgetShort")} {figures.of(row.budget) || "—"}
              </span>
              <span>
                <Difference outlook={outlook} figures={figures} value={row.difference} /> {row.rate === null ? "" : rateText(row.rate)}
              </span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
