/** Chinese of forecast. */
export const forecastZh = {
  name: "预测",
} as const;
