/** From where to where and how much, with what it does to both sides' rooms while it is typed. */
import { useQuery } from "@tanstack/react-query";
import { Input, Select, TreeSelect } from "antd";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TFunction } from "i18next";
import { asProblem, type Problem } from "../../api/problem";
import { type Amount, amount as asAmount, tryAmount } from "../../lib/amount";
import { type MoneyUnit, readTyped } from "../../lib/display";
import { problemText } from "../../ui/problemText";
import { Icon } from "../../ui/icons";
import { Loading } from "../../ui/states";
import { money, MONEY } from "./figures";
import { type Axis, type Board, boardQuery, type Effect, effectQuery, type Line } from "./requests";
import { useMonitored } from "./useMonitored";

interface Asked {
  readonly policy: string;
  readonly lines: Line[];
  readonly flow: string;
  readonly fits: boolean;
}

interface Props {
  readonly model: string;
  readonly item?: string;
  readonly target?: Record<string, string>;
  readonly period?: string;
  readonly amount?: string;
  readonly onChange: (asked: Asked | null) => void;
}

type Members = Readonly<Record<string, string>>;

export function TransferLines(props: Props) {
  const board = useQuery(boardQuery({ model: props.model, span: "year", period: props.period, item: props.item }));
  const { t } = useTranslation();
  if (board.error) return <p className="error">{problemText(t, asProblem(board.error))}</p>;
  return board.data ? <Filled {...props} board={board.data} /> : <Loading rows={4} />;
}

function Filled({ board, target, amount, onChange }: Props & { readonly board: Board }) {
  const { t } = useTranslation();
  const { unit } = useMonitored();
  const [from, setFrom] = useState<Members>({});
  const [to, setTo] = useState<Members>(() => onlyLeaves(board, target ?? {}));
  const [fromPeriod, setFromPeriod] = useState(board.period);
  const [toPeriod, setToPeriod] = useState(board.period);
  const [typed, setTyped] = useState(() => (amount && Number(amount) > 0 ? String(Math.ceil(Number(amount))) : ""));
  const read = readTyped(typed, MONEY, "yuan");
  const wanted: Amount | null = read.kind === "amount" && Number(read.amount) > 0 ? read.amount : null;
  const lines = useMemo(() => linesOf(board, { members: from, period: fromPeriod }, { members: to, period: toPeriod }, wanted), [board, from, fromPeriod, to, toPeriod, wanted]);
  const effect = useQuery({ ...effectQuery(board.policy, lines ?? []), enabled: lines !== null });
  const fits = lines !== null && effect.data !== undefined && !effect.isFetching && effect.data.every((row) => row.verdict !== "refuse");
  useEffect(() => {
    onChange(lines === null ? null : { policy: board.policy, lines, flow: board.transfer_flow, fits });
  }, [lines, fits, board, onChange]);
  return (
    <div className="transfer-lines">
      <Side label={t("monitoring.from")} board={board} chosen={from} period={fromPeriod} testid="from" onChange={setFrom} onPeriod={setFromPeriod} />
      <Side label={t("monitoring.to")} board={board} chosen={to} period={toPeriod} testid="to" onChange={setTo} onPeriod={setToPeriod} />
      <div className="transfer-amount">
        <label className="field">
          <span>{t("monitoring.amountYuan")}</span>
          <Input
            data-testid="transfer-amount"
            inputMode="decimal"
            value={typed}
            status={typed && wanted === null ? "error" : ""}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
      </div>
      {effect.error && <p className="error small" data-testid="transfer-refused">{whyRefused(t, asProblem(effect.error), unit)}</p>}
      {lines !== null && effect.data && <Effects rows={effect.data} unit={unit} />}
    </div>
  );
}

const onlyLeaves = (board: Board, members: Members): Members =>
  Object.fromEntries(board.axes.flatMap((axis) => axis.nodes.filter((node) => node.leaf && node.code === members[axis.dim]).map((node) => [axis.dim, node.code])));

interface Place {
  readonly members: Members;
  readonly period: string;
}

/** The two lines, once everything is chosen and the places differ. */
function linesOf(board: Board, from: Place, to: Place, wanted: Amount | null): Line[] | null {
  const dims = board.axes.map((axis) => axis.dim);
  const whole = dims.every((dim) => from.members[dim] && to.members[dim]);
  const same = from.period === to.period && dims.every((dim) => from.members[dim] === to.members[dim]);
  if (!whole || wanted === null || same) return null;
  const line = (place: Place, value: string): Line => ({ coordinate: { ...place.members, item: board.item }, period: place.period, amount: value, memo: "" });
  return [line(from, `-${wanted}`), line(to, wanted)];
}

/** A cell that has less than it shall give says so in figures; everything else in the server's words. */
function whyRefused(t: TFunction, problem: Problem, unit: MoneyUnit): string {
  const [has, wants] = [tryAmount(problem.fact("current") ?? ""), tryAmount(problem.fact("asked") ?? "")];
  return has !== null && wants !== null ? t("monitoring.cellShort", { current: money(has, unit, 2) || "0", asked: money(wants, unit, 2) }) : problemText(t, problem);
}

