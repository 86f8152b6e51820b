/** The bell: how much is unread, and what one was told; a line leads to where it happened. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Popover } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { clockTime } from "../../lib/times";
import { Icon } from "../../ui/icons";
import "../../styles/inbox.css";
import { useFollow } from "./OwnLink";
import { inboxQuery, markRead, type Notice, workChanged } from "./requests";

const KINDS = ["assigned", "returned", "approved", "rejected", "reminded", "taken", "reopened"] as const;

export function InboxBell() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const inbox = useQuery(inboxQuery());
  const unread = inbox.data?.unread ?? 0;
  return (
    <Popover open={open} onOpenChange={setOpen} trigger="click" placement="bottomRight" content={<Notices onDone={() => setOpen(false)} />}>
      <button type="button" className="bell plain" aria-label={`${t("process.inbox")} · ${t("process.unread", { count: unread })}`} data-testid="bell">
        <Icon name="bell" size={17} />
        {unread > 0 && <b>{unread > 99 ? "99+" : unread}</b>}
      </button>
    </Popover>
  );
}

export function useNoticeWord(): (notice: Notice) => string {
  const { t } = useTranslation();
  return (notice) => {
    const kind = notice.kind === "mention" ? notice.kind : (KINDS.find((one) => notice.kind === `task.${one}`) ?? "other");
    const what = t(`process.notice.${kind}`, { who: notice.actor });
    return notice.note ? t("process.said", { what, note: notice.note }) : what;
  };
}

function Notices({ onDone }: { readonly onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const goTo = useFollow();
  const word = useNoticeWord();
  const { data } = useQuery(inboxQuery());
  const read = async (ids: number[] | null): Promise<void> => {
    await markRead(ids);
    await workChanged(client);
  };
  const follow = (notice: Notice): void => {
    if (notice.read_at === null) void read([notice.id]);
    if (notice.link) goTo(notice.link);
    onDone();
  };
  return (
    <div className="notices" data-testid="notices">
      <header>
        <b className="strong">{t("process.inbox")}</b>
        <span className="muted small">{t("process.unread", { count: data?.unread ?? 0 })}</span>
        <span className="spring" />
        <Button type="link" size="small" disabled={!data?.unread} onClick={() => void read(null)}>
          {t("process.readAll")}
        </Button>
      </header>
      {data?.notices.length === 0 && <p className="muted">{t("process.none.notice")}</p>}
      <ul>
        {data?.notices.map((notice) => (
          <li key={notice.id} data-unread={notice.read_at === null}>
            <button type="button" className="plain" onClick={() => follow(notice)}>
              <span className="line">
                <b>{notice.title}</b>
                <time className="muted small">{clockTime(notice.at)}</time>
              </span>
              <span className="muted small">
                {word(notice)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
