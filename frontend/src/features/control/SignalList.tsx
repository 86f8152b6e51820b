/** What should be looked at now: thresholds, the day of exhaustion at this pace, stale holds, repeated exceptions. */
import { useQuery } from "@tanstack/react-query";
import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { signalsQuery } from "./deskRequests";
import { yuan } from "./figures";
import type { SpendPlace } from "./useSpendPlace";

interface Props {
  readonly policy: string;
  readonly go: (part: Partial<SpendPlace>) => void;
}

export function SignalList({ policy, go }: Props) {
  const { t } = useTranslation();
  const found = useQuery(signalsQuery(policy));
  if (found.isPending) return <Loading />;
  if (found.error) return <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} retry={() => void found.refetch()} />;
  if (found.data.length === 0) return <Empty>{t("control.desk.noSignals")}</Empty>;
  return (
    <ul className="doc-cards plain-cards">
      {found.data.map((one) => (
        <li key={`${one.kind} ${one.what}`}>
          <span className="line">
            <span>
              <Tag color={one.kind === "threshold" ? "error" : "warning"}>{t(`control.desk.signal.${one.kind}`)}</Tag>
              {one.document === null ? (
                one.what
              ) : (
                <button type="button" className="plain link" onClick={() => go({ tab: "mine", id: one.document ?? undefined })}>
                  {one.what}
                </button>
              )}
            </span>
            <b>{one.day ?? (one.percent === null ? yuan(one.amount) : `${one.percent}%`)}</b>
          </span>
        </li>
      ))}
    </ul>
  );
}
