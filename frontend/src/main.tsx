/** Starts the application: languages, who is signed in, then the page. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { App, ConfigProvider } from "antd";
import antdEnglish from "antd/locale/en_US";
import antdChinese from "antd/locale/zh_CN";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { useTranslation } from "react-i18next";
import { theme } from "./app/theme";
import { router } from "./app/router";
import { Problem } from "./api/problem";
import { session } from "./api/session";
import { whoAmI } from "./features/access/requests";
import { startLanguages } from "./lib/languages";
import "./styles/tokens.css";
import "./styles/frame.css";
import "./styles/plan.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: false,
      staleTime: 30_000,
      retry: (count, error) => count < 2 && error instanceof Problem && (error.kind === "network" || error.kind === "timeout"),
    },
  },
});

function Root() {
  const { i18n } = useTranslation();
  return (
    <ConfigProvider theme={theme} locale={i18n.language === "en" ? antdEnglish : antdChinese} button={{ autoInsertSpace: false }}>
      <App component={false}>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </App>
    </ConfigProvider>
  );
}

async function start(): Promise<void> {
  await startLanguages();
  try {
    await whoAmI();
  } catch {
    // The server does not answer: the sign-in page says so when it is used.
    session.set({ kind: "out" });
  }
  const place = document.getElementById("root");
  if (place)
    createRoot(place).render(
      <StrictMode>
        <Root />
      </StrictMode>,
    );
}

void start();
