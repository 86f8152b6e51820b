/** Open work as a table on a desk, as rows on a phone; the action is the one link. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useBusinessDay } from "./useBusinessDay";
import { useNarrow } from "../../ui/useNarrow";
import { Icon } from "../../ui/icons";
import { Empty, Loading } from "../../ui/states";
import { OwnLink } from "./OwnLink";
import type { Todo } from "./requests";
import { dueTold, duration, hoursSince, subjectWord } from "./spoken";

interface Props {
  readonly todos: readonly Todo[] | undefined;
  readonly tab: "all" | "today" | "fill" | "approve" | "close";
}

interface DueProps {
  readonly due: string | null;
  readonly overdue: boolean;
  readonly dueToday: boolean;
  readonly short?: boolean;
}

export function DueTag({ due, overdue, dueToday, short = false }: DueProps) {
  const { t } = useTranslation();
  const told = dueTold(t, { due, overdue, dueToday, short, today: useBusinessDay() });
  return (
    <span className="tag" data-tone={told.tone}>
      <Icon name={told.tone === "error" ? "warn" : "clock"} />
      {told.text}
    </span>
  );
}

export function TodoTable({ todos, tab }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  if (!todos) return <Loading rows={6} />;
  if (todos.length === 0) {
    const none = tab === "all" ? t("process.none.todo") : tab === "today" ? t("process.none.today") : t("process.none.of");
    return <Empty action={tab === "all" ? <Link to="/prepare">{t("process.startPlan")}</Link> : undefined}>{none}</Empty>;
  }
  return narrow ? <TodoRows todos={todos} /> : <TodoLines todos={todos} />;
}

function TodoLines({ todos }: { readonly todos: readonly Todo[] }) {
  const { t } = useTranslation();
  return (
    <table className="tbl todo" data-testid="todos">
      <colgroup>
        <col style={{ width: 82 }} />
        <col />
        <col style={{ width: 96 }} />
        <col style={{ width: 108 }} />
        <col style={{ width: 150 }} />
        <col style={{ width: 84 }} />
      </colgroup>
      <thead>
        <tr>
          {(["kind", "what", "from", "waited", "due", "action"] as const).map((column) => (
            <th key={column}>{t(`process.column.${column}`)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {todos.map((todo) => (
          <tr key={todo.key}>
            <td>
              <span className="kind">{t(`process.kind.${todo.kind}`)}</span>
            </td>
            <td title={`${todo.title} ${noteOf(t, todo)}`}>
              <b className="strong">{todo.title}</b> <span className="muted">{noteOf(t, todo)}</span>
            </td>
            <td title={todo.source}>{todo.source}</td>
            <td>{duration(t, hoursSince(todo.since))}</td>
            <td>
              <DueTag due={todo.due} overdue={todo.overdue} dueToday={todo.due_today} />
            </td>
            <td>
              <OwnLink link={todo.link}>{t(`process.go.${todo.kind}`)}</OwnLink>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TodoRows({ todos }: { readonly todos: readonly Todo[] }) {
  const { t } = useTranslation();
  return (
    <ul className="rows" data-testid="todos">
      {todos.map((todo) => (
        <li key={todo.key}>
          <OwnLink link={todo.link}>
            <span className="line">
              <span className="kind">{t(`process.kind.${todo.kind}`)}</span>
              <b className="strong">{todo.title}</b>
              <Icon name="right" />
            </span>
            <span className="line small muted">
              <span>
                {todo.source} · {t("process.waited")} {duration(t, hoursSince(todo.since))}
              </span>
              <DueTag due={todo.due} overdue={todo.overdue} dueToday={todo.due_today} />
            </span>
          </OwnLink>
        </li>
      ))}
    </ul>
  );
}

function noteOf(t: Parameters<typeof subjectWord>[0], todo: Todo): string {
  return todo.kind === "approve" ? `${subjectWord(t, todo.subject_kind)} · ${todo.note}` : todo.note;
}
