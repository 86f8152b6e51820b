/** Chinese of monitoring. */
export const monitoringZh = {
  name: "监控",
} as const;
