/** Chinese of process. */
export const processZh = {
  name: "审批",
} as const;
