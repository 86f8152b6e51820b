/** The top bar: the page's context (organisation, version, unit of money), and who is signed in. */
import { useRouterState } from "@tanstack/react-router";
import { Dropdown, Segmented } from "antd";
import { useTranslation } from "react-i18next";
import type { SessionInfo } from "../api/session";
import { speak } from "../lib/languages";
import { MONEY_UNITS, type MoneyUnit } from "../lib/display";
import { usePageContext } from "../lib/usePageContext";
import { Icon } from "../ui/icons";
import { ContextPickers } from "../features/planning/ContextPickers";
import { InboxBell } from "../features/process/InboxBell";
import { placeAt, USES } from "./places";

interface Props {
  readonly info: SessionInfo;
  readonly onMenu: () => void;
  readonly menuOpen: boolean;
  readonly onSignOut: () => void;
}

export function TopBar({ info, onMenu, menuOpen, onSignOut }: Props) {
  const { t } = useTranslation();
  const [context, change] = usePageContext();
  const uses = USES[useRouterState({ select: (state) => placeAt(state.location.pathname) })];
  return (
    <header className="top">
      <button type="button" className="burger plain" aria-label={t("nav.menu")} aria-expanded={menuOpen} aria-controls="rail" onClick={onMenu}>
        <Icon name="menu" size={18} />
      </button>
      <ContextPickers org={uses.org} version={uses.version} />
      {uses.unit && (
        <>
          <i className="rule" />
          <span className="pick">
            <small>{t("top.unit")}</small>
            <Segmented<MoneyUnit>
              size="small"
              aria-label={t("top.unit")}
              value={context.unit ?? "yuan"}
              options={MONEY_UNITS.map((unit) => ({ value: unit, label: t(`top.${unit}`) }))}
              onChange={(unit) => change({ unit })}
            />
          </span>
        </>
      )}
      <span className="spring" />
      <InboxBell />
      <AccountMenu info={info} onSignOut={onSignOut} />
    </header>
  );
}

function AccountMenu({ info, onSignOut }: Pick<Props, "info" | "onSignOut">) {
  const { t, i18n } = useTranslation();
  const items = [
    { key: "language", label: t("top.language"), onClick: () => void speak(i18n.language === "en" ? "zh" : "en") },
    { key: "out", label: t("top.signOut"), onClick: onSignOut },
  ];
  return (
    <Dropdown menu={{ items }} trigger={["click"]} placement="bottomRight">
      <button type="button" className="me plain" aria-label={t("top.account")} data-testid="account">
        <span className="face" aria-hidden="true">
          {info.name.slice(0, 1)}
        </span>
        <span className="who">
          <b className="strong">{info.name}</b>
          <br />
          <span className="role">{info.roles.map((role) => t(`role.${role}`, { defaultValue: role })).join("、")}</span>
        </span>
      </button>
    </Dropdown>
  );
}
