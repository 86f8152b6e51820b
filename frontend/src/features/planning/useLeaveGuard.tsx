/** Unsaved edits are not lost by accident: another page, another table and a closed tab all ask first. */
import { useBlocker } from "@tanstack/react-router";
import { Button, Modal } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type PageContext, readContext } from "../../lib/usePageContext";

/** The unit of money may change under edits; anything else shows other cells. */
const samePlace = (a: PageContext, b: PageContext): boolean => (["model", "version", "org", "table"] as const).every((key) => a[key] === b[key]);

export function useLeaveGuard(editCount: number, context: PageContext): ReactNode {
  const { t } = useTranslation();
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      editCount > 0 && !(next.pathname === current.pathname && samePlace(readContext(next.search as Record<string, unknown>), context)),
    enableBeforeUnload: () => editCount > 0,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return null;
  return (
    <Modal
      open
      width={480}
      title={t("plan.leaveTitle", { count: editCount })}
      onCancel={blocker.reset}
      footer={[
        <Button key="leave" danger onClick={blocker.proceed}>
          {t("plan.leaveAnyway")}
        </Button>,
        <Button key="stay" type="primary" onClick={blocker.reset}>
          {t("plan.stay")}
        </Button>,
      ]}
    >
      {t("plan.leave", { count: editCount })}
    </Modal>
  );
}
