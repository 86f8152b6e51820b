/** The list: who made which branch when, from what, in what state; what one may do with it. Branches stand below their base. */
import { Link } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { withSearch } from "../../../lib/search";
import { clockTime } from "../../../lib/times";
import { Icon } from "../../../ui/icons";
import { useDoing } from "../../process/useDoing";
import { useHolds } from "../../process/useBusinessDay";
import type { Version } from "../requests";
import { CloseDialog, NewBranchDialog } from "./dialogs";
import { inTree } from "./order";
import { setStatus } from "./requests";
import { useBranchSearch } from "./search";

const MOST = 6;
type Asked = { readonly kind: "branch" | "close"; readonly version: Version };

export function BranchList({ versions }: { readonly versions: readonly Version[] }) {
  const { t } = useTranslation();
  const [, change] = useBranchSearch();
  const [picked, setPicked] = useState<readonly number[]>([]);
  const [asked, setAsked] = useState<Asked>();
  const first = versions.find((one) => one.id === picked[0]);
  const toggle = (id: number): void => setPicked(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id]);
  return (
    <>
      <div className="toolbar" aria-live="polite">
        <span className={first ? "" : "muted"}>{first ? t("branches.picked", { count: picked.length, name: first.name }) : t("branches.pickHint")}</span>
        <span className="spring" />
        {first && (
          <Button size="small" onClick={() => setPicked([])}>
            {t("branches.clear")}
          </Button>
        )}
        <Button size="small" type="primary" disabled={picked.length < 2} onClick={() => change({ compare: picked.join(",") })} data-testid="compare">
          {t("branches.compare")}
        </Button>
      </div>
      <div className="table-host">
        <table className="plain-table branch-table" data-testid="versions">
          <thead>
            <tr>
              <th />
              {(["version", "state", "base", "made", "seq", "actions"] as const).map((key) => (
                <th key={key} className={key === "seq" ? "number" : undefined}>
                  {t(`branches.${key}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {inTree(versions).map(({ version, level }) => (
              <tr key={version.id} data-version={version.code}>
                <td>
                  <Checkbox checked={picked.includes(version.id)} disabled={!picked.includes(version.id) && picked.length >= MOST} aria-label={t("branches.pick", { name: version.name })} onChange={() => toggle(version.id)} />
                </td>
                <td className="branch-name" style={{ paddingLeft: 8 + 16 * level }}>
                  <b>{version.name}</b>
                  <span className="sub">{[version.code === version.name ? "" : version.code, version.role].filter(Boolean).join(" · ")}</span>
                </td>
                <td>
                  <StatusTag status={version.status} />
                </td>
                <td className="branch-from">{versions.find((one) => one.id === version.base)?.name}</td>
                <td className="branch-made">{version.made_at && `${version.made_by ?? ""} · ${clockTime(version.made_at)}`}</td>
                <td className="number branch-seq">{t("branches.seqs", { count: version.seq })}</td>
                <td>
                  <Actions version={version} onAsk={(kind) => setAsked({ kind, version })} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {asked?.kind === "branch" && <NewBranchDialog version={asked.version} versions={versions} onDone={() => setAsked(undefined)} />}
      {asked?.kind === "close" && <CloseDialog version={asked.version} onDone={() => setAsked(undefined)} />}
    </>
  );
}

function StatusTag({ status }: { readonly status: Version["status"] }) {
  const { t } = useTranslation();
  const [tone, icon] = ({ open: ["info", "pen"], released: ["ok", "check"], closed: [undefined, "lock"] } as const)[status];
  return (
    <span className="tag" data-tone={tone}>
      <Icon name={icon} />
      {t(`branches.status.${status}`)}
    </span>
  );
}

function Actions({ version, onAsk }: { readonly version: Version; readonly onAsk: (kind: Asked["kind"]) => void }) {
  const { t } = useTranslation();
  const [branches, writes] = [useHolds("plan.branch"), useHolds("plan.write")];
  const [, change] = useBranchSearch();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { busy, run } = useDoing();
  const { name } = version;
  const reopen = async (): Promise<void> => {
    if (!(await run(() => setStatus(version.id, "open", "")))) return;
    await client.invalidateQueries({ queryKey: ["versions"] });
    message.success(t("branches.closing.reopened", { name }));
  };
  const isBranch = version.base !== null;
  return (
    <span className="row-actions">
      <Link to="/prepare" search={withSearch({ version: version.code })} aria-label={t("branches.openIt", { name })}>
        {t("branches.open")}
      </Link>
      {branches && (
        <button type="button" className="plain link" aria-label={t("branches.branchOf", { name })} onClick={() => onAsk("branch")}>
          {t("branches.branch")}
        </button>
      )}
      {isBranch && writes && version.status === "open" && (
        <button type="button" className="plain link" aria-label={t("branches.mergeIt", { name })} onClick={() => change({ merge: version.id })}>
          {t("branches.merge")}
        </button>
      )}
      {isBranch && branches && version.status === "open" && (
        <button type="button" className="plain link" aria-label={t("branches.closeIt", { name })} onClick={() => onAsk("close")}>
          {t("branches.close")}
        </button>
      )}
      {isBranch && branches && version.status === "closed" && (
        <button type="button" className="plain link" disabled={busy} aria-label={t("branches.reopenIt", { name })} onClick={() => void reopen()}>
          {t("branches.reopen")}
        </button>
      )}
    </span>
  );
}
