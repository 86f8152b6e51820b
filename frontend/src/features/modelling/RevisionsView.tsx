/** Who changed the model when, and why; newest first. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { clockTime } from "../../lib/times";
import { Empty, Loading } from "../../ui/states";
import type { ModelDetail } from "../planning/requests";
import { Refused } from "./ModelPage";
import { revisionsQuery } from "./requests";

export function RevisionsView({ model }: { readonly model: ModelDetail }) {
  const { t } = useTranslation();
  const found = useQuery(revisionsQuery(model.code));
  if (found.error) return <Refused error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Loading />;
  if (found.data.length === 0) return <Empty>{t("modelling.noRevisions")}</Empty>;
  return (
    <div className="model-scroll">
      <ol className="model-revisions" data-testid="revisions">
        {found.data.map((one) => (
          <li key={one.number}>
            <b>{t("modelling.revision", { number: one.number })}</b>
            {one.number === model.revision && (
              <span className="tag" data-tone="ok">
                {t("modelling.inForce")}
              </span>
            )}
            <span className="muted">
              {one.author} · {clockTime(one.at)}
            </span>
            <p>{one.reason || <span className="muted">{t("modelling.noReason")}</span>}</p>
          </li>
        ))}
      </ol>
      <p className="muted small model-foot">{t("modelling.howToChange")}</p>
    </div>
  );
}
