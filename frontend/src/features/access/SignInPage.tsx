/** The page a visitor without a session sees. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Mark } from "../../ui/icons";
import { LanguageSwitch } from "../../ui/LanguageSwitch";
import { SignInForm } from "./SignInForm";

export function SignInPage({ onDone }: { readonly onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <h1 className="mark">
          <Mark size={24} />
          {t("brand")}
        </h1>
        <p className="lead">{t("signIn.lead")}</p>
        <SignInForm onDone={onDone} />
        <div className="sign-in-foot">
          <LanguageSwitch render={(label, speak) => <Button type="link" size="small" onClick={speak}>{label}</Button>} />
        </div>
      </div>
    </main>
  );
}
