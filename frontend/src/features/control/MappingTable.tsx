/** How the fields of one line become its members: every way tried for each dimension, in order, and the one taken. */
import { useTranslation } from "react-i18next";
import type { Target } from "./deskRequests";

const COLUMNS = ["target", "way", "when", "read", "value"] as const;

export function MappingTable({ targets }: { readonly targets: readonly Target[] }) {
  const { t } = useTranslation();
  return (
    <div className="table-box">
      <table className="data-table mapping-table">
        <thead>
          <tr>
            {COLUMNS.map((one) => (
              <th key={one}>{t(`control.mapping.${one}`)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {targets.map((target) => (
            <Ways key={target.name} target={target} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Ways({ target }: { readonly target: Target }) {
  const { t } = useTranslation();
  const name = target.name === "period" || target.name === "amount" ? t(`control.mapping.${target.name}`) : target.name;
  return target.tried.map((way, index) => (
    <tr key={index} data-chosen={way.chosen} data-testid={way.chosen ? `mapped-${target.name}` : undefined}>
      {index === 0 && (
        <th scope="rowgroup" rowSpan={target.tried.length}>
          {name}
          {target.fault && <span className="unfav small"> {t("control.mapping.unmapped")}</span>}
        </th>
      )}
      <td>{way.way}</td>
      <td>{way.when === "" ? t("control.mapping.always") : `${way.when}：${t(`control.mapping.${way.holds === null ? "unknown" : way.holds ? "holds" : "fails"}`)}`}</td>
      <td>
        {Object.entries(way.read)
          .map(([field, said]) => `${field} = ${said || t("control.mapping.blank")}`)
          .join(t("control.comma"))}
      </td>
      <td>{way.chosen ? <b title={t("control.mapping.chosen")}>✓ {way.value}</b> : <span className="muted small">{way.note}</span>}</td>
    </tr>
  ));
}
