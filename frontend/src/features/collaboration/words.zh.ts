/** Chinese of collaboration. */
export const collaborationZh = {
  name: "协作",
} as const;
