/** Documents that asked to pass beyond the budget: by how much, why, until when, and what became of it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { withSearch } from "../../lib/search";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { exceptionsQuery, type OverBudget } from "./deskRequests";
import { yuan } from "./figures";

const COLORS: Readonly<Record<string, string>> = { asked: "processing", granted: "success", used: "default", dropped: "error" };
const STATES = ["asked", "granted", "used", "dropped"] as const;

export function ExceptionTag({ status }: { readonly status: string }) {
  const { t } = useTranslation();
  const known = STATES.find((one) => one === status) ?? "asked";
  return <Tag color={COLORS[known] ?? "default"}>{t(`control.desk.exception.${known}`)}</Tag>;
}

export function ExceptionTable() {
  const { t } = useTranslation();
  const found = useQuery(exceptionsQuery());
  if (found.isPending) return <Loading />;
  if (found.error) return <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} retry={() => void found.refetch()} />;
  if (found.data.length === 0) return <Empty>{t("control.desk.noExceptions")}</Empty>;
  return (
    <ul className="doc-cards plain-cards">
      {found.data.map((one) => (
        <Row key={one.id} one={one} />
      ))}
    </ul>
  );
}

function Row({ one }: { readonly one: OverBudget }) {
  const { t } = useTranslation();
  return (
    <li>
      <span className="line">
        <span>
          <Link to="/spend" search={withSearch({ tab: "mine", id: one.document_id })}>
            {one.number}
          </Link>{" "}
          <ExceptionTag status={one.status} />
        </span>
        <b className="unfav">{t("control.check.over", { amount: yuan(one.gap) })}</b>
      </span>
      <span className="small">
        {one.requester} · {one.reason} · {t("control.desk.exception.until", { day: one.expires_on })}
      </span>
      <span className="small muted">{one.beyond.map((rule) => (rule.short === null ? rule.title : `${rule.title} ${t("control.check.short", { amount: yuan(rule.short) })}`)).join(t("control.comma"))}</span>
    </li>
  );
}
