/** 审批: what waits for me on the left, the case on the right; on a phone one after the other. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { withSearch } from "../../lib/search";
import { useNarrow } from "../../ui/useNarrow";
import { Empty } from "../../ui/states";
import "../../styles/process.css";
import { CaseList, LISTS, type ListName } from "./CaseList";
import { CaseView } from "./CaseView";
import { tasksQuery } from "./requests";

export function ApprovePage() {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const navigate = useNavigate();
  const search: Record<string, unknown> = useSearch({ strict: false });
  const list: ListName = LISTS.find((one) => one === search["list"]) ?? "mine";
  const asked = Number(search["case"]);
  const tasks = useQuery(tasksQuery());
  const mine = tasks.data?.map((task) => task.instance_id) ?? [];
  const picked = Number.isInteger(asked) && asked > 0 ? asked : !narrow && list === "mine" ? mine[0] : undefined;
  const go = (change: Record<string, unknown>): void => void navigate({ to: ".", search: withSearch(change) });
  const at = picked === undefined ? -1 : mine.indexOf(picked);
  const step = (by: number): (() => void) | undefined => {
    const next = at < 0 ? undefined : mine[at + by];
    return next === undefined ? undefined : () => go({ case: next });
  };
  const position = at < 0 ? undefined : { n: at + 1, count: mine.length, previous: step(-1), next: step(1) };
  /** After a decision: the next that waits, else the one just decided stays. */
  const decided = (): void => {
    const next = mine.filter((id) => id !== picked)[Math.max(0, at)] ?? mine.find((id) => id !== picked);
    if (next !== undefined && list === "mine") go({ case: narrow ? undefined : next });
    else go({ case: narrow ? undefined : picked });
  };
  const shown = picked !== undefined && <CaseView key={picked} id={picked} position={position} onBack={() => go({ case: undefined })} onDecided={decided} />;
  if (narrow) {
    return (
      <div className="page process approve" data-testid="approve">
        {shown || <CaseList list={list} picked={undefined} onList={(name) => go({ list: name === "mine" ? undefined : name })} onPick={(id) => go({ case: id })} />}
      </div>
    );
  }
  return (
    <div className="page process approve" data-testid="approve">
      <CaseList list={list} picked={picked} onList={(name) => go({ list: name === "mine" ? undefined : name, case: undefined })} onPick={(id) => go({ case: id })} />
      <div className="approve-case">{shown || <Empty>{mine.length === 0 && list === "mine" ? t("process.none.mine") : t("process.none.pick")}</Empty>}</div>
    </div>
  );
}
