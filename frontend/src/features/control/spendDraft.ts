/** What is typed into a request form, what of it is complete, and its form on the wire and in a draft. Pure. */
import { amount, compare } from "../../lib/amount";
import { readTyped } from "../../lib/display";
import { MONEY } from "./figures";
import type { FormDimension, FormField, FormKind, FormMember, SpendForm, SpendLine } from "./spendRequests";

export interface LineDraft {
  readonly id: number;
  readonly members: Readonly<Record<string, string>>;
  readonly period: string;
  readonly amount: string;
  readonly rate: string;
  readonly included: boolean;
  readonly memo: string;
  readonly quantity: string;
  readonly said: Readonly<Record<string, string>>; // what its rate standards ask for, by name
  readonly fields: Texts; // of a kind with a field mapping
}

export type Texts = Readonly<Record<string, string>>;

export interface RequestDraft {
  readonly policy: string;
  readonly kind: string;
  readonly title: string;
  readonly fields: Texts; // of the head
  readonly lines: readonly LineDraft[];
}

export const ITEM = "item";

/** Whether a line asks for money, and not for so many of another unit. */
export const isMoney = (form: SpendForm): boolean => form.unit === "元" || form.unit === "";

export const kindOf = (form: SpendForm, kind: string): FormKind | undefined => form.kinds.find((one) => one.code === kind);

/** The fields of a document's head, or of its lines. */
export const fieldsOf = (form: SpendForm, kind: string, on: FormField["on"]): readonly FormField[] => kindOf(form, kind)?.fields.filter((one) => one.on === on) ?? [];

/** What the fields of a kind say: dimensions, period, amount; what they do not is asked of the line. */
export const says = (form: SpendForm, kind: string, target: string): boolean => kindOf(form, kind)?.mapped.includes(target) ?? false;

/** The fields that are not blank. */
export const filled = (fields: Texts): Record<string, string> => Object.fromEntries(Object.entries(fields).filter(([, said]) => said.trim() !== ""));

/** The members one may pick for a kind of document, and what stands above those. */
export function choices(form: SpendForm, kind: string, dimension: FormDimension): FormMember[] {
  const only = form.kinds.find((one) => one.code === kind)?.where[dimension.code];
  const parents = new Map(dimension.members.map((one) => [one.code, one.parent]));
  const under = (code: string): boolean => {
    if (!only) return true;
    for (let at: string | null | undefined = code; at; at = parents.get(at)) if (only.includes(at)) return true;
    return false;
  };
  const kept = new Set<string>();
  for (const member of dimension.members) {
    if (!member.pick || !under(member.code)) continue;
    for (let at: string | null | undefined = member.code; at && !kept.has(at); at = parents.get(at)) kept.add(at);
  }
  return dimension.members.filter((one) => kept.has(one.code)).map((one) => ({ ...one, pick: one.pick && under(one.code) }));
}

/** A fresh line: where there is only one choice it is made; else as on the line before. */
export function newLine(form: SpendForm, kind: string, before: LineDraft | undefined, id: number): LineDraft {
  const members: Record<string, string> = {};
  for (const dimension of form.dimensions) {
    const picks = choices(form, kind, dimension).filter((one) => one.pick);
    const only = picks.length === 1 ? picks[0]?.code : undefined;
    const kept = only ?? (dimension.code === "org" ? before?.members[dimension.code] : undefined);
    if (kept) members[dimension.code] = kept;
  }
  return { id, members, period: before?.period ?? form.period ?? form.periods[0] ?? "", amount: "", rate: before?.rate ?? "0", included: true, memo: "", quantity: "", said: {}, fields: {} };
}

/** The policy a request is meant for, most likely: that of the budget year one is in; else the first. */
export const current = (forms: readonly SpendForm[]): SpendForm | undefined => forms.find((one) => one.period !== null) ?? forms[0];

export function newRequest(form: SpendForm): RequestDraft {
  const kind = form.kinds[0]?.code ?? "用款申请";
  return { policy: form.policy, kind, title: "", fields: {}, lines: [newLine(form, kind, undefined, 1)] };
}

/** The typed amount as the server reads it; null while it is blank or no positive number. */
export function typedAmount(text: string): string | null {
  const read = readTyped(text, MONEY, "yuan");
  return read.kind === "amount" && compare(read.amount, amount("0")) > 0 ? read.amount : null;
}

export type Fault = "notNumber" | "notPositive" | null;

export function amountFault(text: string): Fault {
  const read = readTyped(text, MONEY, "yuan");
  if (read.kind === "blank") return null;
  return read.kind === "bad" ? "notNumber" : compare(read.amount, amount("0")) > 0 ? null : "notPositive";
}

