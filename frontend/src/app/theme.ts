/** The design tokens, as antd takes them; the same values stand as CSS variables in styles/tokens.css. */
import type { ThemeConfig } from "antd";

/** Whoever asked their system for less movement gets dialogs and menus at once, not by waiting for an animation that never runs. */
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

export const theme: ThemeConfig = {
  cssVar: { prefix: "bh", key: "bihuan" },
  hashed: false,
  token: {
    motion: !still,
    colorPrimary: "#2456c8",
    colorInfo: "#2456c8",
    colorLink: "#2456c8",
    colorSuccess: "#19784f",
    colorWarning: "#96640b",
    colorError: "#bf2a36",
    colorTextBase: "#18202f",
    colorText: "#18202f",
    colorTextSecondary: "#4a566b",
    colorTextTertiary: "#626e83",
    colorTextQuaternary: "#a4adbc",
    colorBorder: "#dce1e9",
    colorBorderSecondary: "#ebeef3",
    colorBgLayout: "#f2f4f7",
    colorBgContainer: "#ffffff",
    colorFillAlter: "#f7f8fa",
    fontSize: 13,
    fontSizeSM: 12,
    fontSizeLG: 14,
    fontSizeHeading4: 16,
    lineHeight: 1.54,
    fontWeightStrong: 600,
    fontFamily: '-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",sans-serif',
    controlHeight: 28,
    controlHeightSM: 24,
    controlHeightLG: 32,
    borderRadius: 4,
    borderRadiusSM: 3,
    borderRadiusLG: 6,
    sizeUnit: 4,
    padding: 12,
    paddingLG: 16,
    boxShadow: "none",
    boxShadowSecondary: "0 4px 16px rgba(24,32,47,.14)",
    motionDurationMid: ".12s",
    wireframe: false,
  },
  components: {
    Button: { paddingInline: 12, primaryShadow: "none", defaultShadow: "none" },
    Tag: { borderRadiusSM: 3 },
    Modal: { titleFontSize: 15 },
  },
};
