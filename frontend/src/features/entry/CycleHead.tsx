/** The head shared by 下达 and 汇总: the place, its tabs, where the cycle stands; and the states when there is no cycle to show. */
import { Link } from "@tanstack/react-router";
import { Button, Select } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { usePageContext } from "../../lib/usePageContext";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import type { Cycle } from "./requests";
import { type CycleChoice, useCycle } from "./useCycle";

interface HeadProps {
  readonly cycle: Cycle | undefined;
  readonly tab: "targets" | "summary";
  readonly children?: ReactNode;
}

export function CycleHead({ cycle, tab, children }: HeadProps) {
  const { t } = useTranslation();
  const [context] = usePageContext();
  const unit = t(`top.${context.unit ?? "yuan"}`);
  const due = cycle?.rounds.find((one) => one.code === cycle.round)?.due;
  return (
    <>
      <div className="page-head">
        <h1>{t("nav.target")}</h1>
        <nav className="head-tabs" aria-label={t("entry.tabs")}>
          <Link to="/target" activeOptions={{ exact: true }} aria-current={tab === "targets" ? "page" : undefined}>
            {t("entry.tabTargets")}
          </Link>
          <Link to="/target/summary" aria-current={tab === "summary" ? "page" : undefined}>
            {t("entry.tabSummary")}
          </Link>
        </nav>
        {cycle && (
          <>
            <span className="tag" data-tone={cycle.status === "open" ? "info" : undefined}>
              <Icon name={cycle.status === "open" ? "pen" : "lock"} />
              {t(`entry.${cycle.status}`)}
            </span>
            <span className="facts">{[cycle.title, cycle.round, due && t("entry.due", { due }), t("entry.inUnit", { unit })].filter(Boolean).join(" · ")}</span>
          </>
        )}
        <span className="spring" />
        {children}
      </div>
      {cycle && context.version !== undefined && context.version !== cycle.version && <div className="strip">{t("entry.otherVersion", { version: context.version, title: cycle.title })}</div>}
      {cycle?.status === "closed" && <div className="strip">{t("entry.closedNote")}</div>}
    </>
  );
}

/** The cycle when there is one; else the sentence that says why not and what to do. */
export function WithCycle({ tab, children }: { readonly tab: HeadProps["tab"]; readonly children: (cycle: Cycle, choice: CycleChoice) => ReactNode }) {
  const { t } = useTranslation();
  const choice = useCycle();
  const { cycle } = choice;
  if (cycle) return <div className="page">{children(cycle, choice)}</div>;
  return (
    <div className="page">
      <CycleHead cycle={undefined} tab={tab} />
      {choice.error ? <Wrong error={choice.error} retry={choice.retry} /> : choice.noModels ? <Empty>{t("entry.noModels")}</Empty> : choice.cycles ? <NoCycle /> : <Loading />}
    </div>
  );
}

export function Wrong({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  const { t } = useTranslation();
  const problem = asProblem(error);
  const text = problem.kind === "forbidden" ? t("state.noPermissionHere") : t("problem.load", { reason: problemText(t, problem) });
  return <Failed what={text} reference={problem.reference} retry={retry} />;
}

function NoCycle() {
  const { t } = useTranslation();
  return (
    <Empty
      action={
        <Link to="/admin">
          <Button type="primary">{t("entry.goAdmin")}</Button>
        </Link>
      }
    >
      {t("entry.noCycleAdmin")}
    </Empty>
  );
}

export function CyclePicker({ cycle, choice }: { readonly cycle: Cycle; readonly choice: CycleChoice }) {
  const { t } = useTranslation();
  if ((choice.cycles?.length ?? 0) < 2) return null;
  return (
    <>
      <span className="muted">{t("entry.cycle")}</span>
      <Select
        aria-label={t("entry.cycle")}
        popupMatchSelectWidth={false}
        value={cycle.id}
        options={choice.cycles?.map((one) => ({ value: one.id, label: one.title })) ?? []}
        onChange={choice.choose}
      />
    </>
  );
}
