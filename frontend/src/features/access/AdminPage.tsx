/** 管理: the business date, and the budget cycles of the chosen model. */
import { useTranslation } from "react-i18next";
import { CyclesAdmin } from "../entry/CyclesAdmin";
import { BusinessDate } from "./BusinessDate";

export function AdminPage() {
  const { t } = useTranslation();
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t("nav.admin")}</h1>
      </div>
      <div className="admin-body">
        <BusinessDate />
        <CyclesAdmin />
      </div>
    </div>
  );
}
