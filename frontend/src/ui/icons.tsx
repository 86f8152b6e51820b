/** Our own line icons: 16-unit box, 1.5 stroke, current colour. */
const PATHS = {
  home: "M2.500 8L8 3l5.500 5M4 7v6h8V7",
  connect: "M8 2.500v7M5 7l3 3 3-3M3 13h10",
  model: "M8 2l5.200 3v6L8 14l-5.200-3V5L8 2zM2.800 5L8 8l5.200-3M8 8v6",
  admin: "M8 5.800a2.200 2.200 0 100 4.400 2.200 2.200 0 000-4.400zM8 1.800v2M8 12.200v2M1.800 8h2M12.200 8h2M3.600 3.600L5 5M11 11l1.400 1.400M12.400 3.600L11 5M5 11l-1.400 1.400",
  undo: "M5.500 3L3 5.500 5.500 8M3.200 5.500H9.500a3.500 3.500 0 010 7H6",
  redo: "M10.500 3L13 5.500 10.500 8M12.800 5.500H6.500a3.500 3.500 0 000 7H10",
  close: "M4 4l8 8M12 4l-8 8",
  lock: "M4 7.500h8v6H4zM5.500 7.500V5.200a2.500 2.500 0 015 0v2.300",
  formula: "M10.500 3C8 2.500 7.700 4 7.400 6L6.300 12c-.3 1.600-1.200 2.200-2.800 1.600M4.800 7h5M10 9.500l3 4M13 9.500l-3 4",
  pen: "M3 13l.6-2.800 7.200-7.200 2.200 2.200-7.200 7.200L3 13zM9.500 4.300l2.200 2.200",
  menu: "M2.500 4.500h11M2.500 8h11M2.500 11.500h11",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  warn: "M8 2.500l6 10.800H2L8 2.500zM8 6.500v3M8 11.300v.2",
  check: "M3 8.500l3.500 3.500L13 4.500",
  send: "M2.500 8L13.500 3l-3 10.500L7.500 9.500 2.500 8z",
  comment: "M3 3.500h10v7H8L5.500 13v-2.500H3z",
  up: "M8 13V3.500M4 7l4-4 4 4",
  clock: "M8 2.500a5.500 5.500 0 100 11 5.500 5.500 0 000-11zM8 5v3.200l2 1.300",
  flag: "M4 14V2.500h8l-2 3 2 3H4",
  question: "M5.800 6a2.200 2.200 0 113.200 2c-.7.400-1 .8-1 1.600M8 12v.2",
  play: "M5 3.500l7.500 4.500L5 12.500z",
  back: "M6 4L2.800 7.200 6 10.400M3 7.200h6.500a3.500 3.500 0 010 7H7",
  swap: "M3 5.500h9M9.500 3L12 5.500 9.500 8M13 10.500H4M6.500 8L4 10.500 6.500 13",
  bell: "M4 11V7a4 4 0 018 0v4l1 1.500H3L4 11zM6.800 14h2.400",
  more: "M3.500 8h.1M8 8h.1M12.500 8h.1",
  eye: "M1.800 8C3.500 5 5.600 3.600 8 3.600S12.500 5 14.200 8c-1.700 3-3.800 4.400-6.200 4.400S3.500 11 1.800 8zM8 6.200a1.800 1.800 0 100 3.600 1.800 1.800 0 000-3.600z",
  plus: "M8 3v10M3 8h10",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 14 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" style={{ width: size, height: size }}>
      <path d={PATHS[name]} />
    </svg>
  );
}

/** An icon as text, for the grid, which draws SVG itself. */
export function iconSvg(name: IconName, colour: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" viewBox="0 0 16 16" fill="none" stroke="${colour}" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"><path d="${PATHS[name]}"/></svg>`;
}

/** The mark: a ring that closes on a point. */
export function Mark({ size = 20 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" fill="none" aria-hidden="true">
      <path d="M13.9 4.1A7 7 0 1 0 17 10" stroke="#2456c8" strokeWidth="2.6" strokeLinecap="round" />
      <circle cx="16.3" cy="6.6" r="1.9" fill="#2456c8" />
    </svg>
  );
}
