/** 解释这个数: where a figure comes from, in a fixed order: value, rule, operands, comparison, history, effect, lock. */
import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import type { Access, CellRef } from "../../grid/model/cell";
import { isError } from "../../grid/model/cell";
import type { Sheet } from "../../grid/model/sheet";
import { type Amount, subtract, tryAmount } from "../../lib/amount";
import { type MoneyUnit, show, showChange } from "../../lib/display";
import { clockTime } from "../../lib/times";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { CellActions } from "./CellActions";
import { type CellAddress, historyQuery, type ModelDetail, type Step, traceQuery } from "./requests";
import { cellState, itemMeasure } from "./slice";

interface Props {
  readonly cell: CellRef | null;
  readonly address: CellAddress | null;
  readonly seq: number;
  readonly sheet: Sheet;
  readonly model: ModelDetail;
  readonly unit: MoneyUnit;
  readonly acts: ((what: "spread" | "reallocate") => void) | undefined; // to write at this place
  readonly onClose: () => void;
}

const KIND: Record<Access, "input" | "computed" | "total" | "locked"> = { input: "input", computed: "computed", total: "total", locked: "locked", void: "locked" };

export function ExplainPanel(props: Props) {
  const { t } = useTranslation();
  return (
    <aside className="side" aria-label={t("panel.title")} data-testid="explain">
      <header>
        <h2>{t("panel.title")}</h2>
        <button type="button" className="plain close" aria-label={t("panel.close")} onClick={props.onClose}>
          <Icon name="close" />
        </button>
      </header>
      {props.cell && props.address ? <Explained {...props} cell={props.cell} address={props.address} /> : <section>{t("panel.pick")}</section>}
    </aside>
  );
}

function Explained({ cell, address, seq, sheet, model, unit, acts }: Props & { readonly cell: CellRef; readonly address: CellAddress }) {
  const { t } = useTranslation();
  useSyncExternalStore(sheet.subscribe, sheet.revision);
  const trace = useQuery(traceQuery(address, seq));
  const row = sheet.row(cell.row);
  const view = sheet.view(cell);
  const column = sheet.column(cell.column);
  if (!row) return null;
  const figure = (value: Amount | null): string => (value === null ? t("cell.blank") : show(value, row.measure, unit));
  const word = isError(view.state) || view.state === "na" ? t(`cell.${view.state}`) : figure(view.amount);
  const saved = sheet.saved(cell).amount;
  return (
    <>
      <section>
        <div className="small muted">
          {row.label} · {column?.fullName}
        </div>
        <div className="key-figure">
          <b data-testid="explain-value">
            {word}
            {view.amount !== null && row.measure.kind !== "percent" && <small>{row.measure.kind === "money" ? t(`top.${unit}`) : row.unit}</small>}
          </b>
          <span className="spring" />
          <span className="tag" data-tone={view.edited ? "warn" : view.access === "computed" || view.access === "total" ? "info" : undefined}>
            {(view.access === "computed" || view.access === "total") && <Icon name="formula" />}
            {view.edited ? t("panel.unsaved") : t(`panel.${KIND[view.access]}`)}
          </span>
        </div>
        {view.edited && (
          <div className="small muted">
            {t("panel.was", { value: figure(saved) })} {t("panel.unsavedNote", { value: figure(view.amount) })}
          </div>
        )}
        {view.invalid !== null && <div style={{ color: "var(--error)" }}>{view.invalid}</div>}
      </section>
      {acts && (view.access === "total" || view.access === "input") && (
        <CellActions address={address} total={view.access === "total"} onSpread={() => acts("spread")} onReallocate={() => acts("reallocate")} />
      )}
      {trace.error && <section>{t("problem.trace", { reason: problemText(t, asProblem(trace.error)) })}</section>}
      {trace.data && <Rule step={trace.data} model={model} unit={unit} />}
      <Compared sheet={sheet} cell={cell} unit={unit} />
      <History address={address} seq={seq} model={model} unit={unit} />
      <Effects sheet={sheet} cell={cell} unit={unit} />
      {view.access !== "input" && (
        <section>
          <h3>
            <Icon name="lock" size={12} />
            {t("panel.why")}
          </h3>
          {view.reason ?? t(`reason.${view.access === "void" ? "invalid" : view.access}`)}
        </section>
      )}
    </>
  );
}

const SHOWN_OPERANDS = 12;

