/** The frame around every page: rail, top bar, the page; and the dialog of an expired session, over the page as it is. */
import { useQuery } from "@tanstack/react-query";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { App, Modal } from "antd";
import { useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../api/problem";
import { session } from "../api/session";
import { SignInForm } from "../features/access/SignInForm";
import { signOut } from "../features/access/requests";
import { todosQuery } from "../features/process/requests";
import { useWorkEvents } from "../features/process/useWork";
import { Mark } from "../ui/icons";
import { problemText } from "../ui/problemText";
import { NavRail } from "./NavRail";
import { TopBar } from "./TopBar";
import { useBusinessDate } from "./businessDate";
import { Link } from "@tanstack/react-router";

export function Frame() {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const state = useSyncExternalStore(session.subscribe, session.get);
  const [menuOpen, setMenuOpen] = useState(false);
  const navigate = useNavigate();
  const businessDate = useBusinessDate();
  useWorkEvents();
  const counts = useQuery({ ...todosQuery(), enabled: state.kind === "in" }).data?.counts ?? {};
  if (state.kind !== "in" && state.kind !== "expired") return null;

  const leave = async (): Promise<void> => {
    try {
      await signOut();
      await navigate({ to: "/sign-in", search: {} });
    } catch (error) {
      message.error(problemText(t, asProblem(error)));
    }
  };
  return (
    <div className="frame" data-wide={i18n.language === "en"}>
      <a className="skip-link" href="#content">
        {t("skip")}
      </a>
      <Link to="/" className="logo">
        <Mark />
        {t("brand")}
      </Link>
      <TopBar info={state.info} menuOpen={menuOpen} onMenu={() => setMenuOpen((open) => !open)} onSignOut={() => void leave()} />
      <NavRail open={menuOpen} businessDate={businessDate} counts={counts} onFollow={() => setMenuOpen(false)} />
      <main className="main" id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <Modal open={state.kind === "expired"} title={t("signIn.again")} footer={null} closable={false} width={400} destroyOnHidden>
        <p style={{ margin: "4px 0 16px" }}>{t("signIn.expired")}</p>
        <SignInForm login={state.info.login} onDone={() => undefined} />
      </Modal>
    </div>
  );
}
