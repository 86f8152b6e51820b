/** The sign-in form, on its own page and in the dialog of an expired session. */
import { Button, Input } from "antd";
import { type SubmitEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, type Problem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { signIn } from "./requests";

interface Props {
  readonly login?: string;
  readonly onDone: () => void;
}

export function SignInForm({ login: given = "", onDone }: Props) {
  const { t } = useTranslation();
  const [login, setLogin] = useState(given);
  const [password, setPassword] = useState("");
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);

  const refusalText = (problem: Problem): string => {
    if (problem.kind === "signed-out") return t("signIn.wrong");
    if (problem.kind === "throttled" && problem.retryAfter) return t("signIn.throttled", { seconds: problem.retryAfter });
    return problemText(t, problem);
  };

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!login.trim() || !password) {
      setRefusal(t("signIn.missing"));
      return;
    }
    setBusy(true);
    try {
      await signIn(login.trim(), password);
      setRefusal("");
      onDone();
    } catch (error) {
      setPassword("");
      setRefusal(refusalText(asProblem(error)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="sign-form" onSubmit={(event) => void submit(event)} noValidate>
      <div className="field">
        <label htmlFor="login">{t("signIn.name")}</label>
        <Input id="login" size="large" autoComplete="username" autoFocus={!given} value={login} onChange={(e) => setLogin(e.target.value)} />
      </div>
      <div className="field">
        <label htmlFor="password">{t("signIn.password")}</label>
        <Input.Password
          id="password"
          size="large"
          autoComplete="current-password"
          autoFocus={Boolean(given)}
          value={password}
          onChange={(e) => setPassword(e.target.value)}
        />
      </div>
      <div className="refusal" role="alert">
        {refusal}
      </div>
      <Button type="primary" size="large" htmlType="submit" block loading={busy}>
        {t("signIn.submit")}
      </Button>
    </form>
  );
}
