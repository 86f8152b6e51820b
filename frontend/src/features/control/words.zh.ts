/** Chinese of control. */
export const controlZh = {
  name: "执行控制",
} as const;
