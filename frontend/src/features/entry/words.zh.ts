/** Chinese of entry. */
export const entryZh = {
  name: "预算单元",
} as const;
