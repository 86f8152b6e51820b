/** Switches to the other language; the label is in that language. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { speak } from "../lib/languages";

export function LanguageSwitch({ render }: { readonly render: (label: string, speak: () => void) => ReactNode }) {
  const { t, i18n } = useTranslation();
  const other = i18n.language === "en" ? "zh" : "en";
  return render(t("top.language"), () => void speak(other));
}
