/** Chinese of analysis. */
export const analysisZh = {
  name: "分析",
} as const;