/** The rate standards a line comes under, by its members and what stands above them. */
export function standardsOf(form: SpendForm, line: LineDraft): SpendForm["standards"] {
  const holds = (code: string, members: readonly string[]): boolean => {
    const parents = new Map(form.dimensions.find((one) => one.code === code)?.members.map((one) => [one.code, one.parent]));
    for (let at: string | null | undefined = line.members[code]; at; at = parents.get(at)) if (members.includes(at)) return true;
    return false;
  };
  return form.standards.filter((one) => Object.entries(one.where).every(([code, members]) => holds(code, members)));
}

/** The dimensions a line of this kind is asked for: those its fields do not say. */
export const askedOf = (form: SpendForm, kind: string): FormDimension[] => form.dimensions.filter((one) => !says(form, kind, one.code));

/** A line as it is asked; null while something is missing. */
export function wireLine(form: SpendForm, kind: string, line: LineDraft): SpendLine | null {
  const typed = says(form, kind, "amount") ? "" : typedAmount(line.amount);
  const period = says(form, kind, "period") ? "" : line.period;
  const item = form.items[0];
  const dimensions = askedOf(form, kind);
  const mapped = (kindOf(form, kind)?.mapped.length ?? 0) > 0;
  const fields = mapped ? filled(line.fields) : {};
  if (typed === null || item === undefined || (!period && !says(form, kind, "period")) || dimensions.some((one) => !line.members[one.code])) return null;
  if (mapped && Object.keys(fields).length === 0) return null;
  const members = Object.fromEntries(dimensions.map((one) => [one.code, line.members[one.code] ?? ""]));
  const asked = mapped ? form.standards : standardsOf(form, line);
  const names = new Set(asked.flatMap((one) => Object.keys(one.ask)));
  return {
    coordinate: { ...members, ...(says(form, kind, ITEM) ? {} : { [ITEM]: item }) },
    period,
    amount: typed,
    fields,
    memo: line.memo,
    tax_rate: line.rate,
    tax_included: line.included,
    quantity: asked.length > 0 && line.quantity.trim() ? line.quantity.trim() : null,
    said: Object.fromEntries(Object.entries(line.said).filter(([name]) => names.has(name))),
  };
}

/** The complete lines, and which line of the form each is (check answers by their order). */
export function wireLines(form: SpendForm, request: RequestDraft): { readonly lines: SpendLine[]; readonly at: readonly number[] } {
  const found = request.lines.map((line) => wireLine(form, request.kind, line));
  const at = found.flatMap((line, index) => (line ? [index] : []));
  return { lines: found.flatMap((line) => (line ? [line] : [])), at };
}

/** A dimension's name; the organisation of a model that gives it none is a department. */
export const dimensionName = (one: FormDimension, department: string): string => (one.code === "org" && one.name === "org" ? department : one.name);

/** The names of what the first incomplete line still lacks. */
export function missing(form: SpendForm, request: RequestDraft, words: { readonly period: string; readonly amount: string; readonly department: string; readonly fields: string }): string[] {
  const { kind } = request;
  const line = request.lines.find((one) => wireLine(form, kind, one) === null);
  if (!line) return [];
  const dims = askedOf(form, kind).filter((one) => !line.members[one.code]).map((one) => dimensionName(one, words.department));
  const period = line.period || says(form, kind, "period") ? [] : [words.period];
  const amounts = says(form, kind, "amount") || typedAmount(line.amount) !== null ? [] : [words.amount];
  const blank = fieldsOf(form, kind, "line").length > 0 && Object.keys(filled(line.fields)).length === 0;
  return [...dims, ...period, ...amounts, ...(blank ? [words.fields] : [])];
}

export const contentOf = (request: RequestDraft): Record<string, unknown> => ({ fields: request.fields, lines: request.lines });

/** A draft read back; lines that are not ours are dropped. */
export function fromContent(policy: string, kind: string, title: string, content: Readonly<Record<string, unknown>>): RequestDraft {
  const lines = Array.isArray(content["lines"]) ? (content["lines"] as unknown[]) : [];
  return { policy, kind, title, fields: texts(content["fields"]), lines: lines.flatMap((one, index) => readLine(one, index + 1)) };
}

const texts = (found: unknown): Record<string, string> =>
  typeof found === "object" && found !== null ? Object.fromEntries(Object.entries(found).filter((pair): pair is [string, string] => typeof pair[1] === "string")) : {};

function readLine(raw: unknown, id: number): LineDraft[] {
  if (typeof raw !== "object" || raw === null) return [];
  const said = raw as Record<string, unknown>;
  const text = (name: string): string => (typeof said[name] === "string" ? said[name] : "");
  return [{ id, members: texts(said["members"]), period: text("period"), amount: text("amount"), rate: text("rate") || "0", included: said["included"] !== false, memo: text("memo"), quantity: text("quantity"), said: texts(said["said"]), fields: texts(said["fields"]) }];
}
