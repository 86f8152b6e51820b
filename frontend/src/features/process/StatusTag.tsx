/** Where a case stands, and what somebody did: colour, icon and word. */
import { useTranslation } from "react-i18next";
import { Icon, type IconName } from "../../ui/icons";

const STATUS = {
  running: ["info", "play"],
  returned: ["error", "back"],
  approved: ["ok", "check"],
  rejected: ["error", "close"],
  withdrawn: ["idle", "back"],
  reopened: ["warn", "pen"],
} as const satisfies Record<string, readonly [string, IconName]>;

const ACTS = {
  submit: ["info", "send"],
  approve: ["ok", "check"],
  return: ["error", "back"],
  reject: ["error", "close"],
  reassign: ["idle", "swap"],
  withdraw: ["idle", "back"],
  remind: ["warn", "bell"],
  reopen: ["warn", "pen"],
  skip: ["idle", "right"],
} as const satisfies Record<string, readonly [string, IconName]>;

export function StatusTag({ status }: { readonly status: string }) {
  const { t } = useTranslation();
  if (!(status in STATUS)) return <span className="tag">{status}</span>;
  const known = status as keyof typeof STATUS;
  const [tone, icon] = STATUS[known];
  return (
    <span className="tag" data-tone={tone} data-testid="status">
      <Icon name={icon} />
      {t(`process.status.${known}`)}
    </span>
  );
}

export function ActTag({ action }: { readonly action: string }) {
  const { t } = useTranslation();
  if (!(action in ACTS)) return <span className="tag">{action}</span>;
  const known = action as keyof typeof ACTS;
  const [tone, icon] = ACTS[known];
  return (
    <span className="tag" data-tone={tone}>
      <Icon name={icon} />
      {t(`process.act.${known}`)}
    </span>
  );
}