function Rule({ step, model, unit }: { readonly step: Step; readonly model: ModelDetail; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const figure = (of: Step): string => {
    if (of.kind === "hidden") return t("cell.hidden");
    const state = cellState(of.s);
    if (state === "blank") return t("cell.blank");
    const value = of.v === null ? null : tryAmount(of.v);
    if (state !== "value" || value === null) return state === "value" ? "" : t(`cell.${state}`);
    const { measure, unit: own } = itemMeasure(model, of.cube, of.item, value);
    return show(value, measure, unit) + (measure.kind === "number" && own && own !== "?" ? ` ${own}` : "");
  };
  return (
    <>
      {step.text && (
        <section>
          <h3>{t("panel.how")}</h3>
          <div className="formula" data-testid="explain-formula">
            {step.text}
          </div>
        </section>
      )}
      {step.children.length > 0 && (
        <section data-testid="explain-operands">
          <h3>{t("panel.operands")}</h3>
          {step.children.slice(0, SHOWN_OPERANDS).map((child, i) => (
            <div className="pair" key={i}>
              <span>
                {child.kind === "hidden" ? t("cell.hidden") : operandName(child, step)}
                <br />
                <span className="muted small">{[...Object.values(child.members), child.period].filter(Boolean).join(" · ")}</span>
              </span>
              <b>{figure(child)}</b>
            </div>
          ))}
          {step.children.length > SHOWN_OPERANDS && <div className="muted small">{t("panel.more", { count: step.children.length - SHOWN_OPERANDS })}</div>}
        </section>
      )}
    </>
  );
}

const operandName = (child: Step, step: Step): string => (child.cube === step.cube ? child.name : `${child.cube} · ${child.name}`);

function Compared({ sheet, cell, unit }: { readonly sheet: Sheet; readonly cell: CellRef; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const own = sheet.column(cell.column);
  const row = sheet.row(cell.row);
  const peers = sheet.data.columns.filter((column) => column.total === own?.total && column.label !== "" && kindOf(column.id) === kindOf(cell.column));
  const before = peers[peers.findIndex((column) => column.id === cell.column) - 1];
  const now = sheet.view(cell).amount;
  const then = before && sheet.view({ row: cell.row, column: before.id }).amount;
  if (!row || !before || !then || now === null) return null;
  return (
    <section>
      <h3>{t("panel.compare")}</h3>
      <div className="pair">
        <span>
          {before.label} {show(then, row.measure, unit)}
        </span>
        <span>{showChange(subtract(now, then), row.measure, unit)}</span>
      </div>
    </section>
  );
}

/** Codes of the same shape are periods of the same length: 2026-03 and 2026-04, not 2026Q1. */
const kindOf = (code: string): string => code.replace(/\d/g, "0");

function History({ address, seq, model, unit }: { readonly address: CellAddress; readonly seq: number; readonly model: ModelDetail; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const history = useQuery(historyQuery(address, seq));
  const figure = (text: string | null): string => {
    const value = text === null ? null : tryAmount(text);
    return value === null ? t("cell.blank") : show(value, itemMeasure(model, address.cube, address.item, value).measure, unit);
  };
  if (!history.data) return null;
  return (
    <section data-testid="explain-history">
      <h3>{t("panel.history")}</h3>
      {history.data.length === 0 && <span className="muted">{t("panel.noHistory")}</span>}
      {history.data.slice(0, 8).map((entry) => (
        <div key={entry.seq}>
          <div className="pair">
            <span>
              {clockTime(entry.at)} · {entry.author}
            </span>
            <span>
              {figure(entry.before)} → {figure(entry.after)}
            </span>
          </div>
          {entry.reason && <div className="muted small">{entry.reason}</div>}
        </div>
      ))}
    </section>
  );
}

/** What stands above the cell on this page: the totals it counts into. */
function Effects({ sheet, cell, unit }: { readonly sheet: Sheet; readonly cell: CellRef; readonly unit: MoneyUnit }) {
  const { t } = useTranslation();
  const column = sheet.column(cell.column);
  const row = sheet.row(cell.row);
  const above: CellRef[] = [];
  for (let up = column?.parent; up; up = sheet.column(up)?.parent) above.push({ row: cell.row, column: up });
  if (row?.parent) above.push({ row: row.parent, column: cell.column });
  if (above.length === 0) return null;
  return (
    <section>
      <h3>{t("panel.impact")}</h3>
      {above.map((ref) => {
        const target = sheet.row(ref.row);
        const { amount } = sheet.view(ref);
        return (
          <div className="pair" key={`${ref.row} ${ref.column}`}>
            <span>
              {target?.label} · {sheet.column(ref.column)?.fullName}
            </span>
            <b>{amount === null || !target ? "" : show(amount, target.measure, unit)}</b>
          </div>
        );
      })}
    </section>
  );
}
