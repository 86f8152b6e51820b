/** Where a request stands: colour, icon and word. */
import { useTranslation } from "react-i18next";
import { Icon, type IconName } from "../../ui/icons";

const STATES = {
  draft: ["idle", "pen"],
  reviewing: ["info", "lock"],
  reserved: ["info", "lock"],
  committed: ["info", "lock"],
  executed: ["ok", "check"],
  returned: ["error", "undo"],
  withdrawn: ["idle", "undo"],
  rejected: ["error", "close"],
  closed: ["idle", "close"],
} as const satisfies Record<string, readonly [string, IconName]>;

export type DocumentState = keyof typeof STATES;
export const DOCUMENT_STATES = Object.keys(STATES) as readonly DocumentState[];

export function DocumentTag({ state }: { readonly state: string }) {
  const { t } = useTranslation();
  if (!(state in STATES)) return <span className="tag">{state}</span>;
  const known = state as DocumentState;
  const [tone, icon] = STATES[known];
  return (
    <span className="tag" data-tone={tone} data-testid="document-state">
      <Icon name={icon} />
      {t(`control.state.${known}`)}
    </span>
  );
}
