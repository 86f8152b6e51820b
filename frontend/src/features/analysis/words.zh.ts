/** Chinese of analysis. */
export const analysisZh = {
  name: "分析",
  title: "差异分析",
  rate: "差异率",
  hint: "差异 = 执行 − 预算。点一行看它的凭证和单据。",
  largest: "差异最大",
  leavesOnly: "末级组织 × 末级科目",
  place: "组织 · 科目",
} as const;
