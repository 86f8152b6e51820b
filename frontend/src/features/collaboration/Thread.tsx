/** A thread on anything people talk about: what was said, a field to say more, settling. Loads and saves by itself. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { session } from "../../api/session";
import { holds } from "../../lib/rights";
import { clockTime } from "../../lib/times";
import { problemText } from "../../ui/problemText";
import { peopleQuery, say, settle, type SubjectRef, type ThreadData, threadQuery } from "./requests";
import "../../styles/collaboration.css";

interface Props {
  readonly about: SubjectRef;
  readonly heading?: boolean; // whether the subject's name stands above it
}

export function Thread({ about, heading = true }: Props) {
  const { t } = useTranslation();
  const thread = useQuery(threadQuery(about));
  if (thread.error) {
    const problem = asProblem(thread.error);
    return <p className="thread-note">{problem.kind === "forbidden" || problem.kind === "not-found" ? t("collaboration.noAccess") : t("collaboration.notLoaded", { reason: problemText(t, problem) })}</p>;
  }
  if (!thread.data) return <p className="thread-note muted">{t("state.loading")}</p>;
  return (
    <div className="thread" data-testid="thread">
      {heading && (
        <div className="thread-head">
          <span className="muted small">{thread.data.title}</span>
          {thread.data.entries.length > 0 && (
            <span className="tag" data-tone={thread.data.open ? "warn" : "ok"}>
              {t(thread.data.open ? "collaboration.open" : "collaboration.settled")}
            </span>
          )}
        </div>
      )}
      <Entries entries={thread.data.entries} />
      <Writing key={about.subject} about={about} thread={thread.data} />
    </div>
  );
}

function Entries({ entries }: { readonly entries: ThreadData["entries"] }) {
  const { t } = useTranslation();
  if (entries.length === 0) return <p className="thread-note muted">{t("collaboration.empty")}</p>;
  return (
    <ol className="thread-entries">
      {entries.map((entry) => (
        <li key={entry.id} data-act={entry.act}>
          <div className="who">
            <b>{entry.name}</b>
            {entry.act !== "say" && <span>{t(entry.act === "resolve" ? "collaboration.didSettle" : "collaboration.didReopen")}</span>}
            <time dateTime={entry.at}>{clockTime(entry.at)}</time>
          </div>
          {entry.body && <p>{entry.body}</p>}
          {entry.mentions.length > 0 && <div className="muted small">{entry.mentions.map((name) => `@${name}`).join(" ")}</div>}
        </li>
      ))}
    </ol>
  );
}

function Writing({ about, thread }: { readonly about: SubjectRef; readonly thread: ThreadData }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useSyncExternalStore(session.subscribe, session.get);
  const may = me.kind === "in" && holds(me.info.actions, "collaboration.comment");
  const people = useQuery({ ...peopleQuery(about), enabled: may });
  const [text, setText] = useState("");
  const [named, setNamed] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  if (!may) return null;
  const send = async (act: () => Promise<ThreadData>): Promise<void> => {
    setBusy(true);
    try {
      client.setQueryData(threadQuery(about).queryKey, await act());
      void client.invalidateQueries({ queryKey: ["comments", "marks"] });
      setText("");
      setNamed([]);
      setProblem("");
    } catch (error) {
      setProblem(t("collaboration.failed", { reason: problemText(t, asProblem(error)) }));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="thread-writing">
      <Input.TextArea
        aria-label={t("collaboration.placeholder")}
        placeholder={t("collaboration.placeholder")}
        autoSize={{ minRows: 2, maxRows: 6 }}
        maxLength={4000}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && text.trim()) void send(() => say(about, text, named));
        }}
        data-testid="comment-text"
      />
      <Select
        mode="multiple"
        aria-label={t("collaboration.mention")}
        placeholder={`@ ${t("collaboration.mention")}`}
        value={named}
        onChange={setNamed}
        options={(people.data ?? []).map((person) => ({ value: person.login, label: person.name }))}
        showSearch={{ optionFilterProp: "label" }}
        style={{ width: "100%" }}
      />
      {problem && (
        <div className="thread-problem" role="alert">
          {problem}
        </div>
      )}
      <div className="thread-actions">
        {thread.entries.length > 0 && (
          <Button size="small" disabled={busy} onClick={() => void send(() => settle(about, thread.open))} data-testid="comment-settle">
            {t(thread.open ? "collaboration.settle" : "collaboration.reopen")}
          </Button>
        )}
        <span className="spring" />
        <Button size="small" disabled={text.trim() === ""} loading={busy} onClick={() => void send(() => say(about, text, named))} data-testid="comment-send">
          {t("collaboration.send")}
        </Button>
      </div>
    </div>
  );
}
