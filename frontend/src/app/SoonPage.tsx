/** A place that has no page yet: one honest sentence, no made-up figures. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty } from "../ui/states";
import { PATH_OF, type Place } from "./places";

export function SoonPage({ place }: { readonly place: Exclude<Place, "prepare"> }) {
  const { t } = useTranslation();
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t(`nav.${place}`)}</h1>
      </div>
      <Empty action={<Link to={PATH_OF.prepare}>{t("soon.back")}</Link>}>{t(`soon.${place}`)}</Empty>
    </div>
  );
}
