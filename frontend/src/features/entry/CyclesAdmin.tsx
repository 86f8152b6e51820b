/** Cycles for the administrator: open one from a template, go on to the next round, close and reopen; due dates of the units. */
import { Link } from "@tanstack/react-router";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { clockTime } from "../../lib/times";
import { usePageContext } from "../../lib/usePageContext";
import { Icon } from "../../ui/icons";
import { DateField } from "../../ui/DateField";
import { problemText } from "../../ui/problemText";
import { Empty, Loading } from "../../ui/states";
import "../../styles/entry.css";
import { Wrong } from "./CycleHead";
import { closeCycle, type Cycle, nextRound, openCycle, reopenCycle, setDue, type Template, templatesQuery, type Unit, unitsQuery } from "./requests";
import { useCycle } from "./useCycle";
import { Due, UnitTag } from "./UnitTag";

/** A question with its confirming act; ``reason``: it must be given. */
interface Question {
  readonly title: string;
  readonly say: string;
  readonly verb: string;
  readonly needsReason: boolean;
  readonly act: (reason: string) => Promise<string>;
  readonly then?: () => void; // once everything has been read again
}

export function CyclesAdmin() {
  const { t } = useTranslation();
  const choice = useCycle();
  const { model } = choice;
  const templates = useQuery({ ...templatesQuery(model ?? ""), enabled: model !== undefined });
  const [question, setQuestion] = useState<Question | null>(null);
  const wrong = choice.error ?? templates.error;
  if (choice.noModels) return <Empty>{t("entry.noModels")}</Empty>;
  if (wrong)
    return asProblem(wrong).kind === "forbidden" ? (
      <Empty>{t("entry.admin.noRight")}</Empty>
    ) : (
      <Wrong
        error={wrong}
        retry={() => {
          choice.retry();
          void templates.refetch();
        }}
      />
    );
  if (!choice.cycles || !templates.data || model === undefined) return <Loading rows={6} />;
  return (
    <>
      <Templates model={model} templates={templates.data} onAsk={setQuestion} onOpened={choice.show} />
      <Cycles cycles={choice.cycles} onAsk={setQuestion} />
      {choice.cycle && <Units key={choice.cycle.id} cycle={choice.cycle} cycles={choice.cycles} onChoose={choice.choose} />}
      {question && <Asked question={question} onClose={() => setQuestion(null)} />}
    </>
  );
}

interface TemplatesProps {
  readonly model: string;
  readonly templates: readonly Template[];
  readonly onAsk: (question: Question) => void;
  readonly onOpened: (version: string) => void;
}

