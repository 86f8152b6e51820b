/** What was not saved and why; a conflict shows both values and lets one choose. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { amount } from "../../lib/amount";
import { type MoneyUnit, show } from "../../lib/display";
import { Icon } from "../../ui/icons";
import { MONEY } from "./EditCell";
import type { TargetEdit } from "./requests";
import type { Refusal } from "./TargetTable";

interface Props {
  readonly refusals: readonly Refusal[];
  readonly unit: MoneyUnit;
  readonly nameOf: (edit: TargetEdit) => string;
  readonly onMine: (one: Refusal) => void;
  readonly onTheirs: (one: Refusal) => void;
  readonly onClose: () => void;
}

export function RefusedStrip({ refusals, unit, nameOf, onMine, onTheirs, onClose }: Props) {
  const { t } = useTranslation();
  if (refusals.length === 0) return null;
  const said = (value: string | null | undefined): string => (value === null || value === undefined ? t("entry.blankWord") : show(amount(value), MONEY, unit));
  const texts = new Set<string>();
  const shown = refusals.filter((one) => one.conflict || (!texts.has(one.message) && texts.add(one.message)));
  return (
    <div className="refused" role="alert" data-testid="refused">
      <ul>
        {shown.slice(0, 6).map((one) => (
          <li key={`${one.edit.org}|${one.edit.key}|${one.edit.part}|${one.message}`}>
            <Icon name="warn" />
            <b>{nameOf(one.edit)}</b>
            {one.conflict ? (
              <>
                <span>{t("entry.conflictNow", { now: said(one.now), mine: said(one.edit.after) })}</span>
                <Button type="link" size="small" onClick={() => onMine(one)}>
                  {t("entry.useMine")}
                </Button>
                <Button type="link" size="small" onClick={() => onTheirs(one)}>
                  {t("entry.useTheirs")}
                </Button>
              </>
            ) : (
              <span>{one.message}</span>
            )}
          </li>
        ))}
      </ul>
      <button type="button" className="plain" aria-label={t("panel.close")} onClick={onClose}>
        <Icon name="close" />
      </button>
    </div>
  );
}
