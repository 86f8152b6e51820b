/** A place that has no page yet: one honest sentence, no made-up figures. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { zh } from "../locales/zh";
import { Empty } from "./states";

export function SoonPage({ place }: { readonly place: Exclude<keyof (typeof zh)["soon"], "back"> }) {
  const { t } = useTranslation();
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t(`nav.${place}`)}</h1>
      </div>
      <Empty action={<Link to="/prepare">{t("soon.back")}</Link>}>{t(`soon.${place}`)}</Empty>
    </div>
  );
}
