/** 调整: cases on their way to closure, and transfers of budget. */
import { Button, Tabs } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import "../../styles/monitoring.css";
import { CaseList } from "./CaseList";
import { CasePage } from "./CasePage";
import { readAdjust, useView } from "./search";
import { TransferList } from "./TransferList";
import { TransferPage } from "./TransferPage";
import { useMonitored } from "./useMonitored";

export function AdjustPage() {
  const { t } = useTranslation();
  const { models, model, error, retry, may } = useMonitored();
  const [view, change] = useView(readAdjust);
  if (error) {
    const problem = asProblem(error);
    return <Failed what={problem.kind === "forbidden" ? t("state.noPermissionHere") : t("problem.load", { reason: problemText(t, problem) })} reference={problem.reference} retry={retry} />;
  }
  if (models?.length === 0) return <Empty>{t("plan.noModels")}</Empty>;
  if (!model) return <Loading />;
  const tab = view.tab ?? "cases";
  return (
    <div className="page adjust">
      <div className="page-head">
        <h1>{t("nav.adjust")}</h1>
        <Tabs
          className="page-tabs"
          activeKey={tab}
          items={[
            { key: "cases", label: t("monitoring.casesTab") },
            { key: "transfers", label: t("monitoring.transfersTab") },
          ]}
          onChange={(key) => change({ tab: key === "transfers" ? "transfers" : undefined, case: undefined, transfer: undefined, ask: undefined })}
        />
        <span className="spring" />
        {tab === "transfers" && !view.ask && may("control.transfer") && (
          <Button type="primary" data-testid="new-transfer" onClick={() => change({ ask: true, transfer: undefined })}>
            {t("monitoring.newTransfer")}
          </Button>
        )}
      </div>
      <div className="adjust-body">
        {tab === "transfers" ? (
          view.ask ? (
            <TransferPage model={model.code} />
          ) : (
            <TransferList model={model.code} picked={view.transfer} />
          )
        ) : view.case ? (
          <CasePage id={view.case} model={model.code} />
        ) : (
          <CaseList model={model.code} />
        )}
      </div>
    </div>
  );
}
