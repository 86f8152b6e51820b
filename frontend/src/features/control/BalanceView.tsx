/** 余额: the balance rows of a rule at a period, each with its bar; one opened shows its months and the documents that use it. */
import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { usePageContext } from "../../lib/usePageContext";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { useNarrow } from "../../ui/useNarrow";
import { BalancePanel } from "./BalancePanel";
import { objectOf } from "./CheckPanel";
import { inUnit, negative, rate, sum } from "./figures";
import { type Bucket, bucketsQuery, policiesQuery, type Policy } from "./spendRequests";
import { StageBar } from "./StageBar";
import type { SpendPlace } from "./useSpendPlace";

interface Props {
  readonly model: string | undefined;
  readonly place: SpendPlace;
  readonly go: (part: Partial<SpendPlace>) => void;
}

export function BalanceView({ model, place, go }: Props) {
  const { t } = useTranslation();
  const found = useQuery(policiesQuery());
  if (found.isPending) return <Loading />;
  if (found.error) return <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} retry={() => void found.refetch()} />;
  const policies = found.data.filter((one) => one.periods.length > 0 && (model === undefined || one.model === model));
  const policy = policies.find((one) => one.code === place.policy) ?? policies[0];
  if (!policy) return <Empty>{t("control.balance.none")}</Empty>;
  return <Balances policies={policies} policy={policy} place={place} go={go} />;
}

interface BalancesProps extends Omit<Props, "model"> {
  readonly policies: readonly Policy[];
  readonly policy: Policy;
}

function Balances({ policies, policy, place, go }: BalancesProps) {
  const { t } = useTranslation();
  const [context] = usePageContext();
  const unit = context.unit ?? "yuan";
  const rule = policy.rules.find((one) => one.code === place.rule) ?? policy.rules[0];
  const period = policy.periods.find((one) => one === place.period) ?? policy.period ?? policy.periods[0] ?? "";
  const found = useQuery({ ...bucketsQuery(policy.code, rule?.code ?? "", period), enabled: rule !== undefined });
  const rows = found.data ?? [];
  return (
    <>
      <div className="toolbar">
        {policies.length > 1 && (
          <Select
            size="small"
            aria-label={t("control.balance.policy")}
            popupMatchSelectWidth={false}
            value={policy.code}
            options={policies.map((one) => ({ value: one.code, label: one.title }))}
            onChange={(code) => go({ policy: code, rule: undefined, period: undefined, bucket: undefined })}
          />
        )}
        <Select
          size="small"
          aria-label={t("control.balance.rule")}
          popupMatchSelectWidth={false}
          value={rule?.code ?? null}
          options={policy.rules.map((one) => ({ value: one.code, label: one.title }))}
          onChange={(code) => go({ rule: code, bucket: undefined })}
        />
        <Select
          size="small"
          aria-label={t("control.balance.period")}
          popupMatchSelectWidth={false}
          value={period}
          options={policy.periods.map((one) => ({ value: one, label: one }))}
          onChange={(next) => go({ period: next, bucket: undefined })}
        />
        <span className="spring" />
        <span className="muted small">
          {found.data && t("control.balance.total", { count: rows.length })} · {t("control.balance.unit", { unit: t(`top.${unit}`) })}
        </span>
      </div>
      <div className="balance-body">
        <div className="scroll" data-waiting={found.isPlaceholderData}>
          {found.isPending && <Loading />}
          {found.error && <Failed what={t("problem.load", { reason: problemText(t, asProblem(found.error)) })} retry={() => void found.refetch()} />}
          {found.data?.length === 0 && <Empty>{t("control.balance.empty")}</Empty>}
          {rows.length > 0 && <Rows rows={rows} open={place.bucket} onOpen={(bucket) => go({ bucket })} unit={unit} />}
        </div>
        {place.bucket !== undefined && <BalancePanel id={place.bucket} unit={unit} onClose={() => go({ bucket: undefined })} />}
      </div>
    </>
  );
}

interface RowsProps {
  readonly rows: readonly Bucket[];
  readonly open: number | undefined;
  readonly onOpen: (bucket: number) => void;
  readonly unit: NonNullable<ReturnType<typeof usePageContext>[0]["unit"]>;
}

const used = (row: Bucket): string => sum([row.executed, row.committed, row.reserved]);

function Rows({ rows, open, onOpen, unit }: RowsProps) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const name = (row: Bucket) => (
    <button type="button" className="plain link" onClick={() => onOpen(row.bucket)}>
      {objectOf(row)}
    </button>
  );
  const bar = (row: Bucket) => <StageBar slim cap={row.cap ?? "0"} limit={row.limit} executed={row.executed ?? "0"} committed={row.committed ?? "0"} reserved={row.reserved ?? "0"} />;
  if (narrow)
    return (
      <ul className="doc-cards plain-cards" data-testid="balances">
        {rows.map((row) => (
          <li key={row.bucket}>
            <span className="line">
              {name(row)}
              <b className={negative(row.available) ? "unfav" : ""}>{inUnit(row.available, unit)}</b>
            </span>
            {bar(row)}
            <span className="muted small">
              {t("control.balance.budget")} {inUnit(row.cap, unit)} · {t("control.balance.used")} {rate(used(row), row.cap ?? "0")}
            </span>
          </li>
        ))}
      </ul>
    );
  return (
    <table className="data-table wide-rows" data-testid="balances">
      <thead>
        <tr>
          <th>{t("control.balance.object")}</th>
          <th className="number">{t("control.balance.budget")}</th>
          <th className="number">{t("control.balance.executed")}</th>
          <th className="number">{t("control.balance.committed")}</th>
          <th className="number">{t("control.balance.reserved")}</th>
          <th className="number">{t("control.balance.available")}</th>
          <th className="bar">{t("control.balance.progress")}</th>
          <th className="number">{t("control.balance.rate")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.bucket} data-open={row.bucket === open}>
            <td>{name(row)}</td>
            <td className="number">{inUnit(row.cap, unit)}</td>
            <td className="number">{inUnit(row.executed, unit)}</td>
            <td className="number">{inUnit(row.committed, unit)}</td>
            <td className="number">{inUnit(row.reserved, unit)}</td>
            <td className={negative(row.available) ? "number unfav" : "number strong"}>{inUnit(row.available, unit)}</td>
            <td className="bar">{bar(row)}</td>
            <td className="number">{rate(used(row), row.cap ?? "0")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
