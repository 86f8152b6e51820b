/** Somebody saved the same cells meanwhile: both values, both names, both times; nothing is overwritten silently. */
import { Button, Modal, Radio } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Sheet } from "../../grid/model/sheet";
import type { Amount } from "../../lib/amount";
import { type MoneyUnit, show } from "../../lib/display";
import { clockTime } from "../../lib/times";
import type { Clash } from "./usePlanSheet";

type Keep = "mine" | "theirs";

interface Props {
  readonly clashes: readonly Clash[];
  readonly sheet: Sheet;
  readonly unit: MoneyUnit;
  readonly me: string;
  readonly onResolve: (choices: readonly (Clash & { readonly keep: Keep })[]) => void;
  readonly onCancel: () => void;
}

export function ConflictDialog({ clashes, sheet, unit, me, onResolve, onCancel }: Props) {
  const { t } = useTranslation();
  const [kept, setKept] = useState<ReadonlyMap<number, Keep>>(new Map());
  const keepAll = (keep: Keep): void => setKept(new Map(clashes.map((_, i) => [i, keep])));
  const figure = (clash: Clash, value: Amount | null): string => {
    const row = sheet.row(clash.row);
    return value === null || !row ? t("cell.blank") : show(value, row.measure, unit);
  };
  const resolve = (): void => onResolve(clashes.flatMap((clash, i) => (kept.has(i) ? [{ ...clash, keep: kept.get(i) ?? "mine" }] : [])));
  return (
    <Modal
      open
      width={720}
      title={t("conflict.title", { count: clashes.length })}
      onCancel={onCancel}
      footer={[
        <Button key="mine" onClick={() => keepAll("mine")}>
          {t("conflict.takeAllMine")}
        </Button>,
        <Button key="theirs" onClick={() => keepAll("theirs")}>
          {t("conflict.takeAllTheirs")}
        </Button>,
        <Button key="cancel" onClick={onCancel}>
          {t("conflict.cancel")}
        </Button>,
        <Button key="apply" type="primary" disabled={kept.size < clashes.length} onClick={resolve}>
          {t("conflict.apply")}
        </Button>,
      ]}
    >
      <p className="muted">{t("conflict.lead")}</p>
      <table className="conflicts" data-testid="conflicts">
        <thead>
          <tr>
            <th>{t("conflict.cell")}</th>
            <th>{t("conflict.base")}</th>
            <th>{t("conflict.mine")}</th>
            <th>{t("conflict.theirs", { who: t("conflict.someone") })}</th>
          </tr>
        </thead>
        <tbody>
          {clashes.map((clash, i) => (
            <tr key={`${clash.row} ${clash.column}`}>
              <td>
                {sheet.row(clash.row)?.label}
                <br />
                <span className="muted small">{sheet.column(clash.column)?.fullName}</span>
              </td>
              <td className="muted">{figure(clash, clash.base)}</td>
              {(["mine", "theirs"] as const).map((keep) => (
                <td key={keep}>
                  <Radio
                    name={`clash-${i}`}
                    checked={kept.get(i) === keep}
                    aria-label={`${keep === "mine" ? t("conflict.mine") : clash.who} ${figure(clash, clash[keep])}`}
                    onChange={() => setKept(new Map(kept).set(i, keep))}
                  >
                    <b>{figure(clash, clash[keep])}</b>
                    <br />
                    <span className="muted small">
                      {keep === "mine" ? `${me} · ${t("conflict.now")}` : `${clash.who || t("conflict.someone")} · ${t("conflict.at", { time: clockTime(clash.at) })}`}
                    </span>
                  </Radio>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
