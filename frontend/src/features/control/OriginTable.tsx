/** Each cell's budget by where it came from: as released, transferred, supplemented, carried, borrowed, not issued yet, and what is usable. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { useNarrow } from "../../ui/useNarrow";
import { type Origin, originsQuery } from "./deskRequests";
import { negative, yuan } from "./figures";

const TERMS = ["original", "transferred", "supplemented", "carried", "borrowed", "withheld", "current"] as const;

const place = (cell: Origin): string => Object.values(cell.names).join(" · ");

export function OriginTable({ policy, period }: { readonly policy: string; readonly period: string }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const found = useQuery(originsQuery(policy, period));
  if (found.isPending) return <Loading />;
  if (found.error) return <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} retry={() => void found.refetch()} />;
  if (found.data.length === 0) return <Empty>{t("control.balance.none")}</Empty>;
  const shown = narrow ? (["original", "current"] as const) : TERMS;
  return (
    <table className="data-table wide-rows">
      <thead>
        <tr>
          <th>{t("control.balance.object")}</th>
          {shown.map((term) => (
            <th key={term} className="number">
              {t(`control.desk.${term}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {found.data.map((cell) => (
          <tr key={JSON.stringify(cell.coordinate)}>
            <td>{place(cell)}</td>
            {shown.map((term) => (
              <td key={term} className={negative(cell[term]) ? "number unfav" : "number"}>
                {Number(cell[term]) === 0 && term !== "current" ? "" : yuan(cell[term])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
