/** What an act would do, asked a moment after typing stops; the newest answer stands, or why there is none. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";

const PAUSE_MS = 200;

/** `ask` null: what is typed says nothing yet. Keep it the same while nothing changes. */
export function useTold<T>(ask: (() => Promise<T>) | null) {
  const { t } = useTranslation();
  const [told, setTold] = useState<T | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (!ask) return undefined;
    let here = true;
    const timer = setTimeout(() => {
      ask()
        .then((found) => {
          if (!here) return;
          setTold(found);
          setProblem("");
        })
        .catch((error: unknown) => {
          if (!here) return;
          setTold(null);
          setProblem(problemText(t, asProblem(error)));
        });
    }, PAUSE_MS);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [ask, t]);
  return { told, problem, setProblem };
}
