/** Pages for what should not happen: an unknown address, and an error of our own. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty, Failed } from "../ui/states";

export function NotFoundPage() {
  const { t } = useTranslation();
  return <Empty action={<Link to="/prepare">{t("soon.back")}</Link>}>{t("state.notFound")}</Empty>;
}

export function CrashPage({ error }: { readonly error: unknown }) {
  const { t } = useTranslation();
  return (
    <>
      <Failed what={t("state.crashed")} retry={() => location.reload()} />
      <Empty>
        {t("state.crashedHelp")}
        <br />
        <code>{error instanceof Error ? error.message : String(error)}</code>
      </Empty>
    </>
  );
}
