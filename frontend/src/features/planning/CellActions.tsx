/** What can be done at a cell or a total besides typing into it: fill down, reallocate, hold. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { problemText } from "../../ui/problemText";
import { isHeld, nodeOf } from "./node";
import { hold, holdsQuery, letGo } from "./reallocation";
import type { CellAddress } from "./requests";

interface Props {
  readonly address: CellAddress;
  readonly total: boolean;
  readonly onSpread: () => void;
  readonly onReallocate: () => void;
}

export function CellActions({ address, total, onSpread, onReallocate }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { queryKey } = holdsQuery(address.version);
  const held = useQuery(holdsQuery(address.version)).data ?? [];
  const node = nodeOf(address);
  const here = isHeld(held, node);
  const change = useMutation({
    mutationFn: (what: "hold" | "release" | "all") => (what === "hold" ? hold(address.version, [node]) : letGo(address.version, what === "all" ? null : [node])),
    onSuccess: (nodes) => client.setQueryData(queryKey, nodes),
    onError: (error) => message.error(t("form.hold.failed", { reason: problemText(t, asProblem(error)) })),
  });
  return (
    <section data-testid="cell-actions">
      <h3>{t("form.actions")}</h3>
      <div className="buttons">
        {total && (
          <Button size="small" onClick={onSpread} data-testid="spread">
            {t("form.spread.open")}
          </Button>
        )}
        <Button size="small" onClick={onReallocate} data-testid="reallocate">
          {t("form.reallocate.open")}
        </Button>
        <Button size="small" aria-pressed={here} loading={change.isPending} onClick={() => change.mutate(here ? "release" : "hold")} data-testid="hold">
          {t(here ? "form.hold.release" : "form.hold.hold")}
        </Button>
      </div>
      {held.length > 0 && (
        <div className="muted small" data-testid="held-count">
          {t(here ? "form.hold.heldHere" : "form.hold.heldCount", { count: held.length })}{" "}
          <Button type="link" size="small" onClick={() => change.mutate("all")} data-testid="release-all">
            {t("form.hold.releaseAll")}
          </Button>
        </div>
      )}
    </section>
  );
}
