/** The page of 执行: file a spend request with what is left beside it, follow one's requests, look at balances. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Tabs } from "antd";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useLiveEvents } from "../../api/events";
import { asProblem } from "../../api/problem";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { useContextChoice } from "../planning/useContextChoice";
import { BalanceView } from "./BalanceView";
import { DeskView } from "./DeskView";
import { DocumentList } from "./DocumentList";
import { DocumentView } from "./DocumentView";
import { type Editing, SpendFormView } from "./SpendFormView";
import { fieldsOf, filled, fromContent, type LineDraft, newLine, newRequest, type Texts } from "./spendDraft";
import { type Document, documentQuery, type FormField, formsQuery, SPEND, type SpendForm } from "./spendRequests";
import { type SpendPlace, useSpendPlace } from "./useSpendPlace";
import "../../styles/spend.css";

export function SpendPage() {
  const { t } = useTranslation();
  const [place, go] = useSpendPlace();
  const { model, choosing } = useContextChoice();
  const forms = useQuery({ ...formsQuery(), retry: false });
  const mayAsk = (forms.data?.length ?? 0) > 0;
  const tab = place.tab ?? "ask";
  const own = forms.data?.filter((one) => one.model === model?.code) ?? [];
  return (
    <div className="page spend-page">
      <div className="page-head">
        <h1>{t("nav.spend")}</h1>
        <Tabs
          className="page-tabs"
          activeKey={tab}
          items={(["ask", "mine", "balances", "desk"] as const).map((key) => ({ key, label: t(`control.tabs.${key}`) }))}
          onChange={(key) => go({ tab: key === "mine" || key === "balances" || key === "desk" ? key : undefined, id: undefined, edit: undefined, bucket: undefined })}
        />
      </div>
      {choosing ? (
        <Loading />
      ) : (
        <>
          {tab === "ask" && <Ask forms={own.length > 0 ? own : (forms.data ?? [])} loading={forms.isPending} error={forms.error} retry={() => void forms.refetch()} place={place} go={go} />}
          {tab === "mine" && <Documents model={model?.code} place={place} go={go} mayAsk={mayAsk} />}
          {tab === "desk" && <LiveDesk model={model?.code} place={place} go={go} />}
          {tab === "balances" && <LiveBalances model={model?.code} place={place} go={go} />}
        </>
      )}
    </div>
  );
}

interface AskProps {
  readonly forms: readonly SpendForm[];
  readonly loading: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
  readonly place: SpendPlace;
  readonly go: (part: Partial<SpendPlace>) => void;
}

function Ask({ forms, loading, error, retry, place, go }: AskProps) {
  const { t } = useTranslation();
  const edited = useQuery({ ...documentQuery(place.edit ?? 0), enabled: place.edit !== undefined });
  const editing = useMemo(() => (edited.data && place.edit !== undefined ? editingOf(edited.data, forms) : undefined), [edited.data, place.edit, forms]);
  if (error) {
    const problem = asProblem(error);
    if (problem.kind === "forbidden") return <Empty>{t("control.noRight")}</Empty>;
    return <Failed what={t("problem.load", { reason: problemText(t, problem) })} reference={problem.reference} retry={retry} />;
  }
  if (edited.error) return <Failed what={problemText(t, asProblem(edited.error))} />;
  if (loading || (place.edit !== undefined && !editing)) return <Loading />;
  if (forms.length === 0) return <Empty>{t("control.noForms")}</Empty>;
  return (
    <SpendFormView
      key={`${forms.map((one) => one.policy).join(" ")} ${place.edit ?? "new"}`}
      forms={forms}
      editing={editing}
      onFiled={(id) => go({ tab: "mine", id, edit: undefined })}
      onDraft={(id) => go({ edit: id })}
    />
  );
}

/** A document in the form: as last typed, or else as last submitted. */
function editingOf(document: Document, forms: readonly SpendForm[]): Editing | undefined {
  const form = forms.find((one) => one.policy === document.policy);
  if (!form) return undefined;
  const { policy, kind, title } = document;
  const kept = document.draft ? fromContent(policy, kind, title, document.draft) : { policy, kind, title, ...fieldsKept(document, form), lines: document.lines.map((one) => lineOf(one, form, kind)) };
  const lines = kept.lines.length > 0 ? kept.lines : [newLine(form, kind, undefined, 1)];
  return { id: document.id, number: document.number, again: document.state !== "draft", request: { ...newRequest(form), ...kept, lines } };
}

/** The fields of the head, which are kept with every line. */
const fieldsKept = (document: Document, form: SpendForm): { readonly fields: Texts } => ({ fields: textsOf(document.lines[0]?.fields, fieldsOf(form, document.kind, "head")) });

function textsOf(kept: Document["lines"][number]["fields"] | undefined, fields: readonly FormField[]): Texts {
  const text = (said: string | number | boolean | null | undefined): string => (said === true ? "是" : said === false ? "否" : String(said ?? ""));
  return filled(Object.fromEntries(fields.map(({ name }) => [name, text(kept?.[name])])));
}

function lineOf(line: Document["lines"][number], form: SpendForm, kind: string): LineDraft {
  const members = Object.fromEntries(Object.entries(line.coordinate).filter(([dimension]) => dimension !== "item"));
  const rate = String(Number(line.tax_rate));
  const quantity = line.quantity === null ? "" : String(Number(line.quantity));
  const amount = line.tax_included ? line.gross : line.net;
  return { id: line.line_no, members, period: line.period, amount, rate, included: line.tax_included, memo: line.memo, quantity, said: line.said ?? {}, fields: textsOf(line.fields, fieldsOf(form, kind, "line")) };
}

/** Lists and balances are read again when balances changed somewhere one may see. */
function useFresh(): void {
  const client = useQueryClient();
  useLiveEvents(["control.changed"], () => void client.invalidateQueries({ queryKey: [SPEND] }));
}

function Documents({ model, place, go, mayAsk }: Pick<AskProps, "place" | "go"> & { readonly mayAsk: boolean; readonly model: string | undefined }) {
  useFresh();
  return place.id === undefined ? <DocumentList model={model} place={place} go={go} mayAsk={mayAsk} /> : <DocumentView id={place.id} go={go} />;
}

function LiveDesk({ model, place, go }: Pick<AskProps, "place" | "go"> & { readonly model: string | undefined }) {
  useFresh();
  return <DeskView model={model} place={place} go={go} />;
}

function LiveBalances({ model, place, go }: Pick<AskProps, "place" | "go"> & { readonly model: string | undefined }) {
  useFresh();
  return <BalanceView model={model} place={place} go={go} />;
}