function Templates({ model, templates, onAsk, onOpened }: TemplatesProps) {
  const { t } = useTranslation();
  const ask = (one: Template): void =>
    onAsk({
      title: t("entry.admin.openTitle", { title: one.title }),
      say: t("entry.admin.openSay", { version: one.version, units: one.units, round: one.rounds[0]?.code ?? "", due: one.rounds[0]?.due ?? "" }),
      verb: t("entry.admin.openIt"),
      needsReason: false,
      act: async () => {
        await openCycle(model, one.code);
        return t("entry.admin.opened", { title: one.title });
      },
      then: () => onOpened(one.version),
    });
  return (
    <section className="card" aria-label={t("entry.admin.templates")} data-testid="templates">
      <header>
        <h2>{t("entry.admin.templates")}</h2>
        <span className="muted small">{t("entry.admin.templatesNote")}</span>
      </header>
      {templates.length === 0 ? (
        <Empty>{t("entry.admin.noTemplates")}</Empty>
      ) : (
        <div className="table-host">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">{t("entry.cycle")}</th>
                <th scope="col">{t("entry.admin.version")}</th>
                <th scope="col">{t("entry.admin.units")}</th>
                <th scope="col">{t("entry.admin.rounds")}</th>
                <th scope="col">{t("entry.admin.flow")}</th>
                <th scope="col">
                  <span className="hidden-text">{t("entry.admin.openIt")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {templates.map((one) => (
                <tr key={one.code}>
                  <td className="strong">{one.title}</td>
                  <td>{one.version}</td>
                  <td>{t("entry.admin.unitsCount", { count: one.units })}</td>
                  <td>{one.rounds.map((round) => `${round.code} ${round.due.slice(5) || round.due}`).join(" → ")}</td>
                  <td>{one.flow}</td>
                  <td>
                    {one.opened === null ? (
                      <Button type="primary" size="small" onClick={() => ask(one)}>
                        {t("entry.admin.openIt")}
                      </Button>
                    ) : (
                      <span className="tag" data-tone="ok">
                        <Icon name="check" />
                        {t("entry.admin.openedAlready")}
                      </span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Cycles({ cycles, onAsk }: { readonly cycles: readonly Cycle[]; readonly onAsk: (question: Question) => void }) {
  const { t } = useTranslation();
  const next = (one: Cycle): Cycle["rounds"][number] | undefined => one.rounds[one.rounds.findIndex((round) => round.code === one.round) + 1];
  const askNext = (one: Cycle, round: Cycle["rounds"][number]): void =>
    onAsk({
      title: t("entry.admin.nextTitle", { round: round.code }),
      say: t("entry.admin.nextSay", { due: round.due }),
      verb: t("entry.admin.nextRound"),
      needsReason: false,
      act: async () => {
        await nextRound(one.id);
        return t("entry.admin.nexted", { round: round.code });
      },
    });
  const askMove = (one: Cycle): void => {
    const closing = one.status === "open";
    onAsk({
      title: t(closing ? "entry.admin.closeTitle" : "entry.admin.reopenTitle", { title: one.title }),
      say: t(closing ? "entry.admin.closeSay" : "entry.admin.reopenSay"),
      verb: t(closing ? "entry.admin.close" : "entry.admin.reopen"),
      needsReason: true,
      act: async (reason) => {
        await (closing ? closeCycle(one.id, reason) : reopenCycle(one.id, reason));
        return t(closing ? "entry.admin.closedDone" : "entry.admin.reopened");
      },
    });
  };
  return (
    <section className="card" aria-label={t("entry.admin.cycles")} data-testid="cycles">
      <header>
        <h2>{t("entry.admin.cycles")}</h2>
      </header>
      {cycles.length === 0 ? (
        <Empty>{t("entry.admin.noCycles")}</Empty>
      ) : (
        <div className="table-host">
          <table className="plain-table">
            <tbody>
              {cycles.map((one) => {
                const round = next(one);
                return (
                  <tr key={one.id}>
                    <td>
                      <span className="strong">{one.title}</span>
                      <span className="sub">{t("entry.admin.openedBy", { who: one.opened_by, when: clockTime(one.opened_at) })}</span>
                    </td>
                    <td>
                      <span className="tag" data-tone={one.status === "open" ? "info" : undefined}>
                        <Icon name={one.status === "open" ? "pen" : "lock"} />
                        {t(`entry.${one.status}`)}
                      </span>
                    </td>
                    <td>
                      {one.version}
                      <span className="sub">{one.round}</span>
                    </td>
                    <td className="number">
                      <Link to="/target" search={(old: Record<string, unknown>) => ({ ...old, version: one.version })}>
                        {t("entry.admin.targetPage")}
                      </Link>{" "}
                      {one.status === "open" && round && (
                        <Button type="link" size="small" onClick={() => askNext(one, round)}>
                          {t("entry.admin.nextRound")}
                        </Button>
                      )}
                      <Button type="link" size="small" danger={one.status === "open"} onClick={() => askMove(one)}>
                        {t(one.status === "open" ? "entry.admin.close" : "entry.admin.reopen")}
                      </Button>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Units({ cycle, cycles, onChoose }: { readonly cycle: Cycle; readonly cycles: readonly Cycle[]; readonly onChoose: (id: number) => void }) {
  const { t } = useTranslation();
  const units = useQuery(unitsQuery(cycle.id));
  return (
    <section className="card" aria-label={t("entry.units")} data-testid="units">
      <header>
        <h2>{t("entry.units")}</h2>
        {cycles.length > 1 ? (
          <Select size="small" aria-label={t("entry.cycle")} popupMatchSelectWidth={false} value={cycle.id} options={cycles.map((one) => ({ value: one.id, label: one.title }))} onChange={onChoose} />
        ) : (
          <span className="muted small">{cycle.title}</span>
        )}
      </header>
      {units.error ? (
        <Wrong error={units.error} retry={() => void units.refetch()} />
      ) : !units.data ? (
        <Loading rows={4} />
      ) : units.data.length === 0 ? (
        <Empty>{t("entry.noUnits")}</Empty>
      ) : (
        <div className="table-host">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">{t("top.org")}</th>
                <th scope="col">{t("entry.filterState")}</th>
                <th scope="col">{t("entry.holder")}</th>
                <th scope="col">{t("entry.dueCol")}</th>
              </tr>
            </thead>
            <tbody>
              {units.data.map((unit) => (
                <UnitLine key={`${unit.id}-${unit.due_at ?? ""}`} unit={unit} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function UnitLine({ unit }: { readonly unit: Unit }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const fixed = unit.state === "approved" || unit.state === "released";
  const save = async (due: string): Promise<void> => {
    try {
      await setDue(unit.id, due);
      message.success(t("entry.admin.dueSaved"));
      await client.invalidateQueries({ queryKey: ["units"] });
    } catch (error) {
      message.error(problemText(t, asProblem(error)));
    }
  };
  return (
    <tr data-unit={unit.org}>
      <td>{unit.org_name}</td>
      <td>
        <UnitTag unit={unit} />
      </td>
      <td>{unit.holder_name || <span className="muted">{t("entry.nobody")}</span>}</td>
      <td>
        {fixed ? (
          <Due unit={unit} />
        ) : (
          <span className="due-edit">
            <DateField size="small" label={t("entry.admin.setDue", { org: unit.org_name })} value={unit.due_at ?? ""} onChange={(due) => void save(due)} />{" "}
            {unit.overdue && <span className="over small">{t("entry.late", { days: -(unit.days_left ?? 0) })}</span>}
          </span>
        )}
      </td>
    </tr>
  );
}

function Asked({ question, onClose }: { readonly question: Question; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [, changeContext] = usePageContext();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const act = async (): Promise<void> => {
    setBusy(true);
    try {
      message.success(await question.act(reason));
      await Promise.all(["cycles", "templates", "units", "targets", "summary", "versions"].map((key) => client.invalidateQueries({ queryKey: [key] })));
      changeContext({});
      question.then?.();
      onClose();
    } catch (error) {
      message.error(problemText(t, asProblem(error)));
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      width={480}
      title={question.title}
      onCancel={onClose}
      footer={[
        <Button key="cancel" onClick={onClose}>
          {t("entry.cancel")}
        </Button>,
        <Button key="ok" type="primary" loading={busy} disabled={question.needsReason && reason.trim() === ""} data-testid="confirm" onClick={() => void act()}>
          {question.verb}
        </Button>,
      ]}
    >
      <div className="form-rows">
        <p>{question.say}</p>
        {question.needsReason && (
          <label>
            <span>{t("entry.admin.reason")}</span>
            <Input value={reason} placeholder={t("entry.admin.reasonNeeded")} onChange={(event) => setReason(event.target.value)} />
          </label>
        )}
      </div>
    </Modal>
  );
}
