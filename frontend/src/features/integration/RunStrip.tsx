/** A load under way: what it does, how far, how long still, its stages; it may be cancelled, and the page left. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { Icon } from "../../ui/icons";
import { problemText } from "../../ui/problemText";
import { whole } from "./figures";
import { cancelRun, type Run, runsQuery } from "./requests";

const STAGES = ["receive", "recognise", "map", "validate", "publish", "tie_out"] as const;

export function RunStrip({ run, may }: { readonly run: Run; readonly may: boolean }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelRun(run.id),
    onSuccess: (after) => after.state === "cancelled" && message.success(t("integration.run.cancelledToast")),
    onError: (error) => {
      const problem = asProblem(error);
      message.error(problem.kind === "conflict" ? t("integration.run.tooLate") : problemText(t, problem));
    },
    onSettled: () => client.invalidateQueries({ queryKey: runsQuery().queryKey }),
  });
  const at = STAGES.indexOf(run.stage);
  const stops = may && run.stage !== "tie_out";
  return (
    <div className="run-strip" role="status" aria-live="polite" data-testid="run-strip" data-state={run.state}>
      <span className="run-words">{words()}</span>
      <ol className="stages" aria-hidden="true">
        {STAGES.map((stage, i) => (
          <li key={stage} data-at={run.state === "queued" ? "later" : i < at ? "done" : i === at ? "now" : "later"}>
            {i < at && run.state !== "queued" && <Icon name="check" size={12} />}
            {t(`integration.stage.${stage}`)}
          </li>
        ))}
      </ol>
      <span className="spring" />
      {run.lines_total > 0 && (
        <span className="run-bar" aria-hidden="true">
          <i style={{ width: `${Math.round((100 * run.lines_done) / run.lines_total)}%` }} />
        </span>
      )}
      {stops && (
        <Button size="small" disabled={run.cancelling} loading={cancel.isPending} onClick={() => cancel.mutate()}>
          {run.cancelling ? t("integration.run.cancelling") : t("integration.run.cancel")}
        </Button>
      )}
    </div>
  );

  function words(): string {
    if (run.state === "queued") return t("integration.run.waiting", { file: run.file_name });
    const parts: string[] = [t("integration.run.going", { stage: t(`integration.stage.${run.stage}`), file: run.file_name })];
    if (run.lines_total > 0) parts.push(t("integration.run.progress", { done: whole(run.lines_done), total: whole(run.lines_total) }));
    if (run.seconds_left !== null) parts.push(t("integration.run.left", { seconds: run.seconds_left }));
    return [...parts, t("integration.run.leave")].join(" · ");
  }
}