function yearMonths(period: string): string[] {
  return /^\d{4}-\d{2}$/.test(period) ? Array.from({ length: 12 }, (_, i) => `${period.slice(0, 4)}-${String(i + 1).padStart(2, "0")}`) : [period];
}

interface Node {
  readonly value: string;
  readonly title: string;
  readonly selectable: boolean;
  readonly children: Node[];
}

function treeOf(axis: Axis): Node[] {
  const nodes = new Map(axis.nodes.map((node) => [node.code, { value: node.code, title: node.name, selectable: node.leaf, children: [] as Node[] }]));
  const tops: Node[] = [];
  for (const node of axis.nodes) {
    const made = nodes.get(node.code);
    if (made) (node.parent === null ? tops : (nodes.get(node.parent)?.children ?? tops)).push(made);
  }
  return tops;
}

interface SideProps {
  readonly label: string;
  readonly board: Board;
  readonly chosen: Members;
  readonly period: string;
  readonly testid: string;
  readonly onChange: (members: Members) => void;
  readonly onPeriod: (period: string) => void;
}

function Side({ label, board, chosen, period, testid, onChange, onPeriod }: SideProps) {
  const { t } = useTranslation();
  const { unit } = useMonitored();
  const row = board.rows.find((one) => one.at.every((code, i) => chosen[board.axes[i]?.dim ?? ""] === code));
  return (
    <fieldset className="transfer-side">
      <legend>{label}</legend>
      <div className="transfer-cell">
        {board.axes.map((axis) => (
          <TreeSelect
            key={axis.dim}
            aria-label={`${label} ${axis.name}`}
            data-testid={`${testid}-${axis.dim}`}
            placeholder={axis.name}
            popupMatchSelectWidth={260}
            treeDefaultExpandAll
            showSearch={{ treeNodeFilterProp: "title" }}
            {...(chosen[axis.dim] === undefined ? {} : { value: chosen[axis.dim] })}
            treeData={treeOf(axis)}
            onChange={(code: string) => onChange({ ...chosen, [axis.dim]: code })}
          />
        ))}
        <Select
          aria-label={`${label} ${t("monitoring.month")}`}
          data-testid={`${testid}-period`}
          value={period}
          options={yearMonths(board.period).map((month) => ({ value: month, label: month }))}
          onChange={onPeriod}
        />
      </div>
      {row && <span className="muted small">{t("monitoring.yearRoom", { amount: money(row.available ?? "0", unit, 2) })}</span>}
    </fieldset>
  );
}

/** Both sides' balance rows before and after; of rows one may not see only whether they suffice. */
function Effects({ rows, unit }: { readonly rows: readonly Effect[]; readonly unit: ReturnType<typeof useMonitored>["unit"] }) {
  const { t } = useTranslation();
  if (rows.length === 0) return <p className="muted small">{t("monitoring.noRules")}</p>;
  const tight = (row: Effect): number => (row.after === null ? Number.POSITIVE_INFINITY : Number(row.after));
  const shown = [...rows].sort((a, b) => Number(b.verdict === "refuse") - Number(a.verdict === "refuse") || Number(b.gives) - Number(a.gives) || tight(a) - tight(b));
  const few = shown.filter((row, i) => row.verdict === "refuse" || shown.findIndex((other) => other.title === row.title && other.key === row.key && other.gives === row.gives) === i).slice(0, 6);
  return (
    <table className="effects" data-testid="effects">
      <thead>
        <tr>
          <th scope="col">{t("monitoring.ruleRow")}</th>
          <th scope="col">{t("monitoring.roomNow")}</th>
          <th scope="col">{t("monitoring.roomAfter")}</th>
        </tr>
      </thead>
      <tbody>
        {few.map((row) => (
          <tr key={row.bucket} data-verdict={row.verdict}>
            <th scope="row">
              {row.gives ? t("monitoring.from") : t("monitoring.to")} · {row.title}
              <span className="muted small">
                {" "}
                {row.key ?? ""} {row.window}
              </span>
            </th>
            {row.available === null ? (
              <td colSpan={2} className={row.verdict === "refuse" ? "error" : "muted"}>
                {row.verdict === "refuse" && <Icon name="warn" />} {t(row.verdict === "refuse" ? "monitoring.notEnough" : "monitoring.enough")}
              </td>
            ) : (
              <>
                <td>{money(row.available, unit, 2)}</td>
                <td className={row.verdict === "refuse" ? "error strong" : ""}>
                  {money(row.after, unit, 2)}
                  {row.verdict === "refuse" && row.short !== null && <div className="small">{t("monitoring.short", { amount: money(tryAmount(row.short) ?? asAmount("0"), unit, 2) })}</div>}
                </td>
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
