/** Languages: Chinese is the source and types the keys; English must be complete. The choice is remembered. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "../locales/en";
import type { Words } from "../locales/words";
import { zh } from "../locales/zh";

export const LANGUAGES = ["zh", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    resources: { app: Words<typeof zh> }; // keys are checked; the words themselves would be too much for the compiler
  }
}

const STORED = "bihuan.language";

function remembered(): Language {
  return localStorage.getItem(STORED) === "en" ? "en" : "zh";
}

function announce(language: string): void {
  document.documentElement.lang = language === "en" ? "en" : "zh-CN";
  document.title = language === "en" ? "Bihuan" : "闭环";
}

export async function startLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: remembered(),
    fallbackLng: "zh",
    defaultNS: "app",
    resources: { zh: { app: zh }, en: { app: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  announce(i18next.language);
}

export async function speak(language: Language): Promise<void> {
  localStorage.setItem(STORED, language);
  await i18next.changeLanguage(language);
  announce(language);
}
