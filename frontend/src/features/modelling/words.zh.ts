/** Chinese of modelling. */
export const modellingZh = {
  name: "模型",
} as const;
