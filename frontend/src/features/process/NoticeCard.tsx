/** The newest notices on the 工作台. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { clockTime } from "../../lib/times";
import { Icon } from "../../ui/icons";
import { Empty, Loading } from "../../ui/states";
import { useNoticeWord } from "./InboxBell";
import { OwnLink } from "./OwnLink";
import { inboxQuery } from "./requests";

const SHOWN = 6;

export function NoticeCard() {
  const { t } = useTranslation();
  const word = useNoticeWord();
  const inbox = useQuery(inboxQuery());
  return (
    <section className="card" aria-label={t("process.inbox")}>
      <header>
        <h2>{t("process.inbox")}</h2>
        {inbox.data && inbox.data.unread > 0 && <span className="muted small">{t("process.unread", { count: inbox.data.unread })}</span>}
      </header>
      {!inbox.data ? (
        <Loading rows={3} />
      ) : inbox.data.notices.length === 0 ? (
        <Empty>{t("process.none.notice")}</Empty>
      ) : (
        <ul className="told">
          {inbox.data.notices.slice(0, SHOWN).map((notice) => (
            <li key={notice.id} data-unread={notice.read_at === null}>
              <Icon name={notice.kind === "task.returned" || notice.kind === "task.rejected" ? "warn" : "bell"} />
              <div>
                <OwnLink link={notice.link}>{notice.title}</OwnLink>
                <div className="muted">{word(notice)}</div>
              </div>
              <time className="muted small">{clockTime(notice.at)}</time>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
