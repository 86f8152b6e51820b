/** Runs a command: busy meanwhile, open work read again afterwards, a refusal said in the server's words. */
import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { workChanged } from "./requests";
import { refusal } from "./spoken";

export function useDoing(): { readonly busy: boolean; readonly run: (act: () => Promise<unknown>) => Promise<boolean> } {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const run = async (act: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    try {
      await act();
      return true;
    } catch (error) {
      message.error(t("process.failed", { reason: refusal(t, asProblem(error), i18n.language) }), 6);
      return false;
    } finally {
      setBusy(false);
      await workChanged(client); // also after a refusal: somebody else may have been faster
    }
  };
  return { busy, run };
}
