/** Chinese of integration. */
export const integrationZh = {
  name: "集成",
} as const;
