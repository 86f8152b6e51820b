/** Chinese of access. */
export const accessZh = {
  name: "访问",
} as const;
