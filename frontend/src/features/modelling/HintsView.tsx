/** What in the model is right but probably not meant: used by nothing, filled by nobody, never reached, slow. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Empty, Loading } from "../../ui/states";
import type { ModelDetail } from "../planning/requests";
import { Refused } from "./ModelPage";
import { type Hint, hintsQuery } from "./requests";

export function HintsView({ model }: { readonly model: ModelDetail }) {
  const { t } = useTranslation();
  const found = useQuery(hintsQuery(model.code, model.revision));
  if (found.error) return <Refused error={found.error} retry={() => void found.refetch()} noRight={t("modelling.noRightToHints")} />;
  if (!found.data) return <Loading />;
  if (found.data.length === 0) return <Empty>{t("modelling.noHints")}</Empty>;
  return (
    <div className="model-scroll">
      <ol className="model-revisions" data-testid="hints">
        {found.data.map((one) => (
          <HintLine key={`${one.code} ${one.file} ${one.line} ${one.found}`} hint={one} />
        ))}
      </ol>
      <p className="muted small model-foot">{t("modelling.hintsOnly")}</p>
    </div>
  );
}

function HintLine({ hint }: { readonly hint: Hint }) {
  const { t } = useTranslation();
  return (
    <li data-hint={hint.code}>
      <b>{t(`modelling.hints.${hint.code}`, { defaultValue: hint.message })}</b>
      <code>{hint.found}</code>
      <span className="muted">{hint.line ? `${hint.file}:${hint.line}` : hint.file}</span>
      <p>{t(`modelling.remedies.${hint.code}`, { defaultValue: hint.expected })}</p>
    </li>
  );
}
